"""How the values of options are written: as words on the command line, and as TOML in a file of options.

Numbers, lists and names are TOML's own there; whatever else has the grammar of the command line in a string.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = [
    "Value",
    "columns",
    "count",
    "duration",
    "every",
    "file",
    "fraction",
    "layers",
    "number",
    "part_or_file",
    "positive",
    "rates",
    "seconds",
    "seed",
    "sizes",
    "text",
    "texts",
]

T = TypeVar("T")
UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


@dataclass(frozen=True)
class Value:
    """The kind of an option's value; called with a word of the command line, as argparse does, it reads the value.

    Attributes
    ----------
    expected : str
        What a message says of it: "a whole number from 1".
    read : callable
        The value of a word; ValueError if it is none.
    kinds : tuple of type
        What it may be in TOML.
    many : bool
        In TOML it may be a list of these.
    path : bool
        A string names a file.
    """

    expected: str
    read: Callable[[str], Any]
    kinds: tuple[type, ...] = (str,)
    many: bool = False
    path: bool = False

    def __call__(self, word: str) -> Any:
        """The value of a word; ArgumentTypeError if it is none."""
        try:
            return self.read(word)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {self.expected}, got {word!r}") from None

    def of_toml(self, value: Any) -> Any:
        """The value that a TOML file has; ValueError if it is none."""
        several = value if self.many and isinstance(value, list) else [value]
        if not all(type(each) in self.kinds for each in several):
            raise ValueError(f"expected {self.expected}, got {_as_toml(value)}")
        try:
            return self(_line(value) if isinstance(value, list) else str(value))
        except argparse.ArgumentTypeError as error:
            raise ValueError(str(error)) from None


def _line(values: list[Any]) -> str:
    """As `csv` reads it, names with commas quoted."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _as_toml(value: Any) -> str:
    """`value` as its file has it, near enough for a message."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def seconds(word: str) -> float:
    """``"90"``, ``"90s"``, ``"1.5m"`` or ``"2h"`` in seconds."""
    unit = word.lstrip("0123456789.").strip()
    found = float(word.removesuffix(unit)) * UNITS.get(unit or "s", math.nan)
    return _checked(found, 0 < found < math.inf)


def _sizes(word: str) -> list[int]:
    found = [int(each) for each in word.split(",") if each.strip()]
    return [] if found == [0] else _checked(found, all(size >= 1 for size in found))


def _layers(word: str) -> list[int]:
    found = [int(each) for each in word.split(",") if each.strip()]
    return _checked(found, bool(found) and min(found) >= 2)


def _columns(word: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([word], skipinitialspace=True), []) if name.strip()]


def _rates(word: str) -> list[float] | dict[int, float]:
    """One number, several, or ``2=0.5,3=0.2`` by layer."""
    words = [each for each in word.split(",") if each.strip()]
    if "=" in word:
        return {int(l): float(rate) for l, rate in (each.split("=") for each in words)}
    return [float(each) for each in words]


def _whole(least: int) -> Callable[[str], int]:
    return lambda word: _checked(int(word), word.strip().isdecimal() and int(word) >= least)


def _every(word: str) -> int | str:
    """So many epochs; or a time, as it is written."""
    if word.strip().isdecimal():
        return _whole(1)(word)
    return _checked(word, seconds(word) > 0)


def _part_or_file(word: str) -> float | str:
    try:
        found = float(word)
    except ValueError:
        return word
    return _checked(found, 0 < found < 1)


def _fraction(word: str) -> float:
    return _checked(float(word), 0 <= float(word) < 1)


def _positive(word: str) -> float:
    return _checked(float(word), 0 < float(word) < math.inf)


def _checked(value: T, fine: bool) -> T:
    if not fine:
        raise ValueError(value)
    return value


NUMBERS = (int, float)
text = Value("text", str)
texts = Value("a name, or a list of names", str, many=True)
file = Value("the name of a file", str, path=True)
count = Value("a whole number from 1", _whole(1), (int,))
seed = Value("a whole number from 0", _whole(0), (int,))
number = Value("a number", float, NUMBERS)
positive = Value("a number above 0", _positive, NUMBERS)
fraction = Value("a number from 0 to below 1", _fraction, NUMBERS)
sizes = Value("sizes of layers such as 100 or 100,50", _sizes, (int,), many=True)
layers = Value("numbers of layers, from 2 for the first after the input, such as 2 or 2,3", _layers, (int,), many=True)
rates = Value("a number, several, or some by layer as in 1=0.1,2=0.5", _rates, (*NUMBERS, str), many=True)
columns = Value("names or numbers of columns", _columns, (str, int), many=True)
duration = Value("a time such as 90s, 10m or 1.5h", seconds, (*NUMBERS, str))
every = Value("a number of epochs such as 5, or a time such as 10m", _every, (int, str))
part_or_file = Value("a part between 0 and 1, or the name of a file", _part_or_file, (float, str), path=True)
