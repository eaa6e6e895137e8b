"""Comparing the time of different mathematics is worthless: first, one step of each peer must equal cbp's."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem

__all__ = ["Disagreement", "check_predictions", "check_step", "step_of"]

# With the learning rate below, rounding is at most this much of a step; a wrong formula is far more.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
RATE = 0.5


class Disagreement(Exception):
    """A peer's numbers differ from cbp's."""


def step_of(kind: type[Peer], problem: Problem) -> list[Array]:
    """What one step changes in W^2, b^2, W^3, ...

    `problem` is one batch long, so the order of its samples does not matter.
    """
    peer = kind(problem)
    peer.train(1)
    return [
        after.astype(np.float64) - before
        for after_l, before_l in zip(peer.parameters(), problem.parameters, strict=True)
        for after, before in zip(after_l, before_l, strict=True)
    ]


def check_step(name: str, changes: list[Array], of_cbp: list[Array], dtype: str) -> float:
    """Compare two steps, parameter block by parameter block.

    Returns
    -------
    float
        The largest difference relative to the block's largest change.

    Raises
    ------
    Disagreement
        It is above the tolerance.
    """
    worst = max(_difference(mine, theirs) for mine, theirs in zip(of_cbp, changes, strict=True))
    if not worst <= TOLERANCE[dtype]:
        raise Disagreement(f"{name}: one step differs from cbp's by {worst:.2g} of its size")
    return worst


def check_predictions(name: str, a: object, of_cbp: object, dtype: str) -> float:
    """Compare two outputs a^L; as `check_step`."""
    worst = _difference(np.squeeze(np.asarray(of_cbp)), np.squeeze(np.asarray(a)))
    if not worst <= TOLERANCE[dtype]:
        raise Disagreement(f"{name}: its output differs from cbp's by {worst:.2g} of its size")
    return worst


def _difference(mine: Array, theirs: Array) -> float:
    size = float(np.abs(mine).max())
    return float(np.abs(mine - theirs).max()) / size if size > 0 else float(np.abs(theirs).max())
