"""An epoch of an estimator through the core: batches in scikit-learn's order, its penalties, its loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.epoch import Epochs
from ..network import Network
from ..training.regularization import Regularization
from .optimizer import StepTaker
from .penalty import Penalty

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
    penalty : Penalty
        Of a batch of weight w, E has its w-th part added.
    regularization : Regularization
        What else is done in a step.
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
        penalty: Penalty,
        regularization: Regularization,
        threads: int,
        loss: Callable[[float, Samples], float],
    ) -> None:
        self._net, self._taker, self._samples, self._penalty = net, taker, samples, penalty
        self._batch_size, self._loss = batch_size, loss
        self._whole = samples.weights is None and not hasattr(samples.X, "toarray")
        rule, hyper, state = taker.compiled or (self._step, np.empty(0), np.empty((0, net.n_parameters), net.dtype))
        self._epochs = Epochs(net._plan, net.parameters, np.zeros(2, net.dtype), batch_size, rule, hyper, state,
                              threads, None, regularization)  # fmt: skip
        self._epochs.step = taker.steps
        if self._whole:
            self._epochs.feed(samples.X, samples.targets, None, None)

    @property
    def average(self) -> np.ndarray | None:
        """The running mean of the parameters after each step, where `regularization` asks for one."""
        return self._epochs.average

    def run(self, order: np.ndarray, rates: np.ndarray, seed: int, number: int) -> float:
        """Run an epoch: one step with each of the rates. Return the loss of a sample, the penalties with it.

        Dropout and noise are drawn from (seed, number).

        Raises
        ------
        cbp.core.epoch.NotFinite
            The cost of a batch is not finite; the parameters are those before it.
        """
        n = len(self._samples)
        self._epochs.begin(seed, number)
        try:
            if self._whole:
                loss = n * self._at_once(order, rates)
            else:
                loss = sum(self._one(*each) for each in zip(self._batches_of(order), rates[:, None], strict=True))
        finally:
            self._taker.steps = int(self._epochs.step)
        return (loss + self._epochs.penalty) / n

    def _at_once(self, order: np.ndarray, rates: np.ndarray) -> float:
        """Every step; the loss of a sample. The batches are alike, but for what is left over."""
        n, left_over = len(self._samples), len(self._samples) % self._batch_size
        self._epochs.arrange(order)
        whole = n // self._batch_size
        for size, part in ((self._batch_size, rates[:whole]), (left_over, rates[whole:])):
            if len(part):
                self._epochs.penalize(self._penalty.l1 / size, self._penalty.alpha / size)
                self._epochs.run(part)
        return self._loss(self._epochs.cost / n, self._samples)

    def _batches_of(self, order: np.ndarray) -> Iterator[Samples]:
        for start in range(0, len(order), self._batch_size):
            yield self._samples.take(order[start : start + self._batch_size])

    def _one(self, batch: Samples, rates: np.ndarray) -> float:
        """One step, if the batch has a weight; the sum of its losses."""
        weight = float(len(batch)) if batch.weights is None else float(batch.weights.sum())
        before = self._epochs.cost
        if weight:
            self._epochs.penalize(self._penalty.l1 / weight, self._penalty.alpha / weight)
        self._epochs.feed(dense(batch.X), batch.targets, None, batch.weights, True)
        self._epochs.run(rates)
        return len(batch) * self._loss((self._epochs.cost - before) / weight, batch) if weight else 0.0

    def _step(self, gradient: np.ndarray, rate: float) -> None:
        """Take the step of an optimiser in Python, which knows nothing of frozen layers."""
        theta = self._net.parameters
        before = [theta[s].copy() for s in map(self._layer, self._net.frozen)]
        self._taker(theta, gradient, rate)
        for l, kept in zip(self._net.frozen, before, strict=True):
            theta[self._layer(l)] = kept

    def _layer(self, l: int) -> slice:
        """Where W^l and b^l lie in the parameters."""
        start, b = self._net._plan.offsets(l)
        return slice(start, b + self._net.sizes[l - 1])
