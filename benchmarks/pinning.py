"""So many threads on so many cores: set before any library is imported, or it counts the cores itself."""

from __future__ import annotations

import os

__all__ = ["cores", "environment", "pin"]

READ_AT_IMPORT = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NPROC", "CBP_NUM_THREADS",
)  # fmt: skip


HOLDS_BACK = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "CBP_ISA")  # each peer at its best


def environment(threads: int, dtype: str = "float32") -> dict[str, str]:
    """The environment of a process that computes with `threads` threads in `dtype`."""
    eigen = str(threads > 1).lower()
    return (
        {name: value for name, value in os.environ.items() if name not in HOLDS_BACK}
        | dict.fromkeys(READ_AT_IMPORT, str(threads))
        | {
            "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={threads}",
            "JAX_PLATFORMS": "cpu",
            "JAX_ENABLE_X64": str(int(dtype == "float64")),
        }
    )


def cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def pin(threads: int) -> list[int]:
    """Keep this process, and those it starts, on `threads` cores; only Linux can.

    Returns
    -------
    list of int
        The cores.
    """
    if not hasattr(os, "sched_setaffinity"):
        return []
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < threads:
        raise ValueError(f"threads: expected at most {len(allowed)}, the cores this process may use, got {threads}")
    cores = allowed[-threads:]
    os.sched_setaffinity(0, cores)
    return cores
