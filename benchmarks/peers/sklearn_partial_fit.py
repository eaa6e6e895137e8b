"""scikit-learn: `partial_fit` on all samples is one epoch of its own batch loop.

Its backward pass knows softmax with log loss and identity with squared error only. Where a workload has a
quadratic cost behind another σ, the nearest it has is identity: less work than the others do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.peers.peer import Peer, Unsupported
from cbp.timing.problems import Array, Problem

__all__ = ["SklearnPartialFit"]

ACTIVATIONS = {"identity": "identity", "logistic": "logistic", "tanh": "tanh", "relu": "relu"}
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "adam": {"solver": "adam"},
}


class SklearnPartialFit(Peer):
    """An `MLPClassifier` or `MLPRegressor` without regularisation."""

    optimizers = tuple(OPTIMIZERS)

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        w = problem.workload
        if w.activation not in ACTIVATIONS or w.cost not in ("quadratic", "cross_entropy"):
            raise Unsupported(f"{w.activation} or {w.cost}")
        if w.cost == "cross_entropy" and w.sizes[-1] < 3:
            raise Unsupported("softmax with two outputs")
        if w.cost == "quadratic" and w.activation != "identity":
            self.note = f"identity on the output, not {w.activation}"
        if problem.optimizer == "adam":
            self.note = "epsilon is added before the bias correction"
        kind = MLPClassifier if problem.labels else MLPRegressor
        self._model = kind(
            hidden_layer_sizes=w.sizes[1:-1],
            activation=ACTIVATIONS[w.activation],
            alpha=0.0,
            batch_size=w.batch,
            learning_rate_init=problem.rate,
            random_state=0,
            n_iter_no_change=10**9,
            **OPTIMIZERS[problem.optimizer],
        )
        self._more = {"classes": np.arange(w.sizes[-1])} if problem.labels else {}
        self._y = problem.targets if problem.labels or w.sizes[-1] > 1 else problem.targets.ravel()
        self._begin_as_the_others()

    def _begin_as_the_others(self) -> None:
        """Parameters exist only after a first fit: set them then, and drop the optimiser's memory."""
        batch = self.problem.workload.batch
        self._fit(self.problem.X[:batch], self._y[:batch])
        for l, (W, b) in enumerate(self.problem.parameters):
            self._model.coefs_[l][...], self._model.intercepts_[l][...] = W, b
        del self._model._optimizer

    def _fit(self, X: Array, y: Array) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model.partial_fit(X, y, **self._more)

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        for _ in range(epochs):
            self._fit(self.problem.X, self._y)

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        return [(W.copy(), b.copy()) for W, b in zip(self._model.coefs_, self._model.intercepts_, strict=True)]

    def predictor(self, X: Array) -> Callable[[], object]:
        """As `Peer.predictor`; a single sample is a matrix of one row here."""
        rows = np.atleast_2d(X)
        predict = self._model.predict_proba if self.problem.labels else self._model.predict
        return lambda: predict(rows)
