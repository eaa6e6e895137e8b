"""Timing in interleaved rounds: every contestant once a round, so that the machine's drift hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import quantiles
from typing import Any

__all__ = ["CLOCKS", "interleaved", "summary"]

# Wall time is what a user waits for. On a machine that others use too, the processor time of a process pinned
# to one core is what it would have waited for had it been alone.
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}

Contestant = Callable[[int], object]
SETTLE = 0.06  # seconds: the idle threads of OpenBLAS spin for some 30 ms before they sleep


def interleaved(
    contestants: Mapping[str, Contestant],
    rounds: int,
    seconds: float,
    between: Callable[[], object],
    clock: str,
) -> dict[str, list[float]]:
    """Seconds per repetition of each contestant, one number a round.

    Before each sample there is a pause: idle threads of the contestant before it still spin for a while, on the core
    that this one's are to have.

    Parameters
    ----------
    contestants : mapping of name to callable
        Called with a number of repetitions.
    rounds : int
    seconds : float
        What one sample should last; a single repetition may last longer.
    between : callable
        Called before each sample: a sample of the floor.
    clock : ``"wall"`` or ``"cpu"``
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    now = CLOCKS[clock]
    gc.collect()
    gc.disable()
    try:
        counts = {name: _repetitions(run, seconds, now) for name, run in contestants.items()}
        for r in range(rounds):
            for name in names[r % len(names) :] + names[: r % len(names)]:
                time.sleep(SETTLE)
                between()
                times[name].append(_clock(contestants[name], counts[name], now) / counts[name])
    finally:
        gc.enable()
    return times


def _repetitions(run: Contestant, seconds: float, now: Callable[[], float]) -> int:
    """How many repetitions fill `seconds`; the first call, which may compile, is not counted."""
    run(1)
    count, elapsed = 1, _clock(run, 1, now)
    while elapsed < seconds / 4:
        count *= 4
        elapsed = _clock(run, count, now)
    return max(1, round(count * seconds / elapsed))


def _clock(run: Contestant, count: int, now: Callable[[], float]) -> float:
    start = now()
    run(count)
    return now() - start


def summary(samples: list[float], unit: float = 1e-6) -> dict[str, Any]:
    """Median, quartiles and best of `samples` in `unit`, for a results file."""
    low, median, high = quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else samples * 3
    return {
        "median": median / unit, "quartiles": [low / unit, high / unit], "best": min(samples) / unit,
        "samples": len(samples),
    }  # fmt: skip
