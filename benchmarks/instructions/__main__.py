"""``python -m benchmarks.instructions``: count, compare with the record, or record."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.instructions.callgrind import count
from benchmarks.instructions.record import Record, compared, compiler_of

FILE = Path(__file__).with_name("recorded.json")
ISA = "v3"  # what valgrind runs


def main() -> int:
    """Count; then record, or say which case has changed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the counts for this compiler into recorded.json")
    options = parser.parse_args()
    from cbp.core import __file__ as core

    objects = Path(core).parent
    compiler = compiler_of(objects / ISA)
    try:
        counted = count(ISA, objects)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    record = Record.read(FILE)
    if options.record:
        record.with_counts(compiler, counted).write(FILE)
        print(f"recorded {len(counted)} counts for {compiler} in {FILE}")
        return 0
    lines, changed = compared(counted, record, compiler)
    print("\n".join(lines))
    return int(changed)


if __name__ == "__main__":
    sys.exit(main())
