"""Finds the points where the slope of σ jumps, from σ's values alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..plugin import Array
from .closeness import shown
from .report import Failure, Skip
from .settings import described
from .subject import Subject

__all__ = ["found", "kinks"]

REACH, INTERVALS = 12.0, 8192  # where kinks are looked for, and how closely
CANDIDATES, PARTS, ROUNDS = 48, 16, 5  # the sharpest bends are looked at again, this much closer, this often
JUMP = 1e-3  # of the slope, in units of the slope or 1
WIDE = (PARTS / 2) ** 4  # so many times wider, a jump bends as much; a steep slope, as of max(0, z)**1.5, far more
MARGIN = 1e-5  # a kink is found to about this


def found(f: Callable[[Array], Array]) -> list[float]:
    """The z in (-REACH, REACH) at which the slope of an elementwise f jumps.

    The second difference of a smooth f shrinks with the step; at a kink it stays. So the sharpest bends are
    looked at more and more closely, and what is still sharp in the end, as sharp as from farther off, is a kink.
    """
    d = 2 * REACH / INTERVALS
    left = -REACH + d * np.arange(INTERVALS - 1) + d * 0.318  # no round number lies on the grid
    for turn in range(ROUNDS + 1):
        bend = _bend(f, left, d)
        sharpest = np.argsort(-bend, kind="stable")[:CANDIDATES]
        left, bend = left[sharpest], bend[sharpest]
        if turn < ROUNDS:
            d, left = 2 * d / PARTS, (left[:, np.newaxis] + 2 * d / PARTS * np.arange(-1, PARTS)).ravel()
    from_afar = _bend(f, left + d - WIDE * d, WIDE * d)
    return _apart((left + d)[(bend > JUMP) & (bend > from_afar / 4)])


def _bend(f: Callable[[Array], Array], left: Array, d: float) -> Array:
    """How much the slope changes over [left, left + 2d], in units of the slope or 1."""
    low, middle, high = (np.asarray(f((left + k * d)[np.newaxis]))[0] for k in range(3))
    before, after = (middle - low) / d, (high - middle) / d
    bend = np.abs(after - before) / np.maximum(1, np.minimum(np.abs(before), np.abs(after)))
    return np.where(np.isfinite(bend), bend, 0)


def _apart(z: Array) -> list[float]:
    """One of each cluster."""
    kept: list[float] = []
    for each in np.sort(z):
        if not kept or each - kept[-1] > 1e-3:
            kept.append(float(each))
    return kept


def kinks(subject: Subject) -> str:
    """The points where σ′ jumps are those that are declared."""
    if subject.rowwise:
        raise Skip("it mixes a row")
    declared = [kink for kink in subject.spec.kinks if abs(kink) < REACH]
    seen: set[float] = set()
    for setting in subject.settings:
        for z in found(lambda x, s=setting: subject.spec.forward(x, **s)):  # type: ignore[misc]
            near = [kink for kink in declared if abs(kink - z) <= 1e-3]
            if not near:
                raise Failure(
                    f"a slope that jumps only at the declared kinks {declared or '(none)'}",
                    f"a jump at z = {z:.5g}",
                    f"forward(z){described(setting)}",
                    f"declare it: kinks=({z:.4g},); or make σ smooth there, if no kink is meant",
                )
            seen.update(near)
    if missing := sorted(set(declared) - seen):
        raise Failure(
            f"a slope of σ that jumps at each declared kink: {declared}",
            f"no jump at {', '.join(map(shown, missing))}",
            "forward(z), for every choice of parameters tried",
            "take it out of kinks: a derivative is not checked there",
        )
    return f"{len(declared)} declared, {len(seen)} found"
