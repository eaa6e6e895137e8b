"""How far an answer is from what it should be, and where it is farthest."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plugin import Array

__all__ = ["same_bits", "shown", "worst"]


def same_bits(x: Array, y: Array) -> Array:
    """Where two arrays are equal bit for bit, any NaN like any other."""
    return (x == y) & (np.signbit(x) == np.signbit(y)) | (np.isnan(x) & np.isnan(y))


def worst(got: Array, want: Array, unit: Any) -> tuple[float, tuple[int, ...]]:
    """The largest error in units of `unit`, and where it is.

    A NaN or infinity on one side only counts as infinitely wrong.
    """
    error = np.abs(got - want) / unit
    error = np.where(got == want, 0, error)
    error = np.where(np.isnan(got) & np.isnan(want), 0, error)
    error = np.where(np.isnan(error), np.inf, error)
    if error.size == 0:
        return 0.0, ()
    where = np.unravel_index(int(np.argmax(error)), error.shape)
    return float(error[where]), tuple(int(i) for i in where)


def shown(value: Any) -> str:
    """A number as messages show it: all its digits."""
    return repr(float(value))
