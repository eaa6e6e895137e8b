"""Standardisation: every column with mean 0 and standard deviation 1, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cbp.data.errors import DataError
from cbp.data.floats import AnyArray, Floats
from cbp.data.in_file import InFile

__all__ = ["Scaling"]

BLOCK = 1 << 20  # numbers handled at once in float64, whatever the size of the whole


@dataclass(frozen=True, eq=False)
class Scaling:
    """The map (x - shift) / scale of each column, learned from training data.

    A column that never varied has scale 0 and is always mapped to 0, whatever value it takes later.

    Attributes
    ----------
    shift : (N,) float64
        Mean of each column, in the column's own unit.
    scale : (N,) float64
        Standard deviation (of the population) of each column, in the same unit; never negative.
    """

    shift: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, X: AnyArray) -> Scaling:
        """Learn mean and standard deviation of the columns of ``X``, (n, N), n at least 1."""
        lowest, highest = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
        with np.errstate(over="ignore"):
            width = highest - lowest  # (x - mean) / width has squares that keep in range
        if not np.isfinite(width).all():
            raise DataError(f"column {int(width.argmax())} spans more than float64 can hold")
        varies = width > 0
        width[~varies] = 1.0
        offset = _sum_of_rows(X, lambda rows: (rows - lowest) / width) / len(X)
        spread = _sum_of_rows(X, lambda rows: ((rows - lowest) / width - offset) ** 2) / len(X)
        return cls(lowest + offset * width, np.where(varies, np.sqrt(spread) * width, 0.0))

    def apply(self, X: AnyArray) -> Floats:
        """(x - shift) / scale of each column of ``X``, (n, N) or (N,), in the dtype of ``X``."""
        self._check(X)
        if isinstance(X, InFile):
            return cast("Floats", X.scaled(self))
        divisor = np.where(self.scale > 0, self.scale, np.inf)
        return self._by_blocks(X, lambda rows: (rows - self.shift) / divisor)

    def inverse(self, X: AnyArray) -> Floats:
        """Undo `apply`, x · scale + shift: predictions in the unit of the targets."""
        self._check(X)
        return self._by_blocks(X, lambda rows: rows * self.scale + self.shift)

    def to_json(self) -> dict[str, list[float]]:
        """Both vectors as plain lists; `from_json` gives back the same bits."""
        return {"shift": self.shift.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Scaling:
        """Read what `to_json` wrote.

        Raises
        ------
        DataError
            If it is not two lists of finite numbers of one length, ``scale`` without negatives.
        """
        try:
            shift, scale = (np.array(stored[key], dtype=np.float64) for key in ("shift", "scale"))
        except (KeyError, TypeError, ValueError) as damage:
            raise DataError("a stored scaling needs the number lists 'shift' and 'scale'") from damage
        sound = shift.ndim == 1 and shift.shape == scale.shape and bool(np.all(scale >= 0))
        if not (sound and np.isfinite(shift).all() and np.isfinite(scale).all()):
            raise DataError("a stored scaling is damaged: shift and scale do not fit together")
        return cls(shift, scale)

    def _check(self, X: AnyArray) -> None:
        if X.ndim not in (1, 2) or X.shape[-1] != len(self.shift):
            raise DataError(f"expected {len(self.shift)} columns, as in training, got shape {X.shape}")

    @staticmethod
    def _by_blocks(X: AnyArray, change: Callable[[AnyArray], AnyArray]) -> Floats:
        out = np.empty(X.shape, X.dtype if X.dtype in (np.float32, np.float64) else np.float64)
        rows_in, rows_out = np.atleast_2d(X), np.atleast_2d(out)
        with np.errstate(over="ignore"):
            for block in _blocks(rows_in):
                rows_out[block] = change(rows_in[block].astype(np.float64))
        return out


def _blocks(rows: AnyArray) -> Iterator[slice]:
    step = max(BLOCK // rows.shape[1], 1)
    return (slice(first, first + step) for first in range(0, len(rows), step))


def _sum_of_rows(X: AnyArray, change: Callable[[AnyArray], AnyArray]) -> NDArray[np.float64]:
    total = np.zeros(X.shape[1])
    for block in _blocks(X):
        total += change(X[block].astype(np.float64)).sum(axis=0)
    return total
