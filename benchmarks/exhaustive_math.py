"""Check the float functions of cbp_math.h on every one of the 2^32 floats.

    python -m benchmarks.exhaustive_math                    # all functions and instruction sets of this CPU
    python -m benchmarks.exhaustive_math exp tanh --isa v3  # some
    python -m benchmarks.exhaustive_math --every 64         # one block of 4096 floats in 64

It needs cbp, a C compiler and its math library, whose double functions are the oracle. The full run takes a few
minutes of processor time per function and instruction set. For each function it prints the largest error in units in
the last place (ULP) and where it is, the share of inputs with more than one ULP, whether a monotone function steps
back between neighbouring floats, and the number of wrong NaNs, infinities and signs of zero. Sine and cosine are
compared up to |x| = 1e6; beyond they must stay within [-1, 1].
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cbp
from benchmarks import ROOT
from benchmarks.machine import describe
from cbp.core.cpu import supported

SOURCE = Path(__file__).with_suffix(".c")
NAMES = ["exp", "expm1", "log", "log1p", "tanh", "logistic", "softplus", "erf", "sin", "cos"]
FIRST, LAST, BLOCK = -0x80000000, 0x7FFFFFFF, 4096
HEAD = ("function", "ISA", "max ULP", "at", "> 1 ULP", "monotone", "wrong")
INTRODUCTION = """# Vector math

This page is written by `python -m benchmarks.exhaustive_math --write-docs`; do not edit it by hand.

The float functions of `cbp_math.h` on all 2^32 floats, beside the double functions of the C library: the largest error
in units in the last place and where it is, the share of inputs with more than one, whether a monotone function ever
steps back between neighbouring floats, and how many NaNs, infinities and signs of zero are wrong. Sine and cosine are
compared up to |x| = 1e6; beyond they stay within [-1, 1]. `tests/test_vector_math.py` repeats a dense sample of this,
float and double, against mpmath.
"""


class Report(ctypes.Structure):
    _fields_ = [
        ("worst", ctypes.c_double),
        ("at", ctypes.c_float),
        *((name, ctypes.c_longlong) for name in ("inputs", "above_one", "back", "wrong")),
    ]

    @property
    def failed(self) -> bool:
        """More than the 2 ULP that are promised, a step back, or a wrong special value."""
        return bool(self.worst > 2 or self.back > 0 or self.wrong > 0)

    def cells(self, name: str, isa: str) -> list[str]:
        """A row of the table."""
        monotone = "–" if name in ("sin", "cos") else f"{self.back} back" if self.back else "yes"
        share = f"{self.above_one / self.inputs:.1e}" if self.above_one else "0"
        return [name, isa, f"{self.worst:.3f}", f"{self.at:.8g}", share, monotone, str(self.wrong)]


def build(isa: str, folder: Path) -> ctypes.CDLL:
    """Compile the check for an instruction set, with the flags of cbp's own kernels."""
    library = folder / f"check_{isa}.so"
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    flags = [*cbp.get_compile_args(isa), "-shared", "-fPIC", f"-I{cbp.get_include()}"]
    subprocess.run([*compiler, *flags, str(SOURCE), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


def check(library: ctypes.CDLL, function: int, every: int, threads: int) -> Report:
    """Check one function; each thread takes every so many blocks."""

    def share(number: int) -> Report:
        report = Report()
        for first in range(FIRST + number * every * BLOCK, LAST + 1, threads * every * BLOCK):
            library.check(function, ctypes.c_longlong(first), ctypes.byref(report))
        return report

    with ThreadPoolExecutor(threads) as pool:
        reports = list(pool.map(share, range(threads)))
    total = max(reports, key=lambda report: report.worst)
    for report in reports:
        if report is not total:
            for name in ("inputs", "above_one", "back", "wrong"):
                setattr(total, name, getattr(total, name) + getattr(report, name))
    return total


def checked(options: argparse.Namespace) -> Iterator[tuple[str, str, Report]]:
    """Function, instruction set and report, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        libraries = {isa: build(isa, Path(folder)) for isa in options.isa}
        for name in options.functions or NAMES:
            for isa, library in libraries.items():
                yield name, isa, check(library, NAMES.index(name), options.every, options.threads)


def main() -> int:
    """Check, print a line for each function, and write the page if that is asked for."""
    options = _options()
    rows, failed, start = [], False, time.perf_counter()
    print("{:9} {:4} {:>7} {:>15} {:>8} {:>9} {:>6}".format(*HEAD))
    for name, isa, report in checked(options):
        rows.append(report.cells(name, isa))
        print("{:9} {:4} {:>7} {:>15} {:>8} {:>9} {:>6}".format(*rows[-1]), flush=True)
        failed |= report.failed
    print(f"{time.perf_counter() - start:.0f} s")
    if options.write_docs:
        write(rows, ROOT / "docs" / "vector-math.md")
    return int(failed)


def _options() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.exhaustive_math", description=__doc__, formatter_class=raw
    )
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help=" ".join(NAMES))
    parser.add_argument("--isa", nargs="+", default=supported()[::-1], help=f"default: {' '.join(supported()[::-1])}")
    parser.add_argument("--every", type=int, default=1, help="take one block of 4096 floats in EVERY")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--write-docs", action="store_true", help="write docs/vector-math.md: of a full run only")
    options = parser.parse_args()
    if unknown := set(options.functions) - set(NAMES):
        parser.error(f"unknown functions {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.write_docs and (options.functions or options.every != 1):
        parser.error("--write-docs: expected neither FUNCTION nor --every with it")
    return options


def write(rows: list[list[str]], page: Path) -> None:
    """The page of the documentation."""
    machine = describe()
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    said = f"{machine['date']}; {machine['processor']}; cbp {machine['versions']['cbp']}; {compiler}."
    rule = ["---", "---", *["--:"] * (len(HEAD) - 2)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in [list(HEAD), rule, *rows])
    page.write_text(f"{INTRODUCTION}\n{said}\n\n{table}\n")


if __name__ == "__main__":
    sys.exit(main())
