"""Learning batch by batch: epochs, when to stop, and what is written down of each, as scikit-learn does it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..core.epoch import NotFinite
from ..core.threads import available
from ..network import Network
from .batches import Batches, Samples
from .held_out import HeldOut
from .optimizer import StepTaker
from .rates import Rates

__all__ = ["Stochastic", "fit_stochastic"]


def fit_stochastic(estimator: Any, net: Network, samples: Samples, held_out: HeldOut | None, incremental: bool) -> None:
    """Train `net` with the estimator's stochastic solver: one epoch if `incremental`, else until it stops."""
    keeps = incremental or estimator.warm_start == "optimizer"
    if not (keeps and hasattr(estimator, "_optimizer")):
        estimator._optimizer = StepTaker(estimator, net)
    Stochastic(estimator, net, samples, held_out, incremental).solve()


class Stochastic:
    """One call of fit or partial_fit.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    net : Network
    samples : Samples
    held_out : HeldOut or None
    incremental : bool
    """

    def __init__(
        self, estimator: Any, net: Network, samples: Samples, held_out: HeldOut | None, incremental: bool
    ) -> None:
        self._estimator, self._net, self._held_out, self._incremental = estimator, net, held_out, incremental
        self._samples, self._order = samples, np.arange(len(samples))
        batch_size = _batch_size(estimator.batch_size, len(samples))
        threads = available() if estimator.n_threads is None else int(estimator.n_threads)
        self._batches = Batches(
            net, estimator._optimizer, samples, batch_size, float(estimator.alpha), threads, estimator._loss_of
        )
        self._rates = Rates(estimator, -(-len(samples) // batch_size))

    def solve(self) -> None:
        """Take epochs until there is a reason to stop."""
        estimator = self._estimator
        estimator.n_iter_ = 0
        try:
            while not self._epoch():
                if estimator.n_iter_ == estimator.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
                        "optimization hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=4,
                    )
                    break
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        if estimator.early_stopping:
            self._net.parameters = estimator._best

    def _epoch(self) -> bool:
        """One epoch; whether it is the last."""
        estimator = self._estimator
        if estimator.shuffle:
            self._order = self._order[_permutation(len(self._order), estimator._random_state)]
        try:
            loss = self._batches.run(self._order, self._rates.next())
        except NotFinite as stop:
            return self._diverged(stop)
        self._write(loss)
        self._count_improvement()
        reason = self._rates.epoch_ended()
        if reason is None and estimator._no_improvement_count > estimator.n_iter_no_change:
            reason = self._rates.stalled(self._stalled())
            estimator._no_improvement_count = estimator._no_improvement_count if reason else 0
        return reason is not None or self._incremental

    def _write(self, loss: float) -> None:
        """Write an epoch down."""
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.loss_ = loss
        estimator.t_ += len(self._samples)
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        if self._held_out is not None:
            self._held_out.measure(estimator, self._net)

    def _diverged(self, stop: NotFinite) -> bool:
        """Write down an epoch whose loss is not finite: it is the last, and its parameters are not kept."""
        estimator, where = self._estimator, f"epoch {self._estimator.n_iter_ + 1}, batch {stop.batch}"
        if not estimator.early_stopping or not np.isfinite(estimator.best_validation_score_):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                f"preprocessed. The loss of {where} is not finite: scale the data, or lower learning_rate_init."
            ) from None
        self._net.parameters[...] = np.nan
        self._write(np.nan)
        warnings.warn(
            f"Stochastic Optimizer: the loss of {where} is not finite. The weights are those of the best validation "
            "score before; scale the data, or lower learning_rate_init.",
            ConvergenceWarning,
            stacklevel=5,
        )
        return True

    def _count_improvement(self) -> None:
        """Count epochs without a better loss, or with early stopping a better validation score."""
        estimator = self._estimator
        if estimator.early_stopping:
            score, best = estimator.validation_scores_[-1], estimator.best_validation_score_
            worse = score < best + estimator.tol
            if score > best:
                estimator.best_validation_score_, estimator._best = score, self._net.parameters.copy()
        else:
            worse = estimator.loss_ > estimator.best_loss_ - estimator.tol
            estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if worse else 0

    def _stalled(self) -> str:
        estimator = self._estimator
        what = "Validation score" if estimator.early_stopping else "Training loss"
        return (
            f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} "
            "consecutive epochs."
        )


def _batch_size(asked: Any, n: int) -> int:
    if isinstance(asked, str):
        return min(200, n)
    if asked > n:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=5
        )
    return int(min(asked, n))


def _permutation(n: int, rng: np.random.RandomState) -> np.ndarray:
    """What scikit-learn's shuffle draws."""
    order = np.arange(n)
    rng.shuffle(order)
    return order
