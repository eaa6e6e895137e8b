"""Where the core's vectors live: 64-byte aligned, with a vector register of slack behind the last number."""

from __future__ import annotations

import numpy as np

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register


def aligned(n: int, dtype: np.dtype | type) -> np.ndarray:
    """A vector of `n` zeros whose first number is aligned and behind whose last a vector may be read."""
    itemsize = np.dtype(dtype).itemsize
    memory = np.zeros(n * itemsize + 2 * ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + n * itemsize].view(dtype)


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
