"""How many threads a network may use at most."""

from __future__ import annotations

import os

__all__ = ["available"]

VARIABLES = ("CBP_NUM_THREADS", "OMP_NUM_THREADS")


def available() -> int:
    """``CBP_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the cores this process may run on.

    Raises
    ------
    ValueError
        The variable does not hold a whole number of at least 1.
    """
    for name in VARIABLES:
        if text := os.environ.get(name):
            # OMP_NUM_THREADS may list a number for each nested level: "4,2"
            first = text.partition(",")[0].strip()
            if not first.isdecimal() or int(first) < 1:
                raise ValueError(f"{name}: expected a whole number of threads, at least 1, got {text!r}")
            return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
