"""Where the core's vectors live: 64-byte aligned, with a vector register of slack behind the last number."""

from __future__ import annotations

import numpy as np

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
HUGE_PAGE = 1 << 21  # bytes; for an array as long as two of them, NumPy asks Linux to use such


def aligned(n: int, dtype: np.dtype | type) -> np.ndarray:
    """A vector of `n` zeros whose first number is aligned and behind whose last a vector may be read.

    A long one begins on a huge page: fewer pages to come into use, and to be found while a product jumps between rows.
    """
    size = n * np.dtype(dtype).itemsize
    alignment = ALIGNMENT if size < HUGE_PAGE else HUGE_PAGE
    memory = np.zeros(size + alignment + ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + size].view(dtype)


class Lease:
    """A workspace for one call: threads that use a network at once get one each."""

    def __init__(self, pool: list[np.ndarray], size: int, dtype: np.dtype) -> None:
        self._pool, self._size, self._dtype = pool, size, dtype

    def __enter__(self) -> np.ndarray:
        self._held = self._pool.pop() if self._pool else np.empty(0)
        if len(self._held) < self._size:
            self._held = aligned(self._size, self._dtype)
        return self._held

    def __exit__(self, *_: object) -> None:
        self._pool.append(self._held)
