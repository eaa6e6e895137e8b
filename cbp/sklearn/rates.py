"""The learning rate of an estimator: scikit-learn's three schedules, or any of cbp.schedules for every solver."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..schedules import When

__all__ = ["Rates"]


class Rates:
    """The rates of one call of fit.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    batches : int
        Steps an epoch.
    """

    def __init__(self, estimator: Any, batches: int) -> None:
        self._estimator, self._optimizer, self._batches = estimator, estimator._optimizer, batches
        self._schedule: Any = estimator.learning_rate
        self._kind = "schedule" if not isinstance(self._schedule, str) else "constant"
        if self._kind == "schedule":
            lr = self._schedule.lr
            self._lr = self._optimizer.learning_rate if lr is None else float(lr)
            self._memory = self._schedule.start(self._lr)
        elif estimator.solver == "sgd":  # as in scikit-learn, sgd's alone
            self._kind = self._schedule

    def next(self) -> np.ndarray:
        """η of each step of the epoch that begins."""
        if self._kind != "schedule":
            return np.full(self._batches, self._optimizer.learning_rate)
        estimator, k = self._estimator, self._estimator.n_iter_ * self._batches
        when = When(
            estimator.n_iter_, np.arange(k, k + self._batches), estimator.t_, estimator.max_iter,
            estimator.max_iter * self._batches,
        )  # fmt: skip
        rates: np.ndarray = self._schedule.rates(self._lr, when, self._memory)
        return rates

    def epoch_ended(self) -> str | None:
        """Let the schedule see the epoch; why training should end, if it says so."""
        estimator = self._estimator
        if self._kind == "invscaling":
            lr = float(estimator.learning_rate_init)
            self._optimizer.learning_rate = lr / (estimator.t_ + 1) ** estimator.power_t
        if self._kind != "schedule":
            return None
        row = {"cost": estimator.loss_curve_[-1]}
        if estimator.validation_scores_:
            row |= {"validation_cost": estimator.validation_loss_curve_[-1]}
        reason: str | None = self._schedule.observe(self._memory, row)
        return reason

    def stalled(self, message: str) -> str | None:
        """What follows from too many epochs without improvement: the reason to end, or None and a lower rate."""
        reason = f"{message} Stopping."
        if self._kind == "adaptive":
            rate = self._optimizer.learning_rate
            reason = f"{message} Learning rate too small. Stopping."
            if rate > 1e-6:
                self._optimizer.learning_rate = rate / 5.0
                reason = f"{message} Setting learning rate to {rate / 5.0:f}"
        if self._estimator.verbose:
            print(reason)
        return None if "Setting" in reason else reason
