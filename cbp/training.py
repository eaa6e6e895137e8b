"""The training loop: checks what it is given, then runs epoch after epoch in the core."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from . import inputs
from .core.epoch import Epochs, NotFinite
from .core.threads import available
from .history import History
from .made import optimizer as make_optimizer
from .makers import Optimizer
from .optimizers import SGD, Compiled, SupportsUpdate
from .optimizers.in_python import InPython, rate_of

if TYPE_CHECKING:
    from .network import Network

__all__ = ["train"]


def train(
    net: Network,
    X: ArrayLike,
    targets: ArrayLike,
    *,
    epochs: int,
    batch_size: int,
    optimizer: str | Optimizer | SupportsUpdate,
    validation: float | tuple[ArrayLike, ArrayLike] | None,
    shuffle: bool,
    seed: int | None,
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    threads: int | None,
    progress: bool | Callable[[History], None],
) -> History:
    """Train `net`; see `Network.fit`."""
    epochs = inputs.as_whole(epochs, "epochs")
    batch_size = inputs.as_whole(batch_size, "batch_size")
    seed = net.seed if seed is None else inputs.as_whole(seed, "seed", 0, inputs.LARGEST_SEED)
    samples = _Samples.checked(net, X, targets, sample_weight, class_weight)
    held_out = None
    if isinstance(validation, Real):
        samples, held_out = samples.split(float(validation), seed)
    elif validation is not None:
        held_out = _Samples.checked(net, *_pair(validation), None, None)
    history = History(epochs)
    rule = make_optimizer(optimizer)
    threads = available() if threads is None else inputs.as_whole(threads, "threads")
    rate, runner = rate_of(rule), _epochs(net, samples, rule, batch_size, shuffle, threads)
    with _reporter(progress, history) as report:
        _loop(net, runner, rate, history, held_out, seed, report)
    return history


def _loop(
    net: Network,
    runner: Epochs,
    rate: float,
    history: History,
    held_out: _Samples | None,
    seed: int,
    report: Callable[[History], None],
) -> None:
    began = time.perf_counter()
    before = net.parameters.copy()
    for _ in range(history.total):
        before[...] = net.parameters
        try:
            cost = runner.run(seed, net.epochs_trained, rate)
        except NotFinite as stop:
            _restore(net, before)
            raise FloatingPointError(_explain(stop, history.epochs + 1)) from None
        if layer := _restore(net, before):
            raise FloatingPointError(
                f"a step of epoch {history.epochs + 1} made parameters of layer {layer} infinite or NaN; {ADVICE}"
            )
        net.epochs_trained += 1
        row = {"cost": cost, "seconds": time.perf_counter() - began}
        history.add(row | (held_out.measure(net) if held_out else {}))
        report(history)


ADVICE = "the network keeps its last finite parameters: try a smaller learning rate, or scale the data"


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


class _Samples:
    """Checked data: X, targets as a matrix or as labels, weights."""

    def __init__(
        self, X: np.ndarray, y: np.ndarray | None, labels: np.ndarray | None, weights: np.ndarray | None
    ) -> None:
        self.X, self.y, self.labels, self.weights = X, y, labels, weights

    @classmethod
    def checked(
        cls,
        net: Network,
        X: ArrayLike,
        targets: ArrayLike,
        sample_weight: ArrayLike | None,
        class_weight: Mapping[int, float] | str | None,
    ) -> _Samples:
        X, one = inputs.as_samples(X, net.sizes[0], net.dtype)
        y, labels = inputs.as_targets(targets, len(X), net.sizes[-1], net.dtype, net.cost_function.spec, one)
        weights = inputs.as_weights(sample_weight, len(X), net.dtype)
        if class_weight is not None:
            each = inputs.as_class_weights(class_weight, labels, net.sizes[-1], net.dtype)
            weights = each if weights is None else weights * each
        return cls(X, y, labels, weights).weighted("the samples")

    def split(self, fraction: float, seed: int) -> tuple[_Samples, _Samples]:
        """(the rest, a held-out `fraction`), drawn by `seed`."""
        held = round(fraction * len(self.X)) if 0 < fraction < 1 else 0
        if not 0 < held < len(self.X):
            raise ValueError(
                f"validation: expected a fraction that leaves samples on both sides, got {fraction!r} of "
                f"{len(self.X)} samples"
            )
        order = np.random.default_rng(seed).permutation(len(self.X))
        rest, held_out = self.take(np.sort(order[held:])), self.take(np.sort(order[:held]))
        return rest.weighted("the samples to learn from"), held_out.weighted("the held-out samples")

    def take(self, rows: np.ndarray) -> _Samples:
        y, labels, weights = (None if x is None else x[rows] for x in (self.y, self.labels, self.weights))
        return _Samples(self.X[rows], y, labels, weights)

    def weighted(self, which: str) -> _Samples:
        """Itself; ValueError if no sample has any weight."""
        if self.weights is not None and not self.weights.any():
            raise ValueError(f"sample_weight, class_weight: expected a weight above 0 among {which}, all are 0")
        return self

    def measure(self, net: Network) -> dict[str, float]:
        """Mean cost, and for labels accuracy, on these samples."""
        y = inputs.dense(self.y, self.labels, net.sizes[-1], net.dtype, net.cost_function.spec)
        costs = net._costs(self.X, y).astype(np.float64)
        row = {"validation_cost": float(np.average(costs, weights=self.weights))}
        if self.labels is not None:
            hits = net._outputs(self.X).argmax(axis=1) == self.labels
            row["validation_accuracy"] = float(hits.mean())
        return row


def _epochs(
    net: Network, samples: _Samples, optimizer: SupportsUpdate, batch_size: int, shuffle: bool, threads: int
) -> Epochs:
    rule, hyper, slots = _update(net, optimizer)
    return Epochs(
        net._plan,
        net.parameters,
        samples.X,
        samples.y,
        samples.labels,
        np.array(net.cost_function.spec.labels, dtype=net.dtype),
        samples.weights,
        min(batch_size, len(samples.X)),
        rule,
        np.array(hyper, dtype=np.float64),
        slots,
        0.0,
        shuffle,
        threads,
    )


def _update(net: Network, optimizer: SupportsUpdate) -> tuple[Any, tuple[float, ...], np.ndarray]:
    """The optimiser as the core takes it: its update, constants and scalars, vectors."""
    if not isinstance(optimizer, Compiled):
        return InPython(optimizer, net), (), np.empty((0, net.n_parameters), net.dtype)
    rule, state = optimizer.rule, optimizer.init(net.parameters)
    return None if rule == SGD().rule else rule.name, rule.constants + rule.scalars, state.slots


def _pair(validation: Any) -> tuple[ArrayLike, ArrayLike]:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        got = " ".join(f"{validation!r:.80}".split())
        raise TypeError(f"validation: expected a fraction such as 0.2, or (X, targets); got {got}")
    return validation[0], validation[1]


def _reporter(progress: bool | Callable[[History], None], history: History) -> Any:
    if callable(progress):
        return nullcontext(progress)
    if not progress:
        return nullcontext(lambda _: None)
    from .progress import bar

    return bar(history.total)
