"""Learning batch by batch: epochs, and when to stop, as scikit-learn does it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..core.epoch import NotFinite
from ..network import Network
from .averaging import Averaged
from .batches import Batches, Samples
from .optimizer import StepTaker
from .parameters import regularization, threads
from .penalty import Penalty
from .rates import Rates
from .record import Record

__all__ = ["Stochastic", "fit_stochastic"]

ADVICE = "scale the data, lower learning_rate_init, or clip the gradient with clip_norm"


def fit_stochastic(estimator: Any, net: Network, samples: Samples, record: Record, incremental: bool) -> None:
    """Train `net` with the estimator's stochastic solver: one epoch if `incremental`, else until it stops."""
    goes_on = (incremental or estimator.warm_start == "optimizer") and hasattr(estimator, "_optimizer")
    if not goes_on:
        estimator._optimizer = StepTaker(estimator, net)
    averaged = None if estimator.ema is None else Averaged(estimator, net, goes_on)
    Stochastic(estimator, net, samples, record, incremental, averaged).solve()


class Stochastic:
    """One call of fit or partial_fit.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    net : Network
    samples : Samples
    record : Record
    incremental : bool
    averaged : Averaged or None
        Takes the steps instead of `net`.
    """

    def __init__(
        self,
        estimator: Any,
        net: Network,
        samples: Samples,
        record: Record,
        incremental: bool,
        averaged: Averaged | None,
    ) -> None:
        self._estimator, self._net, self._record, self._incremental = estimator, net, record, incremental
        self._samples, self._order = samples, np.arange(len(samples))
        batch_size = _batch_size(estimator.batch_size, len(samples))
        penalty, in_a_step = Penalty(net, float(estimator.alpha), float(estimator.l1)), regularization(estimator)
        self._batches = Batches(
            averaged.net if averaged else net, estimator._optimizer, samples, batch_size, penalty, in_a_step,
            threads(estimator), estimator._loss_of,
        )  # fmt: skip
        self._averaged = averaged
        if averaged:
            averaged.begin(self._batches.average)
        self._rates = Rates(estimator, -(-len(samples) // batch_size))
        random = any(in_a_step.rates(net.L)) or in_a_step.input_noise  # else nothing is drawn, as in scikit-learn
        self._seed = int(estimator._random_state.randint(2**31)) if random else 0

    def solve(self) -> None:
        """Take epochs until there is a reason to stop."""
        estimator = self._estimator
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

    def _epoch(self) -> bool:
        """One epoch; whether it is the last."""
        estimator, record = self._estimator, self._record
        record.begin()
        if estimator.shuffle:
            self._order = self._order[_permutation(len(self._order), estimator._random_state)]
        try:
            loss = self._batches.run(self._order, self._rates.next(), self._seed, int(estimator.t_))
        except NotFinite as stop:
            return self._diverged(stop)
        finally:
            if self._averaged:
                self._averaged.show()
        record.write(loss, len(self._samples))
        record.count_improvement()
        reason = self._rates.epoch_ended()
        if reason is None and (message := record.stalled()):
            reason = self._rates.stalled(message)
            estimator._no_improvement_count = estimator._no_improvement_count if reason else 0
        return reason is not None or record.stopped or self._incremental

    def _diverged(self, stop: NotFinite) -> bool:
        """Write down an epoch whose loss is not finite: it is the last, and its parameters are not kept."""
        estimator, where = self._estimator, f"epoch {self._estimator.n_iter_ + 1}, batch {stop.batch}"
        if not estimator.early_stopping or not np.isfinite(estimator.best_validation_score_):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                f"preprocessed. The loss of {where} is not finite: {ADVICE}."
            ) from None
        self._net.parameters[...] = np.nan
        self._record.write(np.nan, len(self._samples))
        warnings.warn(
            f"Stochastic Optimizer: the loss of {where} is not finite. The weights are those of the best validation "
            f"score before; {ADVICE}.",
            ConvergenceWarning,
            stacklevel=5,
        )
        return True


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
