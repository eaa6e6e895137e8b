"""Training in steps: epoch after epoch through the core, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.epoch import Epochs, NotFinite, Unfit
from ..optimizers import SGD, Compiled
from ..optimizers.in_python import InPython

if TYPE_CHECKING:
    from ..network import Network
    from .feeds import Feed
    from .run import Run

__all__ = ["Stepping", "where"]

KEPT = "the network keeps its last finite parameters"
ADVICE = f"{KEPT}: try a smaller learning rate, scale the data, or clip the gradient"


class Stepping:
    """Takes the steps of one training.

    Parameters
    ----------
    run : Run
    feed : Feed
    threads : int
    """

    def __init__(self, run: Run, feed: Feed, threads: int) -> None:
        self._run, self._feed = run, feed
        self._batchwise = run.calls.have("on_batch_begin", "on_batch_end")
        net, (rule, hyper, slots) = run.net, _update(run.net, run.optimizer)
        self._in_python = rule if isinstance(rule, InPython) else None
        self._begun, self._taken_up = -1, (0, 0.0, 0.0)
        self._epochs = Epochs(
            net._plan,
            net.parameters,
            np.array(net.cost_function.spec.labels, dtype=net.dtype),
            feed.batch_size,
            rule,
            np.array(hyper, dtype=np.float64),
            slots,
            threads,
            run.watch if run.calls.have("watch") else None,
            run.regularization,
        )
        net.average = self._epochs.average
        run.averaged = None if net.average is None else net._with(net.average)
        run.position, run.batches = self._epochs, feed.batches

    def solve(self) -> None:
        """Train until the run wants no more."""
        run, before = self._run, self._run.net.parameters.copy()
        while run.going:
            before[...] = run.net.parameters
            self._begin()
            if self._epoch(before):
                run.end_epoch(run.cost, run.rate, self._feed.seen)

    @property
    def whole(self) -> bool:
        """Whether all it remembers is that of the end of a step."""
        return self._in_python is None or self._in_python.whole

    def state(self, epoch: int) -> dict[str, Any]:
        """Where it stands in `epoch`, which may not have begun, and what the optimiser remembers."""
        core, begun = self._epochs, self._begun == epoch
        return {
            "position": [core.batch, core.cost, core.weight] if begun else list(self._taken_up),
            "step": core.step,
            "scalars": core.hyper,
            "slots": core.state,
            "average": core.average,
            "in_python": self._in_python and self._in_python.state,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        core, self._taken_up = self._epochs, tuple(state["position"])
        core.step, core.hyper[...], core.state[...] = state["step"], state["scalars"], state["slots"]
        if core.average is not None:
            core.average[...] = state["average"]
        if self._in_python:
            self._in_python.state = state["in_python"]

    def _begin(self) -> None:
        """Begin an epoch, or take it up; at any moment of it `state` is right."""
        self._epochs.begin(self._run.seed, self._run.first + self._run.epoch)
        self._epochs.take_up(*self._taken_up)
        self._begun, self._taken_up = self._run.epoch, (0, 0.0, 0.0)
        self._run.begin_epoch()

    def _epoch(self, before: np.ndarray) -> bool:
        """One epoch, and whether all of it; with the parameters `before` it where a step makes them not finite."""
        run, rates = self._run, self._rates()
        if run.batch:  # taken up: its newest rate is that of the batch before
            run.rate = float(run.rates(run.batch - 1, 1)[0] if rates is None else rates[run.batch - 1])
        try:
            for count in self._feed.parts(self._epochs, run.first + run.epoch, run.batch):
                if not self._advance(count, rates):
                    return False
        except Unfit:
            run.net.parameters[...] = before
            raise
        except NotFinite as stop:
            _restore(run.net, before)
            raise FloatingPointError(_explain(stop, run.epoch + 1)) from None
        if not run.batch:
            run.pause("the batches came to an end")
            return False
        if layer := _restore(run.net, before):
            raise FloatingPointError(
                f"a step of epoch {run.epoch + 1} made parameters of layer {layer} infinite or NaN; {ADVICE}"
            )
        return True

    def _rates(self) -> np.ndarray | None:
        """The learning rate of every batch of the epoch, where it is known how many there are."""
        return None if self._run.batches is None else self._run.rates(0, self._run.batches)

    def _advance(self, count: int, rates: np.ndarray | None) -> bool:
        """Take the next `count` batches, as many at once as nobody wants to look between; whether all of them."""
        run = self._run
        end = run.batch + count
        while run.batch < end and run.going:
            start = run.batch
            stop = start + 1 if self._batchwise else end
            self._take(run.rates(start, stop - start) if rates is None else rates[start:stop])
            run.look_up()
        return run.batch == end

    def _take(self, rates: np.ndarray) -> None:
        """A batch for each of the rates, or fewer where somebody wants to be heard."""
        run, start, cost, weight = self._run, self._run.batch, self._epochs.cost, self._epochs.weight
        run.calls("on_batch_begin", run)
        self._epochs.run(rates)
        run.rate = float(rates[run.batch - start - 1])
        weight = self._epochs.weight - weight
        run.batch_cost = (self._epochs.cost - cost) / weight if weight else 0.0
        run.calls("on_batch_end", run)
        if self._batchwise:
            run.settle()


def _update(net: Network, optimizer: Any) -> tuple[Any, tuple[float, ...], np.ndarray]:
    """The optimiser as the core takes it: its update, constants and scalars, vectors."""
    if not isinstance(optimizer, Compiled):
        return InPython(optimizer, net), (), np.empty((0, net.n_parameters), net.dtype)
    rule, state = optimizer.rule, optimizer.init(net.parameters)
    return None if rule == SGD().rule else rule.name, rule.constants + rule.scalars, state.slots


def _restore(net: Network, before: np.ndarray) -> int | None:
    """Go back to the parameters `before` unless every one is finite; the first layer where one is not.

    A mean that is not finite is of no use, whatever the parameters are.
    """
    if net.average is not None and not np.isfinite(net.average).all():
        net.average = None
    if (layer := _first_not_finite(net)) is None:
        return None
    net.parameters[...] = before
    if began := _first_not_finite(net):
        raise ValueError(
            f"parameters: layer {began} has infinite or NaN ones to begin with; set W[{began}], b[{began}]"
        )
    return layer


def _first_not_finite(net: Network) -> int | None:
    """The first layer with a parameter that is infinite or NaN."""
    if np.isfinite(net.parameters).all():
        return None
    return next(l for l in net.W if not (np.isfinite(net.W[l]).all() and np.isfinite(net.b[l]).all()))


def where(stop: NotFinite) -> str:
    """Which layer's output is not finite, in words."""
    return f"layer {stop.layer} is the first that is not" if stop.layer else "every layer's output is finite"


def _explain(stop: NotFinite, epoch: int) -> str:
    return f"the cost of epoch {epoch}, batch {stop.batch} is not finite ({where(stop)}); {ADVICE}"
