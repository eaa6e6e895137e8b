"""Training ends when it gets no better, and the network gets its best parameters back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..constants import check_at_least_0
from ..inputs import as_whole
from ..training.watched import Best
from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["EarlyStopping"]


class EarlyStopping(Callback):
    """End the training after `patience` epochs that were no better than the best before.

    Parameters
    ----------
    patience : int
        Such epochs in a row that are enough.
    min_delta : float
        How much better counts.
    monitor : str, optional
        A column of the history; by default ``"validation_cost"`` where there is one, else ``"cost"``.
    mode : ``"min"`` or ``"max"``, optional
        Whether smaller or larger is better; by default as the column's name says.
    restore_best : bool
        Leave the network with the parameters of the best epoch, and with their running mean at its end where there
        is one, however training ended; an error, Ctrl-C among them, leaves those of the last step.

    Attributes
    ----------
    best : float or None
        The best value of the newest training.
    best_epoch : int
        Its epoch, from 1; 0 before there is one.
    """

    def __init__(
        self,
        patience: int = 10,
        *,
        min_delta: float = 0.0,
        monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
        restore_best: bool = True,
    ) -> None:
        self.patience = as_whole(patience, "patience")
        check_at_least_0(min_delta=min_delta)
        self.restore_best, self._best = restore_best, Best(monitor, mode, min_delta)
        self.best_epoch = 0
        self._parameters: np.ndarray | None = None
        self._average: np.ndarray | None = None

    @property
    def best(self) -> float | None:
        """The best value of the newest training."""
        return self._best.value

    def on_train_begin(self, run: Run) -> None:
        """Forget the training before."""
        self._best.value, self.best_epoch, self._parameters, self._average = None, 0, None, None

    def on_epoch_end(self, run: Run) -> None:
        """Compare, and stop if it is enough."""
        if self._best.beaten_by(run.history.last()):
            self.best_epoch = run.epoch
            self._keep(run)
        elif run.epoch - self.best_epoch >= self.patience:
            since = f"epoch {self.best_epoch}" if self.best_epoch else "the beginning"
            run.stop(f"{self._best.column} has not become better since {since}")

    def _keep(self, run: Run) -> None:
        """Remember the parameters, and their mean."""
        if self.restore_best:
            self._parameters = run.net.parameters.copy()
            self._average = None if run.net.average is None else run.net.average.copy()

    def on_train_end(self, run: Run) -> None:
        """Bring back the best parameters."""
        if run.error is None and self._parameters is not None:
            run.outcome, run.outcome_average = self._parameters, self._average

    def state(self) -> dict[str, Any]:
        """As `Callback.state`."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "parameters": self._parameters,
            "average": self._average,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """As `Callback.restore`."""
        self._best.value, self.best_epoch = state["best"], state["best_epoch"]
        self._parameters, self._average = state["parameters"], state["average"]
