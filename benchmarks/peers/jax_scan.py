"""JAX: a whole epoch in one jitted `lax.scan`, gather and all; parameters are donated, data on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem

__all__ = ["JaxScan"]

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "identity": lambda z: z, "logistic": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu,
    "silu": jax.nn.silu, "softplus": jax.nn.softplus, "elu": jax.nn.elu,
}  # fmt: skip


def cross_entropy(z: Any, labels: Any) -> Any:
    """Mean over the batch, from the last layer's z."""
    return -jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], axis=1).mean()


COSTS: dict[str, Callable[..., Any]] = {
    "quadratic": lambda a, y: 0.5 * jnp.sum((a - y) ** 2) / len(y),
    "squared_error": lambda a, y: jnp.sum((a - y) ** 2) / len(y),
    "cross_entropy": cross_entropy,
}


class JaxScan(Peer):
    """The scan's carry is the parameters, its input the order of the samples."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        w = problem.workload
        self._sigma = self.choose(w.activation, ACTIVATIONS)
        self._cost = self.choose(w.cost, COSTS)
        self._softmax = w.cost == "cross_entropy"
        self._rng = np.random.default_rng(0)
        self._theta = jax.device_put([(jnp.array(W), jnp.array(b)) for W, b in problem.parameters])
        y = problem.targets.astype(np.int32) if problem.labels else problem.targets
        self._X, self._y = jax.device_put((problem.X, y))
        self._epoch = jax.jit(self._scan, donate_argnums=0)

    def _forward(self, theta: Any, a: Any) -> Any:
        """a^L, or with softmax z^L."""
        for l, (W, b) in enumerate(theta, start=2):
            z = a @ W + b
            a = z if self._softmax and l == len(theta) + 1 else self._sigma(z)
        return a

    def _scan(self, theta: Any, order: Any, X: Any, y: Any) -> Any:
        def step(theta: Any, rows: Any) -> Any:
            x_B, y_B = (v.at[rows].get(mode="promise_in_bounds") for v in (X, y))
            cost, gradient = jax.value_and_grad(lambda theta: self._cost(self._forward(theta, x_B), y_B))(theta)
            return jax.tree.map(lambda p, g: p - self.problem.rate * g, theta, gradient), cost

        theta, costs = jax.lax.scan(step, theta, order.reshape(-1, self.problem.workload.batch))
        return theta, costs.mean()

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        n = len(self.problem.X)
        for _ in range(epochs):
            order = self._rng.permutation(n).astype(np.int32)
            self._theta, cost = self._epoch(self._theta, order, self._X, self._y)
        jax.block_until_ready((self._theta, cost))

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        return [(np.array(W), np.array(b)) for W, b in self._theta]

    def predictor(self, X: Array) -> Callable[[], object]:
        """As `Peer.predictor`."""
        output = jax.nn.softmax if self._softmax else lambda a: a
        forward = jax.jit(lambda theta, x: output(self._forward(theta, x)))
        x = jax.device_put(X)
        return lambda: forward(self._theta, x).block_until_ready()
