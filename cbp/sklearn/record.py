"""What is written down of each epoch, or iteration of L-BFGS, and what follows from it."""

from __future__ import annotations

from typing import Any

from ..network import Network
from .held_out import HeldOut
from .tasks import Tasks

__all__ = ["Record"]


class Record:
    """Writes into an estimator's attributes while it learns.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    net : Network
    held_out : HeldOut or None
    tasks : Tasks
        Who else is told.

    Attributes
    ----------
    stopped : bool
        Whether a callback has asked to end.
    """

    def __init__(self, estimator: Any, net: Network, held_out: HeldOut | None, tasks: Tasks) -> None:
        self._estimator, self._net, self._held_out, self._tasks = estimator, net, held_out, tasks
        self.stopped = False
        estimator.n_iter_ = 0

    def begin(self) -> None:
        """An epoch begins."""
        self._tasks.begin()

    def write(self, loss: float, samples: int) -> None:
        """An epoch has ended, with this loss, after so many samples."""
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.loss_ = loss
        estimator.t_ += samples
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        if self._held_out is not None:
            self._held_out.measure(estimator, self._net)
        self.stopped = self._tasks.end()

    def count_improvement(self) -> None:
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

    def stalled(self) -> str | None:
        """What to say of too many epochs without improvement, if there were."""
        estimator = self._estimator
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return None
        what = "Validation score" if estimator.early_stopping else "Training loss"
        return (
            f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} "
            "consecutive epochs."
        )

    def end(self) -> None:
        """No more epochs: the weights are the best ones, where early stopping looks for them."""
        if self._estimator.early_stopping:
            self._net.parameters = self._estimator._best
        self._tasks.close()
