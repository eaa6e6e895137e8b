"""Training in iterations over all the samples: by an optimiser that chooses its steps itself."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .objective import Objective
from .run import Position
from .stepping import where

if TYPE_CHECKING:
    from ..optimizers import Point
    from .feeds import Feed
    from .least_squares import LeastSquares
    from .run import Run
    from .samples import Samples

__all__ = ["Iterating"]


class Iterating:
    """Takes the iterations of one training, each of which is an epoch of one batch.

    Parameters
    ----------
    run : Run
    samples : Samples or None
        None where only the feed knows them.
    feed : Feed
    threads : int

    Raises
    ------
    ValueError
        The optimiser is not made for such a network, or for what else was asked for.
    """

    def __init__(self, run: Run, samples: Samples | None, feed: Feed, threads: int) -> None:
        self._run, self._feed, self._position = run, feed, Position()
        self._begun, self._taken_up = -1, (0, 0.0, 0.0)
        self._optimizer: Any = run.optimizer
        self._objective = _objective(run, samples, feed, threads)
        self._remembered: Any = self._optimizer.init(run.net.parameters.copy())
        self._reason: str | None = None
        self._here: Point | None = None
        self.whole = True
        run.net.average = None
        run.position, run.batches = self._position, 1

    def solve(self) -> None:
        """Train until the run wants no more, or nothing is left to be gained."""
        run = self._run
        while run.going:
            self._begin()
            if not run.batch:
                self._iterate()
            if self._reason is not None:
                run.stop(self._reason)
            run.end_epoch(run.cost, run.rate, self._feed.seen)

    def state(self, epoch: int) -> dict[str, Any]:
        """Where it stands in `epoch`, which may not have begun, and what the optimiser remembers."""
        at, begun = self._position, self._begun == epoch
        return {
            "position": [at.batch, at.cost, at.weight] if begun else list(self._taken_up),
            "step": at.step,
            "remembered": self._remembered,
            "reason": self._reason,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._taken_up, self._position.step = tuple(state["position"]), state["step"]
        self._remembered, self._reason = state["remembered"], state["reason"]

    def _begin(self) -> None:
        """Begin an epoch, or take it up; at any moment of it `state` is right."""
        at = self._position
        at.batch, at.cost, at.weight = self._taken_up
        self._begun, self._taken_up = self._run.epoch, (0, 0.0, 0.0)
        self._run.begin_epoch()

    def _iterate(self) -> None:
        """One iteration; broken off, it leaves everything as it was."""
        run, here = self._run, self._point()
        run.calls("on_batch_begin", run)
        here, remembered, reason = self._optimizer.iterate(self._objective, here, self._remembered)
        self.whole = False
        run.net.parameters[...] = here.theta
        self._here, self._remembered, self._reason = here, remembered, reason
        at = self._position
        at.batch, at.cost, at.weight, at.step = 1, here.mean, 1.0, at.step + 1
        self.whole = True
        run.batch_cost = here.mean
        run.calls("on_batch_end", run)
        run.settle()
        run.look_up()

    def _point(self) -> Point:
        """Where the network's parameters are, which a callback may have changed."""
        run = self._run
        if self._here is None or (run.net.parameters != self._here.theta).any():
            self._here = self._objective(run.net.parameters)
        if math.isinf(self._here.cost):
            trouble = self._objective.trouble
            why = f" ({where(trouble)})" if trouble else ""
            raise FloatingPointError(
                f"the cost of epoch {run.epoch + 1}, or its gradient, is not finite{why}: scale the data"
            )
        return self._here


def _objective(run: Run, samples: Samples | None, feed: Feed, threads: int) -> Objective | LeastSquares:
    """What the optimiser of a run minimises."""
    _refuse_options(run)
    if not getattr(run.optimizer, "least_squares", False):
        return Objective(run.net, feed, threads, run.regularization)
    from .least_squares import LeastSquares, check_squares

    check_squares(run.net, run.optimizer)
    if samples is None or not samples.in_memory:
        raise ValueError(
            f"X: expected samples and targets in memory, for {_name(run)}; 'lbfgs' takes files and batches"
        )
    return LeastSquares(run.net, samples, threads, run.regularization)


def _refuse_options(run: Run) -> None:
    """ValueError for options of regularisation that are about steps, or have no gradient."""
    for field in dataclasses.fields(run.regularization):
        got = getattr(run.regularization, field.name)
        if field.name != "l2" and np.any(got != field.default):
            raise ValueError(
                f"{field.name}: expected none, for {_name(run)} minimises one smooth function and has no steps to "
                f"change; got {got!r}; it takes l2"
            )


def _name(run: Run) -> str:
    return type(run.optimizer).__name__
