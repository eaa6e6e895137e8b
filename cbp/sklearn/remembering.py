"""cbp's own optimisers of all samples at once: L-BFGS, whose memory can be handed to it again, Levenberg-Marquardt."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

from ..network import Network
from ..registry.made import optimizer as make_optimizer
from ..training.regularization import Regularization
from ..training.samples import Samples
from .batches import dense
from .parameters import threads

__all__ = ["is_asked_for", "minimize"]


def is_asked_for(estimator: Any) -> bool:
    """Whether the solver is to be cbp's, not scipy's."""
    scipys = isinstance(estimator.solver, str) and estimator.solver == "lbfgs"
    return not scipys or estimator.warm_start == "optimizer"


def minimize(estimator: Any, net: Network, objective: Any, callback: Callable[[Any], None]) -> Any:
    """As `scipy.optimize.minimize`, from the network's parameters; StopIteration from `callback` ends it."""
    from scipy.optimize import OptimizeResult

    optimizer, state = _begun(estimator, net)
    search, reason, nit = _search(estimator, net, objective, optimizer), None, 0
    here = search(net.parameters)
    if math.isinf(here.cost):
        raise ValueError(f"The loss that solver={estimator.solver!r} begins with is not finite: scale the data.")
    while reason is None and nit < estimator.max_iter and _evaluations(search) < estimator.max_fun:
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
    if isinstance(estimator.solver, str) and is_dataclass(optimizer) and hasattr(optimizer, "gtol"):
        optimizer = replace(optimizer, gtol=float(estimator.tol))
    kept, state = getattr(estimator, "_remembered", (None, None))
    if estimator.warm_start == "optimizer" and kept == optimizer:
        return optimizer, state
    return optimizer, optimizer.init(net.parameters)


def _search(estimator: Any, net: Network, objective: Any, optimizer: Any) -> Any:
    """The objective as the optimiser wants it."""
    if not getattr(optimizer, "least_squares", False):
        return objective.search
    from ..training.least_squares import LeastSquares, check_squares

    check_squares(net, optimizer)
    samples = objective.samples
    rows = Samples(dense(samples.X), samples.targets, None, samples.weights, None)
    return LeastSquares(net, rows, threads(estimator), Regularization(l2=objective.l2))


def _evaluations(search: Any) -> int:
    """How often it was asked; 0 of least squares, whose iterations are what takes the time."""
    return int(getattr(search, "evaluations", 0))
