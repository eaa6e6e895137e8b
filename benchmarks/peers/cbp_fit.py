"""cbp: whole epochs of `fit`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import cbp
from benchmarks.peers.peer import Peer
from benchmarks.problems import Array, Problem

__all__ = ["CbpFit"]


def _optimizer(name: str, rate: float) -> cbp.SGD | cbp.Adam:
    return cbp.Adam(rate) if name == "adam" else cbp.SGD(rate, momentum=0.9 if name == "momentum" else 0.0)


class CbpFit(Peer):
    """One network, `fit` again and again."""

    optimizers = ("sgd", "momentum", "adam")
    threaded = "threads" in inspect.signature(cbp.Network.fit).parameters

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        w = problem.workload
        self._net = cbp.Network(w.sizes, w.activation, cost=w.cost, dtype=problem.dtype)
        self._optimizer = _optimizer(problem.optimizer, problem.rate)
        self._threads: dict[str, Any] = {"threads": problem.threads} if self.threaded else {}
        for l, (W, b) in enumerate(problem.parameters, start=2):
            self._net.W[l][...], self._net.b[l][...] = W.T, b

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        self._net.fit(
            self.problem.X, self.problem.targets, epochs=epochs, batch_size=self.problem.workload.batch,
            optimizer=self._optimizer, **self._threads,
        )  # fmt: skip

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        return [(self._net.W[l].T.copy(), self._net.b[l].copy()) for l in range(2, self._net.L + 1)]

    def predictor(self, X: Array) -> Callable[[], object]:
        """As `Peer.predictor`."""
        return lambda: self._net.predict(X)
