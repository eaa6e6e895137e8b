"""How far to go along a direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import isa
from .full_batch import Point

__all__ = ["descend"]

ENOUGH, FLAT = 1e-4, 0.9  # of the slope at the beginning: what a step must gain on average; what may be left of it


def descend(objective: Any, here: Point, direction: np.ndarray, first: float, evaluations: int) -> Point | None:
    """A point on the line that satisfies the weak Wolfe conditions, or else one that lies low enough, or None.

    The interval it must lie in is narrowed from both sides (Lewis and Overton 2013), which kinks like relu's do not
    hinder; where to look next in it, a cubic through both ends says.

    Parameters
    ----------
    objective : callable
        As `SupportsIterate.iterate`'s.
    here : Point
    direction : (n,) array
        Along which the cost falls.
    first : float
        The first length to try, in units of `direction`.
    evaluations : int
        Points to try at most.
    """
    slope = isa.updates.dot(here.gradient, direction)
    if not slope < 0:
        return None
    low, high = (0.0, here.cost, slope), (math.inf, math.inf, math.inf)  # (length, cost, slope) at both ends
    found, length = None, first
    for _ in range(evaluations):
        there = objective(here.theta + length * direction)
        at = (length, there.cost, isa.updates.dot(there.gradient, direction))
        if not there.cost <= here.cost + ENOUGH * length * slope:
            high = at
        else:
            found, low = there, at
            if at[2] >= FLAT * slope:
                break
        length = 2 * length if math.isinf(high[0]) else _between(low, high)
    return found


def _between(low: tuple[float, float, float], high: tuple[float, float, float]) -> float:
    """Where the cubic with these costs and slopes at both ends is lowest, or the middle; not too near an end."""
    (a, cost_a, slope_a), (b, cost_b, slope_b) = low, high
    width = b - a
    bend = slope_a + slope_b - 3 * (cost_b - cost_a) / width
    root = math.sqrt(max(bend * bend - slope_a * slope_b, 0.0))
    down = slope_b - slope_a + 2 * root
    at = b - width * (slope_b + root - bend) / down if down else math.nan
    return min(max(at, a + 0.1 * width), b - 0.1 * width) if math.isfinite(at) else 0.5 * (a + b)
