"""The floor: multiply-adds and copies a second, as fast as this machine does them while the workloads run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np

from ..core.isa import isa

__all__ = ["Floor"]

ROUNDS = 200_000  # of twelve multiply-adds: about a millisecond
COPIED = 1 << 26  # bytes: beyond every cache


class Floor:
    """Peak speed, sampled in passing: a machine's speed drifts, so samples stand between those of the workloads.

    Parameters
    ----------
    dtype : ``"float32"`` or ``"float64"``
    threads : int
        Threads that multiply and add at once.
    """

    def __init__(self, dtype: str, threads: int) -> None:
        probe = import_module(f"cbp.core.{isa}.probe")
        self._multiply_adds = probe.multiply_adds_f32 if dtype == "float32" else probe.multiply_adds_f64
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)

    def flops(self) -> float:
        """One sample of additions and multiplications a second, all threads together."""
        return sum(self._pool.map(self._flops_of_one, range(self._threads)))

    def _flops_of_one(self, _: int) -> float:
        start = time.thread_time()  # other processes' time slices are no part of a peak
        done: float = self._multiply_adds(ROUNDS)
        return done / (time.thread_time() - start)

    def bandwidth(self, samples: int = 5) -> float:
        """Bytes a second that one thread's copy reads and writes: the best of some samples."""
        source, to = np.ones(COPIED, np.uint8), np.ones(COPIED, np.uint8)
        best = float("inf")
        for _ in range(samples):
            start = time.thread_time()
            np.copyto(to, source)
            best = min(best, time.thread_time() - start)
        return 2 * COPIED / best
