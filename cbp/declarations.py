"""What the fields of an `Activation`, `Cost` or `Param` may hold, checked once, when its author makes it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, TypeAlias

from .shown import shown

__all__ = ["function", "name", "number", "optional", "positive", "settle", "text", "tuple_of", "whole"]

NO_TUPLES = (str, bytes, Mapping)
Check: TypeAlias = Callable[[Any], Any]  # returns what to keep; raises ValueError or TypeError


def settle(owner: str, spec: object, checks: Mapping[str, tuple[Check, str]]) -> None:
    """Put what its check makes of it into each field of a frozen dataclass.

    Parameters
    ----------
    owner : str
        What messages call the object.
    spec : object
    checks : mapping of str to (callable, str)
        For a field: its check, and what is expected, in words.

    Raises
    ------
    ValueError, TypeError
        ``owner: field= expected ..., got ...``.
    """
    fields = vars(spec)
    for field, (check, expected) in checks.items():
        try:
            fields[field] = check(fields[field])
        except (ValueError, TypeError) as error:
            raise type(error)(f"{owner}: {field}= expected {expected}, got {shown(fields[field])}") from None


def number(value: Any) -> float:
    """A real number as a float; an int beyond a float's range is infinite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def positive(value: Any) -> float:
    """A finite number above 0."""
    if not 0 < number(value) < math.inf:
        raise ValueError
    return number(value)


def whole(value: Any) -> int:
    """A whole number, at least 1."""
    if isinstance(value, bool) or operator.index(value) < 1:
        raise ValueError
    return operator.index(value)


def name(value: Any) -> str:
    """What users can write for an activation or cost: a colon would end the name of a distribution."""
    if not isinstance(value, str) or not value or ":" in value:
        raise ValueError
    return value


def text(value: Any) -> str:
    """A str."""
    if not isinstance(value, str):
        raise TypeError
    return value


def function(value: Any) -> Callable[..., Any]:
    """A callable."""
    if not callable(value):
        raise TypeError
    return value  # type: ignore[no-any-return]


def optional(check: Check) -> Check:
    """None, or what `check` lets through."""
    return lambda value: None if value is None else check(value)


def tuple_of(check: Check, length: int | None = None) -> Check:
    """A tuple, or what can be made one, of `length` things that `check` lets through; a str is not one of letters."""

    def checked(values: Iterable[Any]) -> tuple[Any, ...]:
        if isinstance(values, NO_TUPLES):
            raise TypeError
        each = tuple(map(check, values))
        if length not in (None, len(each)):
            raise ValueError
        return each

    return checked
