"""Tables on stdout: rich's on a terminal where it is installed, plain columns anywhere else."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TypeAlias

__all__ = ["digits", "print_pairs", "print_table", "printable"]

Rows: TypeAlias = Sequence[Sequence[str]]


def print_table(titles: Sequence[str], rows: Rows, right: Sequence[str] = (), folded: str = "") -> None:
    """Print `rows` under `titles`.

    Columns named in `right` are flush right; the one called `folded` gives way where a terminal is narrow.
    """
    titles, rows = _printable([titles])[0], _printable(rows)
    sides = [title in right for title in titles]
    if not _rich_table(titles, rows, sides, folded):
        for row in [titles, *rows]:
            print(_line(row, _widths([titles, *rows]), sides))


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and what they are, one a line; a terminal's lines are broken between words."""
    width = max(len(name) for name, _ in pairs)
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for name, value in pairs:
        line = f"{name:{width}}  {printable(value)}"
        print(textwrap.fill(line, max(room, width + 20), subsequent_indent=" " * (width + 2)))


def digits(value: float) -> str:
    """A number with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def printable(text: str) -> str:
    """`text` without what a terminal would obey or stdout cannot write: names in files are anybody's."""
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    encoding = sys.stdout.encoding or "utf-8"
    return seen.encode(encoding, "backslashreplace").decode(encoding)


def _printable(rows: Rows) -> list[list[str]]:
    return [[printable(cell) for cell in row] for row in rows]


def _rich_table(titles: Sequence[str], rows: Rows, sides: Sequence[bool], folded: str) -> bool:
    """Print with rich if this is a terminal and rich is there."""
    if not sys.stdout.isatty():
        return False
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title, right in zip(titles, sides, strict=True):
        table.add_column(Text(title), justify="right" if right else "left", no_wrap=title != folded)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    return True


def _widths(rows: Rows) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _line(row: Sequence[str], widths: Sequence[int], sides: Sequence[bool]) -> str:
    cells = (
        cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, sides, strict=True)
    )
    return "  ".join(cells).rstrip()
