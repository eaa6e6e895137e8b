"""One training: what it is of, where it stands, and what it has seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .history import History
from .schedules import Schedule, When

if TYPE_CHECKING:
    from .network import Network
    from .optimizers import SupportsUpdate
    from .samples import Samples

__all__ = ["Run"]


class Run:
    """A training under way.

    Attributes
    ----------
    net : Network
    optimizer : object
    schedule : Schedule
    lr : float
        η before the schedule changes it.
    history : History
    seed : int
        Of the order of the samples.
    first : int
        Epochs the network had been trained before this training: the number of its first.
    epoch, step, samples : int
        Epochs finished, steps taken and samples seen since it began.
    stopped : str or None
        Why it ended before its last epoch.
    """

    def __init__(
        self,
        net: Network,
        optimizer: SupportsUpdate,
        schedule: Schedule,
        lr: float,
        epochs: int,
        seed: int,
        held_out: Samples | None,
        report: Callable[[History], None],
    ) -> None:
        self.net, self.optimizer, self.schedule, self.lr, self.seed = net, optimizer, schedule, lr, seed
        self.history, self.first = History(epochs), net.epochs_trained
        self.epoch = self.step = self.samples = 0
        self.stopped: str | None = None
        self._held_out, self._report = held_out, report
        self._schedule_state = schedule.start(lr)
        self._constant, self._rates = type(schedule) is Schedule, np.empty(0)
        self._began = time.perf_counter()

    @property
    def going(self) -> bool:
        """Whether another epoch is wanted."""
        return self.stopped is None and self.epoch < self.history.total

    def stop(self, reason: str) -> None:
        """End the training after the batch at hand."""
        self.stopped = self.stopped or reason

    def rates(self, steps: int, steps_per_epoch: int | None) -> np.ndarray:
        """The learning rate of each of the next `steps` steps, all of this epoch."""
        if self._constant:
            if len(self._rates) != steps:
                self._rates = np.full(steps, self.lr)
            return self._rates
        total = None if steps_per_epoch is None else steps_per_epoch * self.history.total
        when = When(self.epoch, np.arange(self.step, self.step + steps), self.samples, self.history.total, total)
        return self.schedule.rates(self.lr, when, self._schedule_state)

    def end_epoch(self, cost: float, rate: float, samples: int) -> None:
        """Write an epoch's row into the history, and let the schedule see it."""
        row: dict[str, Any] = {"cost": cost, "seconds": time.perf_counter() - self._began}
        if not self._constant:
            row["lr"] = rate
        self.epoch, self.samples = self.epoch + 1, self.samples + samples
        self.net.epochs_trained = self.first + self.epoch
        self.history.add(row | (self._held_out.measure(self.net) if self._held_out else {}))
        if reason := self.schedule.observe(self._schedule_state, self.history.last()):
            self.stop(reason)
        self._report(self.history)
