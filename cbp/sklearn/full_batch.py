"""Learning from all samples at once: L-BFGS, through scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.optimize import _check_optimize_result

from ..network import Network
from .batches import Samples, dense

__all__ = ["fit_lbfgs"]

ROWS = 4096  # of a sparse matrix made dense at once


def fit_lbfgs(estimator: Any, net: Network, samples: Samples) -> None:
    """Minimise the estimator's loss over the parameters of `net`."""
    from scipy.optimize import minimize

    objective = Objective(net, samples, float(estimator.alpha))
    found = minimize(
        objective,
        net.parameters.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol},
        callback=_printer(objective) if estimator.verbose else None,
    )
    estimator.n_iter_ = _check_optimize_result("lbfgs", found, estimator.max_iter)
    penalty = objective.penalty(found.x)
    estimator.loss_ = estimator._loss_of(found.fun - penalty, samples) + penalty
    net.parameters[...] = found.x


def _printer(objective: Objective) -> Any:
    def shown(intermediate_result: Any) -> None:
        objective.iterations += 1
        print(f"Iteration {objective.iterations}, loss = {intermediate_result.fun:.8f}")

    return shown


class Objective:
    """E + ½·alpha·Σ‖W‖²/w and its gradient as a function of the parameters, w the samples' weight.

    Parameters
    ----------
    net : Network
        Its parameters change with every call.
    samples : Samples
    alpha : float
    """

    def __init__(self, net: Network, samples: Samples, alpha: float) -> None:
        self._net, self.iterations = net, 0
        whole = not hasattr(samples.X, "toarray")
        starts = [0] if whole else range(0, len(samples), ROWS)
        self._parts = [slice(start, len(samples) if whole else start + ROWS) for start in starts]
        self._samples = samples
        self._weight = float(len(samples) if samples.weights is None else samples.weights.sum(dtype=np.float64))
        self._scale = alpha / self._weight
        self._blocks = [slice(*net._plan.offsets(l)) for l in net.W if l not in net.frozen]

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient."""
        self._net.parameters[...] = theta
        cost, gradient = 0.0, np.zeros(theta.size)
        for part in map(self._samples.take, self._parts):
            weight = float(len(part) if part.weights is None else part.weights.sum(dtype=np.float64))
            if weight == 0:
                continue
            found = self._net.gradients(dense(part.X), part.targets, part.weights)
            cost += found.cost * weight / self._weight
            gradient += found.flat * (weight / self._weight)
        for block in self._blocks:
            gradient[block] += self._scale * theta[block]
        return cost + self.penalty(theta), gradient

    def penalty(self, theta: np.ndarray) -> float:
        """½·alpha·Σ‖W‖²/w."""
        return 0.5 * self._scale * sum(float(theta[block].dot(theta[block])) for block in self._blocks)
