"""An epoch of an estimator through the core: batches in scikit-learn's order, its L2 term, its loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.epoch import Epochs
from ..network import Network
from .optimizer import StepTaker

__all__ = ["Batches", "Samples", "dense"]


@dataclass(frozen=True)
class Samples:
    """What is learnt from.

    Attributes
    ----------
    X : (n, N_1) array, or sparse matrix
    targets : (n, N_L) array
    weights : (n,) array or None
    """

    X: Any
    targets: np.ndarray
    weights: np.ndarray | None

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: Any) -> Samples:
        """These rows."""
        return Samples(self.X[rows], self.targets[rows], None if self.weights is None else self.weights[rows])


def dense(X: Any) -> np.ndarray:
    """A C-contiguous array of it."""
    return np.ascontiguousarray(X.toarray() if hasattr(X, "toarray") else X)


class Batches:
    """Runs the epochs of one call of fit.

    Parameters
    ----------
    net : Network
    taker : StepTaker
    samples : Samples
        Sparse ones become dense batch by batch.
    batch_size : int
    alpha : float
        E of a batch of weight w has ½·alpha·Σ‖W‖²/w added, as in scikit-learn, over the W that learn.
    threads : int
    loss : callable
        The loss of samples: of their mean cost and the samples.
    """

    def __init__(
        self,
        net: Network,
        taker: StepTaker,
        samples: Samples,
        batch_size: int,
        alpha: float,
        threads: int,
        loss: Callable[[float, Samples], float],
    ) -> None:
        self._net, self._taker, self._samples, self._alpha = net, taker, samples, alpha
        self._batch_size, self._loss = batch_size, loss
        self._learning = [l for l in net.W if l not in net.frozen]
        self._blocks: list[tuple[np.ndarray, np.ndarray]] = []
        self._whole = samples.weights is None and not hasattr(samples.X, "toarray")
        no_slots = np.empty((0, net.n_parameters), net.dtype)
        self._epochs = Epochs(net._plan, net.parameters, np.zeros(2, net.dtype), batch_size, self._step,
                              np.empty(0), no_slots, threads)  # fmt: skip
        if self._whole:
            self._epochs.feed(samples.X, samples.targets, None, None)
        self._weights: Iterator[float] = iter(())

    def run(self, order: np.ndarray, rates: np.ndarray) -> float:
        """Run an epoch: one step with each of the rates. Return the loss of a sample, the L2 term with it.

        Raises
        ------
        cbp.core.epoch.NotFinite
            The cost of a batch is not finite; the parameters are those before it.
        """
        n, self._penalty = len(self._samples), 0.0
        starts = range(0, n, self._batch_size)
        rows = [min(self._batch_size, n - start) for start in starts]
        if self._whole:
            self._weights, self._rows = iter(rows), iter(rows)
            self._epochs.arrange(order)
            self._epochs.begin()
            self._epochs.run(rates)
            return self._loss(self._epochs.cost / n, self._samples) + self._penalty / n
        loss = 0.0
        for k, (start, size) in enumerate(zip(starts, rows, strict=True)):
            loss += size * self._one(self._samples.take(order[start : start + size]), rates[k : k + 1])
        return (loss + self._penalty) / n

    def _one(self, batch: Samples, rates: np.ndarray) -> float:
        """One step; the batch's loss."""
        weight = float(len(batch)) if batch.weights is None else float(batch.weights.sum())
        self._weights, self._rows = iter([weight]), iter([len(batch)])
        self._epochs.feed(dense(batch.X), batch.targets, None, batch.weights, True)
        self._epochs.begin()
        self._epochs.run(rates)
        return self._loss(self._epochs.cost / weight, batch) if weight else 0.0

    def _step(self, gradient: np.ndarray, rate: float) -> None:
        """The core's optimiser in Python: add the gradient of the L2 term, and take the optimiser's step."""
        theta, scale = self._net.parameters, self._alpha / next(self._weights)
        if not self._blocks:
            self._blocks = [(gradient[s], theta[s]) for s in map(self._block, self._learning)]
        if scale:
            self._penalty += 0.5 * scale * next(self._rows) * sum(float(W.dot(W)) for _, W in self._blocks)
            for of_W, W in self._blocks:
                of_W += scale * W  # noqa: PLW2901 - into the core's gradient
        before = [theta[s].copy() for s in map(self._layer, self._net.frozen)]
        self._taker(theta, gradient, rate)
        for l, kept in zip(self._net.frozen, before, strict=True):
            theta[self._layer(l)] = kept

    def _block(self, l: int) -> slice:
        """Where W^l lies in the parameters."""
        return slice(*self._net._plan.offsets(l))

    def _layer(self, l: int) -> slice:
        """Where W^l and b^l lie in the parameters."""
        start, b = self._net._plan.offsets(l)
        return slice(start, b + self._net.sizes[l - 1])
