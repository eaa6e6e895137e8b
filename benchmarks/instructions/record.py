"""The counts on record, one set a compiler, and what a difference to them means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["Record", "compared", "compiler_of"]

TOLERANCE = 0.03
TOLERANCE_OF_ANOTHER_COMPILER = 0.25
AGAIN = "if this is meant: python -m benchmarks.instructions --record"


def compiler_of(folder: Path) -> str:
    """The compiler, with major and minor version, that made the shared objects in `folder`."""
    code = b"".join(file.read_bytes() for file in folder.glob("tiles*.so"))
    signed = {"gcc": rb"GCC: \([^)\0]*\) (\d+\.\d+)", "clang": rb"clang version (\d+\.\d+)"}
    found = {f"{name} {version.decode()}" for name, by in signed.items() for version in re.findall(by, code)}
    return " and ".join(sorted(found)) or "an unknown compiler"


@dataclass(frozen=True)
class Record:
    """Instructions by compiler and case."""

    counts: Mapping[str, dict[str, float]]

    @classmethod
    def read(cls, file: Path) -> Self:
        """From a file; empty where there is none."""
        return cls(json.loads(file.read_text()) if file.exists() else {})

    def with_counts(self, compiler: str, counts: Mapping[str, float]) -> Self:
        """A record with the counts of one compiler replaced."""
        return type(self)({**self.counts, compiler: {name: round(n, 1) for name, n in counts.items()}})

    def write(self, file: Path) -> None:
        """Into a file."""
        file.write_text(json.dumps(self.counts, indent=1, sort_keys=True) + "\n")

    def nearest(self, compiler: str) -> str:
        """The compiler whose counts to compare with: the same, or else the first on record."""
        return compiler if compiler in self.counts else min(self.counts)


def compared(counted: dict[str, float], record: Record, compiler: str) -> tuple[list[str], bool]:
    """A line for each case, and whether one of them is not what the record says.

    Another compiler's code has another number of instructions: then only a gross change counts.
    """
    if not record.counts:
        return [f"no counts are on record; {AGAIN}"], True
    other = record.nearest(compiler)
    allowed = TOLERANCE if other == compiler else TOLERANCE_OF_ANOTHER_COMPILER
    lines = [f"instructions in the core, {compiler}; recorded with {other}, allowed ±{allowed:.0%}"]
    wrong = False
    for name in counted | record.counts[other]:
        n, before = counted.get(name, 0), record.counts[other].get(name, 0)
        change = n / before - 1 if before else float("inf")
        lines.append(f"{name:20} {n:15,.0f} {before:15,.0f} {change:+8.1%}{'  <--' * (abs(change) > allowed)}")
        wrong |= abs(change) > allowed
    return [*lines, f"too many or too few: {AGAIN}"] if wrong else lines, wrong
