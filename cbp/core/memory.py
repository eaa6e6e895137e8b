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
