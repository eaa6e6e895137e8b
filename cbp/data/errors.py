"""What can go wrong with data, as one exception that says what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

__all__ = ["DataError", "DataNotFoundError", "did_you_mean", "listed", "shown"]

LONGEST_QUOTE = 40
LONGEST_LIST = 20


class DataError(ValueError):
    """Data that cannot be used: one sentence on what was expected, what came, what to do."""


class DataNotFoundError(DataError, FileNotFoundError):
    """There is no such file, folder or built-in data set."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'digits'?"`` for the nearest known name, or nothing at all."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def shown(text: str) -> str:
    """Quote ``text`` for a message, cut to a readable length."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")


def listed(names: Iterable[str]) -> str:
    """``"'a', 'b', 'c'"`` for a message, the first few of many."""
    several = iter(names)
    first = ", ".join(shown(name) for name in islice(several, LONGEST_LIST))
    return f"{first}, …" if next(several, None) is not None else first
