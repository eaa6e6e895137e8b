"""The step's matrix products alone, through NumPy's BLAS into buffers: what is left when all else is free."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem

__all__ = ["BlasProducts"]


class BlasProducts(Peer):
    """No activation, no cost, no update: nothing is learned."""

    note = "the products alone: no training"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        sizes, batch = problem.workload.sizes, problem.workload.batch
        self._W = [W for W, _ in problem.parameters]
        self._gradient = [np.empty_like(W) for W in self._W]
        self._a = [np.zeros((batch, N), problem.dtype) for N in sizes]
        self._delta = [np.zeros((batch, N), problem.dtype) for N in sizes]

    def _products(self) -> None:
        a, delta = self._a, self._delta
        for l, W in enumerate(self._W):
            np.matmul(a[l], W, out=a[l + 1])
        for l in range(len(self._W) - 1, -1, -1):
            np.matmul(a[l].T, delta[l + 1], out=self._gradient[l])
            if l > 0:
                np.matmul(delta[l + 1], self._W[l].T, out=delta[l])

    def train(self, epochs: int) -> None:
        """As many products as an epoch has."""
        for _ in range(epochs * self.problem.steps):
            self._products()

    def parameters(self) -> list[tuple[Array, Array]]:
        """The initial ones."""
        return self.problem.parameters
