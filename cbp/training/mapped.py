"""Matrices in files that are larger than memory: rows are read, and converted, when they are asked for."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import inputs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Mapped", "as_rows", "blocks_of", "in_file"]

BLOCK = 2**24  # bytes that are in memory at once


class Mapped:
    """A matrix in a memory-mapped file, whose rows are given out in the network's dtype.

    Parameters
    ----------
    array : (m, k) array
        Of any real dtype and layout.
    dtype : numpy.dtype
    rows : (n,) intp array, optional
        Which of its rows these are, in this order; by default all.
    """

    def __init__(self, array: np.ndarray, dtype: np.dtype, rows: np.ndarray | None = None) -> None:
        self._array, self.dtype, self._rows = array, dtype, rows
        self.shape = (len(array) if rows is None else len(rows), array.shape[1])
        self.ndim = 2

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Rows by a slice or an array of indices, read in the order of the file."""
        if self._rows is not None:
            rows = self._rows[rows]
        if isinstance(rows, slice):
            return np.require(self._array[rows], self.dtype, ["C_CONTIGUOUS", "ALIGNED"])
        order, ready = np.argsort(rows, kind="stable"), np.empty((len(rows), self.shape[1]), self.dtype)
        ready[order] = self._array[rows[order]]
        return ready

    def part(self, rows: np.ndarray) -> Mapped:
        """These of its rows, still in the file."""
        return Mapped(self._array, self.dtype, rows if self._rows is None else self._rows[rows])

    def min(self) -> Any:
        """Its smallest number."""
        return min(self[block].min() for block in self._blocks())

    def max(self) -> Any:
        """Its largest number."""
        return max(self[block].max() for block in self._blocks())

    def check(self, name: str) -> Mapped:
        """Itself; ValueError if a number is not finite, or not in the network's dtype."""
        for block in self._blocks() if self._array.dtype.kind == "f" else ():
            inputs.finite(self._array[block], self.dtype, name, block.start)
        return self

    @property
    def itemsize(self) -> int:
        """Bytes of a number, as it is read or given out."""
        return max(self.dtype.itemsize, self._array.itemsize)

    def _blocks(self) -> Iterator[slice]:
        return blocks_of(len(self), self.shape[1] * self.itemsize)


def blocks_of(n: int, size: int, unit: int = 1) -> Iterator[slice]:
    """Blocks of the n rows of `size` bytes, as large as may be in memory at once; each a multiple of `unit` rows."""
    step = max(BLOCK // (size * unit), 1) * unit
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def as_rows(values: ArrayLike, dtype: np.dtype, name: str) -> np.ndarray | Mapped:
    """As `inputs.as_matrix`, but a matrix in a memory-mapped file stays there, and so does a `cbp.data.InFile`."""
    array: Any = values if getattr(values, "in_file", False) else inputs.as_numbers(values, name)
    return Mapped(array, dtype).check(name) if array.ndim == 2 and in_file(array) else inputs.finite(array, dtype, name)


def in_file(array: Any) -> bool:
    """Whether an array, or the one it is a view of, is mapped from a file."""
    while array is not None:
        if isinstance(array, np.memmap | mmap.mmap) or getattr(array, "in_file", False):
            return True
        array = getattr(array, "base", None)
    return False
