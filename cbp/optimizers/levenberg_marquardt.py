"""Levenberg-Marquardt: Newton's method for costs that are sums of squares, for all of the data at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..constants import check_at_least_0, check_count, check_positive
from .full_batch import Point

__all__ = ["LevenbergMarquardt"]


@dataclass(frozen=True)
class LevenbergMarquardt:
    """Levenberg-Marquardt (1944, 1963), with Nielsen's damping (1999), for all of the data at once.

    Each epoch is an iteration: p with (JᵀJ + μ·I)·p = -Jᵀr, J the derivatives of the residuals r = a - λ by the
    parameters. Where E falls by as much as a linear r would make it, μ becomes a third; where E does not fall, μ
    grows until it does. It is for the costs squared_error and quadratic, and plugins' that say `squares`, and for
    small networks: memory grows with the square of the number of parameters that learn, time with their square times
    the samples times the outputs. It has no learning rate; ``batch_size`` and ``shuffle`` mean nothing.

    Parameters
    ----------
    damping : float
        μ begins as this times the largest number on the diagonal of JᵀJ.
    scaled : bool
        Damp each parameter by the largest (JᵀJ)_ii there has been (Moré 1978), not all alike: for inputs of very
        different sizes that are not standardised.
    gtol : float
        It stops when no derivative of the cost is larger,
    ftol : float
        or when an iteration lowers the cost by no more than this part of it.
    max_parameters : int
        For more that learn it refuses to begin.
    """

    damping: float = 1e-3
    scaled: bool = False
    gtol: float = 1e-7
    ftol: float = 1e-10
    max_parameters: int = 5000

    def __post_init__(self) -> None:
        check_positive(damping=self.damping)
        check_at_least_0(gtol=self.gtol, ftol=self.ftol)
        check_count(max_parameters=self.max_parameters)

    least_squares: ClassVar[bool] = True

    def init(self, parameters: np.ndarray) -> dict[str, Any]:
        """As `SupportsIterate.init`: μ, and the scale of the damping."""
        return {"mu": None, "scale": None}

    def iterate(self, objective: Any, here: Point, state: dict[str, Any]) -> tuple[Point, dict[str, Any], str | None]:
        """As `SupportsIterate.iterate`; the objective is a `cbp.training.least_squares.LeastSquares`."""
        if not np.abs(here.gradient).max() > self.gtol:
            return here, state, f"no derivative of the cost is above gtol={self.gtol:g}"
        scale, unit = self._scale(objective.curvature, state["scale"])
        mu, growth = state["mu"] or self.damping * unit, 2.0
        while math.isfinite(mu):
            step, expected = objective.step(mu * scale)
            if step is None:  # rounding has left too little of the matrix
                mu, growth = mu * growth, 2 * growth
                continue
            theta, cost = objective.cost(here.theta + step)
            if cost < here.cost:
                gain = min((here.cost - cost) / expected, 1.0)
                mu = max(mu * max(1 / 3, 1 - (2 * gain - 1) ** 3), np.finfo(float).eps * unit)
                there = objective(theta)
                return there, {"mu": mu, "scale": scale}, self._enough(here, there)
            if np.array_equal(theta, here.theta):
                break
            mu, growth = mu * growth, 2 * growth
        return here, state, "no step lowers the cost"

    def _scale(self, curvature: np.ndarray, before: np.ndarray | None) -> tuple[np.ndarray, float]:
        """The diagonal that μ multiplies, and what μ is to be compared with."""
        if not self.scaled:
            return np.ones_like(curvature), float(curvature.max())
        largest = curvature if before is None else np.maximum(curvature, before)
        return np.maximum(largest, np.finfo(float).eps * largest.max()), 1.0

    def _enough(self, here: Point, there: Point) -> str | None:
        if here.cost - there.cost <= self.ftol * here.cost:
            return f"an iteration lowered the cost by no more than ftol={self.ftol:g} of it"
        return None
