"""Memory to lay a kernel's blocks in: between pages that nobody may touch, surrounded by marks."""

from __future__ import annotations

import ctypes
import mmap

import numpy as np

from ..plugin import Array

__all__ = ["Arena", "Block"]

LIBC = ctypes.CDLL(None, use_errno=True)
NO_ACCESS = 0  # PROT_NONE
MARK = np.uint8(0xA5)  # as float32 and float64 a tiny negative number


class Arena:
    """Pages to lay blocks in; the page before them and the page behind them cannot be read or written.

    Parameters
    ----------
    size : int
        How many bytes a block may need.
    """

    def __init__(self, size: int) -> None:
        page = mmap.PAGESIZE
        pages = -(-size // page)
        memory = mmap.mmap(-1, (pages + 2) * page)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for guard in (start, start + (pages + 1) * page):
            if LIBC.mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(page), NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")
        self.bytes = np.frombuffer(memory, np.uint8)[page : (pages + 1) * page]
        self.start = start + page

    def lay(self, x: Array, ld: int | None = None, at: int | None = 256) -> Block:
        """Copy a matrix into the arena, everything around it marked.

        Parameters
        ----------
        x : (rows, cols) array
        ld : int, optional
            Numbers from one row to the next; cols by default.
        at : int or None
            Where it begins, in bytes; None lets it end where the arena ends.
        """
        self.bytes[:] = MARK
        return Block(self, x, x.shape[1] if ld is None else ld, at)


class Block:
    """A matrix in an arena.

    Attributes
    ----------
    inside : (rows, cols) array
        The matrix itself, as a view.
    address : int
        Of its first number.
    """

    def __init__(self, arena: Arena, x: Array, ld: int, at: int | None) -> None:
        rows, cols = x.shape
        size = ((rows - 1) * ld + cols) * x.itemsize if x.size else 0
        self._start = len(arena.bytes) - size if at is None else at
        self._arena, self._x, self._strides = arena, x, (ld * x.itemsize, x.itemsize)
        self.address: int = arena.start + self._start
        self.inside: Array = x
        if x.size:
            self.inside = np.ndarray(x.shape, x.dtype, arena.bytes, self._start, self._strides)
            self.inside[:] = x

    def written_outside(self) -> int | None:
        """Where, counted in numbers from the matrix's first, memory that is not the matrix's was written."""
        changed = self._arena.bytes != MARK
        if self._x.size:
            own = (*self._x.shape, self._x.itemsize)
            np.ndarray(own, bool, changed, self._start, (*self._strides, 1))[:] = False
        where = np.flatnonzero(changed)
        return int(where[0] - self._start) // self._x.itemsize if len(where) else None

    def written(self) -> tuple[int, ...] | None:
        """Where in the matrix a number is not what was laid there, bit for bit."""
        bits = f"u{self._x.itemsize}"
        changed = np.argwhere(np.ascontiguousarray(self.inside).view(bits) != np.ascontiguousarray(self._x).view(bits))
        return tuple(int(i) for i in changed[0]) if len(changed) else None
