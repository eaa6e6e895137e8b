"""Training in steps: epoch after epoch through the core, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .core.epoch import Epochs, NotFinite
from .optimizers import SGD, Compiled, SupportsUpdate
from .optimizers.in_python import InPython

if TYPE_CHECKING:
    from .network import Network
    from .run import Run
    from .samples import Samples

__all__ = ["Stepping"]

ADVICE = "the network keeps its last finite parameters: try a smaller learning rate, or scale the data"


class Stepping:
    """Takes the steps of one training.

    Parameters
    ----------
    run : Run
    samples : Samples
    batch_size : int
    shuffle : bool
        Whether each epoch takes the samples in an order of its own.
    threads : int
    """

    def __init__(self, run: Run, samples: Samples, batch_size: int, shuffle: bool, threads: int) -> None:
        self._run, self._samples, self._shuffle = run, samples, shuffle
        net, self._batch_size = run.net, min(batch_size, len(samples))
        rule, hyper, slots = _update(net, run.optimizer)
        self._epochs = Epochs(
            net._plan,
            net.parameters,
            np.array(net.cost_function.spec.labels, dtype=net.dtype),
            self._batch_size,
            rule,
            np.array(hyper, dtype=np.float64),
            slots,
            threads,
        )
        self._epochs.feed(samples.X, samples.y, samples.labels, samples.weights)

    def solve(self) -> None:
        """Train until the run wants no more."""
        run, before = self._run, self._run.net.parameters.copy()
        batches = -(-len(self._samples) // self._batch_size)
        while run.going:
            before[...] = run.net.parameters
            rates = run.rates(batches, batches)
            self._epoch(rates, before)
            run.step += batches
            weight = self._epochs.weight
            run.end_epoch(self._epochs.cost / weight if weight else 0.0, rates[-1], len(self._samples))

    def _epoch(self, rates: np.ndarray, before: np.ndarray) -> None:
        """One epoch; with the parameters `before` it where a step made them infinite or NaN."""
        run, epochs = self._run, self._epochs
        epochs.begin()
        if self._shuffle:
            epochs.shuffle(run.seed, run.first + run.epoch)
        try:
            epochs.run(rates)
        except NotFinite as stop:
            _restore(run.net, before)
            raise FloatingPointError(_explain(stop, run.epoch + 1)) from None
        if layer := _restore(run.net, before):
            raise FloatingPointError(
                f"a step of epoch {run.epoch + 1} made parameters of layer {layer} infinite or NaN; {ADVICE}"
            )


def _update(net: Network, optimizer: SupportsUpdate) -> tuple[Any, tuple[float, ...], np.ndarray]:
    """The optimiser as the core takes it: its update, constants and scalars, vectors."""
    if not isinstance(optimizer, Compiled):
        return InPython(optimizer, net), (), np.empty((0, net.n_parameters), net.dtype)
    rule, state = optimizer.rule, optimizer.init(net.parameters)
    return None if rule == SGD().rule else rule.name, rule.constants + rule.scalars, state.slots


def _restore(net: Network, before: np.ndarray) -> int | None:
    """Go back to the parameters `before` unless every one is finite; the first layer where one is not."""
    if np.isfinite(net.parameters).all():
        return None
    layer = next(l for l in net.W if not (np.isfinite(net.W[l]).all() and np.isfinite(net.b[l]).all()))
    net.parameters[...] = before
    return layer


def _explain(stop: NotFinite, epoch: int) -> str:
    where = f"layer {stop.layer} is the first that is not" if stop.layer else "every layer's output is finite"
    return f"the cost of epoch {epoch}, batch {stop.batch} is not finite ({where}); {ADVICE}"
