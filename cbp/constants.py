"""Checks of the constants of optimisers, schedules and initialisers; each raises ValueError and names the constant."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

__all__ = [
    "check",
    "check_at_least_0",
    "check_betas",
    "check_count",
    "check_lr",
    "check_number",
    "check_pair",
    "check_positive",
    "check_rate",
]


def check(name: str, got: object, expected: str, inside: Callable[[float], bool]) -> None:
    """`got` is a finite number that lies `inside`."""
    if not (isinstance(got, Real) and math.isfinite(got) and inside(float(got))):
        raise ValueError(f"{name}: expected {expected}, got {got!r}")


def check_number(**constants: object) -> None:
    """Each is a finite number."""
    for name, got in constants.items():
        check(name, got, "a finite number", lambda _: True)


def check_positive(**constants: object) -> None:
    """Each is a number above 0."""
    for name, got in constants.items():
        check(name, got, "a number above 0", lambda x: x > 0)


def check_at_least_0(**constants: object) -> None:
    """Each is a number from 0."""
    for name, got in constants.items():
        check(name, got, "a number >= 0", lambda x: x >= 0)


def check_count(**constants: object) -> None:
    """Each is a whole number from 1."""
    for name, got in constants.items():
        if isinstance(got, bool) or not isinstance(got, Integral) or got < 1:
            raise ValueError(f"{name}: expected a whole number >= 1, got {got!r}")


def check_lr(lr: Any) -> None:
    """A number above 0, or a schedule with one."""
    if hasattr(lr, "rates"):
        check("lr", lr.lr, "a schedule with a rate of its own, such as Cosine(lr=0.1)", lambda x: x > 0)
    else:
        check_positive(lr=lr)


def check_rate(**constants: object) -> None:
    """Each is a number in [0, 1)."""
    for name, got in constants.items():
        check(name, got, "a number in [0, 1)", lambda x: 0 <= x < 1)


def check_pair(**constants: object) -> None:
    """Each is a tuple of two."""
    for name, got in constants.items():
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise ValueError(f"{name}: expected two numbers in a tuple, got {got!r}")


def check_betas(betas: tuple[float, float]) -> None:
    """Two numbers in [0, 1)."""
    check_pair(betas=betas)
    for i, beta in enumerate(betas):
        check_rate(**{f"betas[{i}]": beta})
