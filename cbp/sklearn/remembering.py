"""L-BFGS that goes on with what it has learnt of the curvature: cbp's own, for scipy's cannot be handed it again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..network import Network
from ..optimizers import LBFGS
from ..optimizers.full_batch import Point
from ..registry.made import optimizer as make_optimizer

__all__ = ["is_asked_for", "minimize"]


def is_asked_for(estimator: Any) -> bool:
    """Whether the solver is to be cbp's, not scipy's."""
    scipys = isinstance(estimator.solver, str) and estimator.solver == "lbfgs"
    return not scipys or estimator.warm_start == "optimizer"


def minimize(estimator: Any, net: Network, objective: Any, callback: Callable[[Any], None]) -> Any:
    """As `scipy.optimize.minimize`, from the network's parameters; StopIteration from `callback` ends it."""
    from scipy.optimize import OptimizeResult

    search, reason, nit = Search(net, objective), None, 0
    optimizer, state = _begun(estimator, net)
    here = search(net.parameters)
    if math.isinf(here.cost):
        raise ValueError(f"The loss that solver={estimator.solver!r} begins with is not finite: scale the data.")
    while reason is None and nit < estimator.max_iter and search.evaluations < estimator.max_fun:
        before = here
        here, state, reason = optimizer.iterate(search, here, state)
        estimator._remembered = optimizer, state
        if here is before:
            break
        nit += 1
        try:
            callback(OptimizeResult(x=here.theta, fun=here.cost))
        except StopIteration:
            break
    message = reason or "it has reached max_iter iterations or max_fun evaluations"
    return OptimizeResult(x=here.theta, fun=here.cost, nit=nit, status=0 if reason else 1, message=message)


def _begun(estimator: Any, net: Network) -> tuple[Any, Any]:
    """The optimiser, and what it remembers."""
    optimizer = make_optimizer(estimator.solver)
    if isinstance(estimator.solver, str) and isinstance(optimizer, LBFGS):
        optimizer = LBFGS(gtol=float(estimator.tol))
    if getattr(optimizer, "least_squares", False):
        raise ValueError(
            f"solver: expected one that minimises any loss, got {estimator.solver!r}, which needs the residuals: it is "
            "for Network.fit(optimizer=); take 'lbfgs' here"
        )
    kept, state = getattr(estimator, "_remembered", (None, None))
    if estimator.warm_start == "optimizer" and kept == optimizer:
        return optimizer, state
    return optimizer, optimizer.init(net.parameters)


class Search:
    """The objective as `cbp.optimizers` want it, and how often they have asked."""

    def __init__(self, net: Network, objective: Any) -> None:
        self._net, self._objective, self.evaluations = net, objective, 0

    def __call__(self, theta: np.ndarray) -> Point:
        """The point at `theta`, as the network's dtype has it."""
        self.evaluations += 1
        cost, gradient = self._objective(theta)
        finite = math.isfinite(cost) and bool(np.isfinite(gradient).all())
        return Point(self._net.parameters.astype(np.float64), cost if finite else math.inf, gradient, cost)
