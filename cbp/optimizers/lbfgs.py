"""L-BFGS: Newton's direction from the newest changes of the parameters and of the gradient.

The recursion and the search are here, not scipy's, because what scipy's L-BFGS-B has learnt of the curvature
cannot be taken out and handed in again: a training that is stopped and resumed would begin anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..constants import check_at_least_0, check_count
from ..core import isa
from .full_batch import Point
from .line_search import descend

__all__ = ["LBFGS"]


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS (Nocedal 1980; Liu and Nocedal 1989), for all of the data at once.

    Each epoch is an iteration: a direction from the last `memory` steps, and a point on it that satisfies the weak
    Wolfe conditions, mostly its first guess. It has no learning rate; ``batch_size`` and ``shuffle`` mean nothing.

    Parameters
    ----------
    memory : int
        Steps it remembers.
    gtol : float
        It stops when no derivative of the mean cost is larger,
    ftol : float
        or when an iteration lowers the cost by less than this part of it.
    max_evaluations : int
        Of the cost and its gradient, in one search along a direction.
    """

    memory: int = 10
    gtol: float = 1e-5
    ftol: float = 2.2e-9
    max_evaluations: int = 20

    def __post_init__(self) -> None:
        check_count(memory=self.memory, max_evaluations=self.max_evaluations)
        check_at_least_0(gtol=self.gtol, ftol=self.ftol)

    def init(self, parameters: np.ndarray) -> dict[str, Any]:
        """As `SupportsIterate.init`: steps s, changes of the gradient y, and s·y, those of step k in row k % rows.

        There is a row more than are looked at, so that writing the next leaves the state before whole.
        """
        shape = (self.memory + 1, parameters.size)
        return {"s": np.zeros(shape), "y": np.zeros(shape), "sy": np.zeros(shape[0]), "k": 0}

    def iterate(self, objective: Any, here: Point, state: dict[str, Any]) -> tuple[Point, dict[str, Any], str | None]:
        """As `SupportsIterate.iterate`."""
        if np.abs(here.gradient).max() <= self.gtol:
            return here, state, f"no derivative of the cost is above gtol={self.gtol:g}"
        there = self._search(objective, here, state)
        if there is None and state["k"]:
            state = state | {"k": 0}  # what it remembers does not fit this place
            there = self._search(objective, here, state)
        if there is None:
            return here, state, "no step along the gradient lowers the cost"
        state = _remembered(state, there.theta - here.theta, there.gradient - here.gradient)
        if here.cost - there.cost <= self.ftol * max(abs(here.cost), abs(there.cost)):
            return there, state, f"an iteration lowered the cost by no more than ftol={self.ftol:g} of it"
        return there, state, None

    def _search(self, objective: Any, here: Point, state: dict[str, Any]) -> Point | None:
        direction = -here.gradient
        first = 1.0 if state["k"] else min(1.0, 1.0 / math.sqrt(isa.updates.dot(direction, direction)))
        isa.updates.inverse_hessian_times(
            direction, state["s"], state["y"], state["sy"], np.empty(self.memory), state["k"]
        )
        return descend(objective, here, direction, first, self.max_evaluations)


def _remembered(state: dict[str, Any], s: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """`state` with one more step, unless rounding hides its curvature."""
    sy, row = isa.updates.dot(s, y), state["k"] % len(state["sy"])
    if not sy > np.finfo(float).eps * isa.updates.dot(y, y):
        return state
    state["s"][row], state["y"][row], state["sy"][row] = s, y, sy
    return state | {"k": state["k"] + 1}
