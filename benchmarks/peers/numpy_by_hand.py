"""NumPy, by hand: a vectorised step without temporaries, every result into a buffer made beforehand.

The learning rate is multiplied into the small δ^L at the start: everything after it is linear in δ, so the
gradients come out ready to be subtracted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.peers.numpy_formulas import ACTIVATIONS, COSTS, EXPRESSIONS, softmax, softmax_expression
from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem

__all__ = ["NumpyByHand"]


class NumpyByHand(Peer):
    """Lists are indexed by l - 1: `a[0]` is the batch, `W[0]` belongs to layer 2."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        w = problem.workload
        self._sigma, self._times_derivative = self.choose(w.activation, ACTIVATIONS)
        self.choose(w.cost, COSTS)
        self._rng = np.random.default_rng(0)
        self._W = [W.copy() for W, _ in problem.parameters]
        self._b = [b.copy() for _, b in problem.parameters]
        self._gradient = [np.empty_like(W) for W in self._W]
        self._a, self._delta, self._spare = ([np.empty((w.batch, N), problem.dtype) for N in w.sizes] for _ in range(3))
        self._rows = np.arange(w.batch)

    def _step(self, rows: Array) -> float:
        a, delta, rate = self._a, self._delta, self.problem.rate / self.problem.workload.batch
        np.take(self.problem.X, rows, axis=0, out=a[0], mode="clip")
        self._forward(a)
        cost = self._output_delta(self.problem.targets[rows])
        delta[-1] *= rate
        for l in range(len(self._W) - 1, -1, -1):
            np.matmul(a[l].T, delta[l + 1], out=self._gradient[l])
            if l > 0:
                np.matmul(delta[l + 1], self._W[l].T, out=delta[l])
                self._times_derivative(delta[l], a[l], self._spare[l])
            self._W[l] -= self._gradient[l]
            self._b[l] -= delta[l + 1].sum(axis=0)
        return cost

    def _forward(self, a: list[Array]) -> None:
        for l, (W, b) in enumerate(zip(self._W, self._b, strict=True)):
            np.matmul(a[l], W, out=a[l + 1])
            a[l + 1] += b
            sigma = softmax if self.problem.labels and l == len(self._W) - 1 else self._sigma
            sigma(a[l + 1], out=a[l + 1])

    def _output_delta(self, y: Array) -> float:
        """δ^L into its buffer, unscaled; returns the batch's cost."""
        a, delta = self._a[-1], self._delta[-1]
        if self.problem.labels:
            np.copyto(delta, a)
            delta[self._rows, y] -= 1
            return -float(np.log(a[self._rows, y]).mean())
        np.subtract(a, y, out=delta)
        cost = 0.5 * float(np.vdot(delta, delta)) / len(y)
        self._times_derivative(delta, a, self._spare[-1])
        return cost

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        for _ in range(epochs):
            order = self._rng.permutation(len(self.problem.X))
            sum(self._step(rows) for rows in order.reshape(-1, self.problem.workload.batch))

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        return [(W.copy(), b.copy()) for W, b in zip(self._W, self._b, strict=True)]

    def predictor(self, X: Array) -> Callable[[], object]:
        """The plain expression: what one writes for a single call."""
        *hidden, (W_L, b_L) = zip(self._W, self._b, strict=True)
        sigma = EXPRESSIONS[self.problem.workload.activation]
        output = softmax_expression if self.problem.labels else sigma

        def predict() -> object:
            a = X
            for W, b in hidden:
                a = sigma(a @ W + b)
            return output(a @ W_L + b_L)

        return predict
