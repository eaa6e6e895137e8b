"""How a text table is written: its delimiter, its header, where the samples begin."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from cbp.data.columns import default_names
from cbp.data.errors import DataError
from cbp.data.files import opened_text, suffix

__all__ = ["Layout", "is_missing", "is_number", "sniff"]

HEAD = 20
MISSING = {"", "?", "na", "n/a", "nan", "null"}


@dataclass(frozen=True)
class Layout:
    """How to read a text table.

    Attributes
    ----------
    delimiter : str
    names : tuple of str
        One for each column; x1, x2, … without a header. The first is empty if the header names
        every other column.
    skip : int
        Lines above the first sample: comments, blank lines, the header.
    """

    delimiter: str
    names: tuple[str, ...]
    skip: int


def is_missing(text: str) -> bool:
    """Whether a field stands for an unknown value."""
    return text.strip().lower() in MISSING


def is_number(text: str) -> bool:
    """Whether a field reads as a number, nan and inf among them."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def sniff(path: Path, header: bool | None) -> Layout:
    """Look at the first lines of a table.

    Lines above the table that begin with ``#`` are comments; the last of them is the header if it
    has a name for every column, as `numpy.savetxt` writes it. Otherwise the first row is a header
    (``header=None``) if it has a word above a column of numbers.

    Raises
    ------
    DataError
        If there are no samples, or two columns have the same name.
    """
    comment, above, head = _head(path)
    delimiter = "\t" if suffix(path) == ".tsv" else _delimiter(head)
    reader = csv.reader(head, delimiter=delimiter)
    first = [field.strip() for field in next(reader)]
    end_of_first = reader.line_num
    below = [row for row in reader if row]
    titled = header if header is not None else _is_header(first, below)
    if titled and not below:
        raise DataError(f"{path}: expected samples below the header, got none")
    names = first if titled else _fields(comment, delimiter)
    if not titled and len(names) != len(first):
        names = list(default_names(len(first)))
    return Layout(delimiter, _distinct(names, path), above + end_of_first * titled)


def _head(path: Path) -> tuple[str, int, list[str]]:
    """The last comment above the table, the lines above it, and the table's first lines."""
    comment, above = "", 0
    with opened_text(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                return comment, above, list(chain([line], islice(lines, HEAD)))
            comment, above = line.lstrip("#") if line.strip() else comment, above + 1
    raise DataError(f"{path}: expected a table, got an empty file")


def _fields(line: str, delimiter: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]


def _delimiter(head: list[str]) -> str:
    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(head, delimiter=delimiter) if row]
        return sum(width == widths[0] for width in widths) * (widths[0] > 1), widths[0]

    return max("\t;,", key=agreement)


def _is_header(first: list[str], below: list[list[str]]) -> bool:
    if not below:
        return all(map(_is_word, first))
    if len(first) > 3 and first == [str(j) for j in range(len(first))]:  # pandas, without names
        return not all(map(_is_whole, below[0]))
    above_numbers = any(_is_word(name) and any(map(is_number, column)) for name, column in _columns(first, below))
    return above_numbers and all(map(_may_be_name, first))


def _columns(first: list[str], below: list[list[str]]) -> Iterable[tuple[str, list[str]]]:
    return ((name, [row[j] for row in below if j < len(row)]) for j, name in enumerate(first))


def _is_word(field: str) -> bool:
    return not is_number(field) and not is_missing(field)


def _is_whole(field: str) -> bool:
    return field.strip().isdecimal()


def _may_be_name(field: str) -> bool:
    return not is_number(field) or _is_whole(field)


def _distinct(names: list[str], path: Path) -> tuple[str, ...]:
    """Names as given, gaps filled with x2, x3, …; only the first may stay empty."""
    filled = [name or f"x{j + 1}" * (j > 0) for j, name in enumerate(names)]
    for name in filled:
        if filled.count(name) > 1:
            raise DataError(f"{path}: two columns are called {name!r}; rename one")
    return tuple(filled)
