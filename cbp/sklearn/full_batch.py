"""Learning from all samples at once: L-BFGS, through scipy, or cbp's where its memory is wanted again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.optimize import _check_optimize_result

from ..network import Network
from ..training.objective import ROWS as BATCH
from ..training.objective import Objective as Pass
from ..training.regularization import Regularization
from . import remembering
from .batches import Samples, dense
from .parameters import IN_A_STEP, regularization, threads
from .penalty import Penalty
from .record import Record

if TYPE_CHECKING:
    from ..core.epoch import Epochs

__all__ = ["fit_lbfgs"]

ROWS = 4096  # of a sparse matrix made dense at once


def fit_lbfgs(estimator: Any, net: Network, samples: Samples, record: Record) -> None:
    """Minimise the estimator's loss over the parameters of `net`."""
    _check_smooth(estimator, net)
    objective = Objective(net, samples, float(estimator.alpha), threads(estimator))
    watch = Watch(estimator, net, samples, objective, record)
    record.begin()
    found = (remembering.minimize if remembering.is_asked_for(estimator) else _minimize)(
        estimator, net, objective, watch
    )
    if not watch.stopped:
        estimator.n_iter_ = _check_optimize_result("lbfgs", found, estimator.max_iter)
    estimator.loss_ = watch.loss(found)
    net.parameters[...] = found.x


def _minimize(estimator: Any, net: Network, objective: Objective, watch: Watch) -> Any:
    """L-BFGS-B of scipy, as scikit-learn calls it."""
    from scipy.optimize import minimize

    return minimize(
        objective,
        net.parameters.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        options={"maxfun": estimator.max_fun, "maxiter": estimator.max_iter, "gtol": estimator.tol},
        callback=watch,
    )


def _check_smooth(estimator: Any, net: Network) -> None:
    """ValueError for what L-BFGS cannot do."""
    if not isinstance(estimator.learning_rate, str):
        raise ValueError(
            f"learning_rate: expected no schedule with solver={estimator.solver!r}, which finds the length of a step "
            f"itself, got {estimator.learning_rate!r}"
        )
    dropped = any(regularization(estimator).rates(net.L))
    for name in ("l1", *IN_A_STEP):
        value = getattr(estimator, name)
        if dropped if name == "dropout" else value not in (0, None):
            raise ValueError(
                f"{name}: expected none with solver={estimator.solver!r}, which minimises one smooth function and has "
                f"no steps to change, got {value!r}; take another solver, or alpha"
            )


class Watch:
    """What happens after each iteration.

    Attributes
    ----------
    stopped : bool
        Whether it has ended the search.
    """

    def __init__(self, estimator: Any, net: Network, samples: Samples, objective: Objective, record: Record) -> None:
        self._estimator, self._net, self._samples, self._record = estimator, net, samples, record
        self._objective, self.stopped = objective, False

    def loss(self, found: Any) -> float:
        """The estimator's loss where the objective is known."""
        penalty = self._objective.penalty(found.x)
        return float(self._estimator._loss_of(found.fun - penalty, self._samples) + penalty)

    def __call__(self, intermediate_result: Any) -> None:
        """Write an iteration down; StopIteration if it shall be the last."""
        self._net.parameters[...] = intermediate_result.x
        self._record.write(self.loss(intermediate_result), 0)
        self._record.count_improvement()
        message = self._record.stalled() if self._estimator.early_stopping else None
        if message and self._estimator.verbose:
            print(f"{message} Stopping.")
        self.stopped = self._record.stopped or message is not None
        if self.stopped:
            raise StopIteration
        self._record.begin()


class Objective:
    """E + ½·alpha·Σ‖W‖²/w and its gradient as a function of the parameters, w the samples' weight.

    Parameters
    ----------
    net : Network
        Its own parameters stay as they are.
    samples : Samples
    alpha : float
    threads : int
        At most so many; the result has the same bits for any number.

    Attributes
    ----------
    l2 : float
        alpha/w.
    search : cbp.training.objective.Objective
        The same as cbp's optimisers take it.
    """

    def __init__(self, net: Network, samples: Samples, alpha: float, threads: int) -> None:
        self.samples = samples
        self._weight = float(len(samples) if samples.weights is None else samples.weights.sum(dtype=np.float64))
        self._penalty, self.l2 = Penalty(net, alpha), alpha / self._weight
        self.search = Pass(net, Rows(samples), threads, Regularization(l2=self.l2))

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its gradient; ValueError if the first is not finite."""
        point = self.search(theta)
        if math.isinf(point.cost) and self.search.evaluations == 1:
            raise ValueError("The loss that the solver begins with is not finite: scale the data.")
        return point.cost, point.gradient

    def penalty(self, theta: np.ndarray) -> float:
        """½·alpha·Σ‖W‖²/w."""
        return self._penalty(theta) / self._weight


class Rows:
    """A feed of all samples in their order, of which sparse ones become dense a part at a time."""

    again = True

    def __init__(self, samples: Samples) -> None:
        self._samples, self.seen = samples, len(samples)
        self.batch_size = min(BATCH, len(samples))
        self.batches: int | None = None

    def parts(self, epochs: Epochs, number: int, batch: int) -> Iterator[int]:
        """As `cbp.training.feeds.Feed.parts`."""
        size = ROWS if hasattr(self._samples.X, "toarray") else len(self._samples)
        for start in range(0, len(self._samples), size):
            part = self._samples.take(slice(start, start + size))
            epochs.feed(dense(part.X), part.targets, None, part.weights)
            yield -(-len(part) // self.batch_size)

    def settings(self) -> dict[str, Any]:
        """As `cbp.training.feeds.Feed.settings`."""
        return {}
