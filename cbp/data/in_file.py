"""Samples that stay in their file: rows are read, made floats and scaled when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbp.data.floats import AnyArray, Floats, as_floats

if TYPE_CHECKING:
    from cbp.data.scaling import Scaling

__all__ = ["InFile"]

BLOCK = 1 << 24  # bytes that are in memory at once


@dataclass(frozen=True, eq=False)
class InFile:
    """An (n, N_1) matrix of samples as `Dataset.X` and `Network.fit` take it, none of which is in memory.

    ``X[rows]``, by a slice, a mask or indices, are these rows as an array.

    Attributes
    ----------
    table : (m,) or (m, k) memory-mapped array
    columns : callable
        The columns of the samples of a part of the table.
    width : int
        How many these are.
    dtype : numpy.dtype
        Float32 or float64.
    rows : (n,) intp array, optional
        Which of the table's rows the samples are; by default all.
    scalings : tuple of Scaling
        What is done to the numbers, one after another.
    """

    table: AnyArray
    columns: Callable[[AnyArray], AnyArray]
    width: int
    dtype: np.dtype[np.floating[Any]]
    rows: NDArray[np.intp] | None = None
    scalings: tuple[Scaling, ...] = ()

    in_file = True
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """(n, N_1)."""
        return len(self), self.width

    @property
    def itemsize(self) -> int:
        """Bytes that a number takes while it is read."""
        return max(self.dtype.itemsize, -(-self.table[:1].nbytes // self.width))

    def __len__(self) -> int:
        return len(self.table if self.rows is None else self.rows)

    def __getitem__(self, rows: Any) -> Floats:
        numbers = self.columns(self.table[rows if self.rows is None else self.rows[rows]])
        floats: Floats = np.ascontiguousarray(numbers, dtype=self.dtype)
        for scaling in self.scalings:
            floats = scaling.apply(floats)
        return floats

    def part(self, rows: AnyArray) -> InFile:
        """These of the samples, by a mask or by indices, still in the file."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(self, rows=chosen if self.rows is None else self.rows[chosen])

    def scaled(self, scaling: Scaling) -> InFile:
        """The samples as `scaling` makes them."""
        return replace(self, scalings=(*self.scalings, scaling))

    def column(self, j: int) -> Floats:
        """One column, (n,), in memory."""
        return np.concatenate([self[block][:, j] for block in self.blocks()])

    def chosen(self, places: list[int]) -> InFile:
        """The samples with these columns alone, none of which are scaled yet."""
        columns = self.columns
        return replace(self, columns=lambda part: columns(part)[:, places], width=len(places))

    def blocks(self) -> Iterator[slice]:
        """Slices of rows, each of which may be in memory."""
        step = max(BLOCK // (self.width * self.itemsize), 1)
        return (slice(start, min(start + step, len(self))) for start in range(0, len(self), step))

    def check(self, what: str) -> InFile:
        """Itself; a `DataError` that calls it `what` if a number is none, not finite, or too large."""
        for block in self.blocks():
            as_floats(self.columns(self.table[block]), self.dtype, what, block.start)
        return self

    def min(self, axis: int) -> Floats:
        """The smallest number of each column: `axis` is 0."""
        return self._extremes[axis][0]

    def max(self, axis: int) -> Floats:
        """The largest number of each column: `axis` is 0."""
        return self._extremes[axis][1]

    @cached_property
    def _extremes(self) -> tuple[tuple[Floats, Floats]]:
        """Both, for the one axis there is, from one pass."""
        lowest, highest = np.full(self.width, np.inf, self.dtype), np.full(self.width, -np.inf, self.dtype)
        for block in map(self.__getitem__, self.blocks()):
            np.minimum(lowest, block.min(axis=0), out=lowest)
            np.maximum(highest, block.max(axis=0), out=highest)
        return ((lowest, highest),)
