"""The floor: multiply-adds and copies a second, as fast as this machine does them while the workloads run."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["Floor"]

SOURCE = Path(__file__).with_name("floor.c")
ROUNDS = 200_000  # of twelve multiply-adds: about a millisecond
COPIED = 1 << 26  # bytes: beyond every cache


class Floor:
    """Peak speed, sampled in passing: a machine's speed drifts, so samples stand between those of the peers.

    Parameters
    ----------
    dtype : ``"float32"`` or ``"float64"``
    threads : int
        Threads that multiply and add at once.
    """

    def __init__(self, dtype: str, threads: int) -> None:
        library = _compiled()
        self._fma = getattr(library, f"fma_{dtype}")
        self._fma.argtypes, self._fma.restype = [ctypes.c_long, ctypes.c_void_p], ctypes.c_double
        self._copy = library.copy
        self._copy.argtypes, self._copy.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t], None
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)

    def flops(self) -> float:
        """One sample of additions and multiplications a second, all threads together."""
        return sum(self._pool.map(self._flops_of_one, range(self._threads)))

    def _flops_of_one(self, _: int) -> float:
        out = ctypes.create_string_buffer(64)
        start = time.thread_time()  # other processes' time slices are no part of a peak
        done: float = self._fma(ROUNDS, out)
        return done / (time.thread_time() - start)

    def bandwidth(self, samples: int = 5) -> float:
        """Bytes a second that one thread's copy reads and writes: the best of some samples."""
        source, to = bytearray(COPIED), bytearray(COPIED)
        pointers = [(ctypes.c_char * COPIED).from_buffer(buffer) for buffer in (to, source)]
        best = float("inf")
        for _ in range(samples):
            start = time.thread_time()
            self._copy(*pointers, COPIED)
            best = min(best, time.thread_time() - start)
        return 2 * COPIED / best


def _compiled() -> ctypes.CDLL:
    compiler = os.environ.get("CC") or shutil.which("cc") or "gcc"
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "floor.so")
        command = [
            *compiler.split(),
            "-O3",
            "-march=native",
            "-shared",
            "-fPIC",
            str(SOURCE),
            "-o",
            str(library),
        ]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(library))
