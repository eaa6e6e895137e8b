"""cbp: whole epochs of `fit`."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem
from cbp.timing.training import Training

__all__ = ["CbpFit"]


class CbpFit(Peer):
    """One network, `fit` again and again."""

    optimizers = ("sgd", "momentum", "adam")
    threaded = Training.threaded

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._training = Training(problem)

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        self._training.train(epochs)

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        net = self._training.net
        return [(net.W[l].T.copy(), net.b[l].copy()) for l in range(2, net.L + 1)]

    def predictor(self, X: Array) -> Callable[[], object]:
        """As `Peer.predictor`."""
        net = self._training.net
        return lambda: net.predict(X)
