"""One training: what it is of, where it stands, and what it has seen."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..callbacks.calls import Calls
from ..schedules import Schedule, When
from .history import History

if TYPE_CHECKING:
    from ..network import Network
    from ..optimizers import SupportsIterate, SupportsUpdate
    from .regularization import Regularization
    from .scoring import Scoring

__all__ = ["Position", "Run"]


class SupportsPosition(Protocol):
    """Where in an epoch a training stands; the core's `Epochs` is one."""

    @property
    def batch(self) -> int:
        """Batches finished."""

    @property
    def cost(self) -> float:
        """Σ w·C over them."""

    @property
    def weight(self) -> float:
        """Σ w over them."""

    @property
    def step(self) -> float:
        """Steps taken since training began."""


@dataclass
class Position:
    """Where a training stands that does not go through the core's `Epochs`."""

    batch: int = 0
    cost: float = 0.0
    weight: float = 0.0
    step: float = 0


class Solver(Protocol):
    """What trains."""

    def solve(self) -> None:
        """Train until the run wants no more."""

    @property
    def whole(self) -> bool:
        """Whether all it remembers is that of the end of a step."""

    def state(self, epoch: int) -> dict[str, Any]:
        """What it remembers, to go on within `epoch`."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""


class Run:
    """A training under way, as callbacks see it.

    Attributes
    ----------
    net : Network
    history : History
    optimizer : object
    schedule : Schedule
    lr : float
        η before the schedule changes it.
    regularization : Regularization
    rate : float
        η of the newest batch.
    seed : int
        Of the order of the samples.
    first : int
        Epochs the network had been trained before this training: the number of its first.
    epoch, samples : int
        Epochs finished, and samples seen in them, since training began.
    batches : int or None
        Of an epoch; None where nobody knows.
    batch_cost : float
        Mean cost of the newest batch, for the hooks of batches.
    stopped : str or None
        Why it ended, or is about to, before its last epoch.
    error : BaseException or None
        What ended it and will be raised.
    averaged : Network or None
        With ``ema=``, the network with the running mean as its parameters.
    outcome, outcome_average : (n_parameters,) array or None
        What the network's parameters and its `average` will be when `fit` returns, where a callback wants others than
        the last.
    position : SupportsPosition
        Where in the epoch it stands.
    solver : Solver
        What trains.
    settings : dict
        What must be the same where a run is resumed, as JSON can hold it.
    described : dict or None
        What a model file says of the network, once a checkpoint was written.
    """

    def __init__(
        self,
        net: Network,
        optimizer: SupportsUpdate | SupportsIterate,
        schedule: Schedule,
        lr: float,
        epochs: int,
        seed: int,
        scoring: Scoring,
        regularization: Regularization,
        calls: Calls,
        settings: Mapping[str, Any],
    ) -> None:
        self.net, self.optimizer, self.schedule, self.lr, self.seed = net, optimizer, schedule, lr, seed
        self.regularization = regularization
        self.history, self.first = History(epochs), net.epochs_trained
        self.epoch = self.samples = 0
        self.batches: int | None = None
        self.rate, self.batch_cost = lr, float("nan")
        self.stopped: str | None = None
        self.error: BaseException | None = None
        self.averaged: Network | None = None
        self.outcome: np.ndarray | None = None
        self.outcome_average: np.ndarray | None = None
        self.position: SupportsPosition = Position()
        self.solver: Solver
        self.described: dict[str, Any] | None = None
        self.calls, self.settings, self._scoring = calls, settings, scoring
        self._for_good = False
        self._callback_states: list[list[Any]] = []
        self._settled: tuple[int, int, bool, dict[str, Any], list[list[Any]]] | None = None
        self._schedule_state = schedule.start(lr)
        self._constant, self._rates = type(schedule) is Schedule, np.empty(0)
        self._began = time.perf_counter()

    # -- where it stands -------------------------------------------------------------------------------

    @property
    def going(self) -> bool:
        """Whether another batch is wanted."""
        return self.stopped is None and self.epoch < self.history.total

    @property
    def measured(self) -> Network:
        """What validation and metrics are of: the network, or with ``ema=`` the one with the running mean."""
        return self.net if self.averaged is None or self.net.average is None else self.averaged

    @property
    def ending(self) -> bool:
        """Whether nothing more will happen but that callbacks hear of the end."""
        return self.error is not None or not self.going

    @property
    def batch(self) -> int:
        """Batches of this epoch that are finished."""
        return self.position.batch

    @property
    def step(self) -> int:
        """Steps taken since training began."""
        return int(self.position.step)

    @property
    def cost(self) -> float:
        """Mean cost over them, each measured before its step."""
        return self.position.cost / self.position.weight if self.position.weight else 0.0

    @property
    def seconds(self) -> float:
        """Since training began."""
        return time.perf_counter() - self._began

    # -- what callbacks may wish -----------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the training after the batch at hand, for good: resumed, it ends at once."""
        if not self._for_good:
            self.stopped, self._for_good = reason, True

    def pause(self, reason: str) -> None:
        """End the training after the batch at hand; resumed, it goes on."""
        self.stopped = self.stopped or reason

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint: a model file that `fit` can resume from, too."""
        from .checkpoints import write

        write(path, self)

    # -- its course ------------------------------------------------------------------------------------

    def drive(self) -> None:
        """Let the solver train, and the callbacks know that it begins and, whatever happens, that it has ended."""
        with self.calls.training(self):
            try:
                self.calls.restore(self._callback_states)
                self.settle()
                self.calls("at_rest", self)
                self.solver.solve()
                self.calls("at_rest", self)
            except BaseException as error:
                self.error = error
                if not isinstance(error, Exception) and self._settled and self.solver.whole:
                    self.calls("at_rest", self)
                if not self.calls("on_error", self, error):
                    raise
                self.pause(str(error))
                self.error = None
            finally:
                self._let_go()
        self.history.stopped = self.stopped
        if self.outcome is not None:
            self.net.parameters[...] = self.outcome
        if self.outcome_average is not None:
            self.net.average = self.outcome_average

    def _let_go(self) -> None:
        """Keep the position, not the solver: what memory that has is free now, not when cycles are next looked for."""
        at = self.position
        self.position = Position(at.batch, at.cost, at.weight, at.step)
        del self.solver

    def rates(self, start: int, count: int) -> np.ndarray:
        """The learning rates of `count` batches of this epoch, from batch `start` on, counted from 0."""
        if self._constant:
            if len(self._rates) != count:
                self._rates = np.full(count, self.lr)
            return self._rates
        total = None if self.batches is None else self.batches * self.history.total
        first = self.step - self.batch + start
        when = When(self.epoch, np.arange(first, first + count), self.samples, self.history.total, total)
        return self.schedule.rates(self.lr, when, self._schedule_state)

    def begin_epoch(self) -> None:
        """Tell the callbacks of it."""
        self.calls("on_epoch_begin", self)

    def look_up(self) -> None:
        """Between two steps: let callbacks be heard that wish it."""
        if self.calls.have("watch") and self.watch():
            self.calls("at_rest", self)

    def watch(self) -> bool:
        """Whether a callback wishes to be heard soon."""
        return self.calls("watch", self)

    def end_epoch(self, cost: float, rate: float, samples: int) -> None:
        """Write an epoch's row into the history, and let the schedule and the callbacks see it."""
        row: dict[str, Any] = {"cost": cost, "seconds": self.seconds}
        if not self._constant:
            row["lr"] = rate
        row |= self._scoring.row(self.measured)
        self.epoch, self.samples = self.epoch + 1, self.samples + samples
        self.net.epochs_trained = self.first + self.epoch
        self.history.add(row)
        if reason := self.schedule.observe(self._schedule_state, self.history.last()):
            self.stop(reason)
        self.calls("on_epoch_end", self)
        self.settle()
        self.calls("at_rest", self)

    # -- what a checkpoint keeps -----------------------------------------------------------------------

    def settle(self) -> None:
        """Remember where all stands but the solver, whose state is whole at any time.

        So `state` is right wherever in the bookkeeping of an epoch's end an interruption comes.
        """
        if self.calls.have("at_rest"):
            schedule, callbacks = deepcopy(self._schedule_state), self.calls.states()
            self._settled = self.epoch, self.samples, self._for_good, schedule, callbacks

    def state(self) -> dict[str, Any]:
        """All that a run which is resumed must know."""
        assert self._settled is not None
        epoch, samples, for_good, schedule, callbacks = self._settled
        if self.error is None:
            for_good = self._for_good
        return {
            "first": self.first,
            "epoch": epoch,
            "samples": samples,
            "seconds": self.seconds,
            "stopped": self.stopped if for_good else None,
            "history": {name: column[:epoch] for name, column in self.history.items()},
            "schedule": schedule,
            "callbacks": callbacks,
            "solver": self.solver.state(epoch),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned, when it is under way."""
        self.first, self.epoch, self.samples = state["first"], state["epoch"], state["samples"]
        self._began -= state["seconds"]
        self.stopped, self._for_good = state["stopped"], state["stopped"] is not None
        for row in zip(*state["history"].values(), strict=True):
            self.history.add(dict(zip(state["history"], row, strict=True)))
        self._schedule_state, self._callback_states = state["schedule"], state["callbacks"]
        self.solver.restore(state["solver"])
