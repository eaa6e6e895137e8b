"""The same networks in JAX, float64, from their formulas: gradients come from jax.grad, nothing from cbp.

Every matrix is padded to one shape, so that JAX compiles each operation once for all networks: a unit that is
not there has weights of zero on both its sides, a sample that is not there weighs nothing, and rowwise
functions and costs are told which units count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlogy

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

UNITS, SAMPLES = 70, 33  # what everything is padded to

Array: TypeAlias = Any
Params: TypeAlias = Mapping[str, float]


@dataclass(frozen=True)
class Sigma:
    """An activation in JAX; `other` are parameters unlike the defaults, `answers` the range of a."""

    f: Callable[..., Array]
    default: Params = field(default_factory=dict)
    other: Params = field(default_factory=dict)
    answers: str = "any"
    kinks: Sequence[float] = ()
    rowwise: bool = False


@dataclass(frozen=True)
class C:
    """A cost in JAX, output by output; `takes` is the range of a it is made for.

    `kink(a, y)` is 0 where its slope jumps, `labels` what an integer label becomes, `targets` the kinds of
    target it is made for.
    """

    terms: Callable[..., Array]
    default: Params = field(default_factory=dict)
    other: Params = field(default_factory=dict)
    takes: str = "any"
    kink: Callable[[Array, Array], Array] | None = None
    labels: tuple[float, float] = (0.0, 1.0)
    targets: Sequence[str] = ("real",)
    canonical: str = ""


SIGMAS = {
    "identity": Sigma(lambda z: z),
    "logistic": Sigma(jax.nn.sigmoid, answers="unit"),
    "tanh": Sigma(jnp.tanh),
    "relu": Sigma(jax.nn.relu, kinks=(0,)),
    "leaky_relu": Sigma(lambda z, alpha: jnp.where(z > 0, z, alpha * z), {"alpha": 0.01}, {"alpha": 0.3}, kinks=(0,)),
    "elu": Sigma(jax.nn.elu, {"alpha": 1.0}, {"alpha": 0.6}, kinks=(0,)),
    "selu": Sigma(jax.nn.selu, kinks=(0,)),
    "celu": Sigma(jax.nn.celu, {"alpha": 1.0}, {"alpha": 1.7}),
    "gelu": Sigma(partial(jax.nn.gelu, approximate=False)),
    "gelu_tanh": Sigma(partial(jax.nn.gelu, approximate=True)),
    "silu": Sigma(lambda z, beta: z * jax.nn.sigmoid(beta * z), {"beta": 1.0}, {"beta": 1.7}),
    "mish": Sigma(jax.nn.mish),
    "softplus": Sigma(jax.nn.softplus, answers="positive"),
    "softsign": Sigma(jax.nn.soft_sign),
    "squareplus": Sigma(jax.nn.squareplus, {"b": 4.0}, {"b": 1.5}, answers="positive"),
    "relu6": Sigma(jax.nn.relu6, kinks=(0, 6)),
    "hard_tanh": Sigma(jax.nn.hard_tanh, kinks=(-1, 1)),
    "hard_sigmoid": Sigma(jax.nn.hard_sigmoid, kinks=(-3, 3)),
    "hard_silu": Sigma(jax.nn.hard_silu, kinks=(-3, 3)),
    "log_sigmoid": Sigma(jax.nn.log_sigmoid),
    "exponential": Sigma(jnp.exp, answers="positive"),
    "gaussian": Sigma(lambda z: jnp.exp(-(z**2)), answers="positive"),
    "sin": Sigma(jnp.sin),
    "softmax": Sigma(jax.nn.softmax, answers="unit", rowwise=True),
    "log_softmax": Sigma(jax.nn.log_softmax, rowwise=True),
}


def _smooth(y: Array, n_outputs: int, epsilon: float) -> Array:
    return (1 - epsilon) * y + epsilon * y.sum(-1, keepdims=True) / n_outputs


def _huber(a: Array, y: Array, n_outputs: int, delta: float) -> Array:
    d = jnp.abs(a - y)
    return jnp.where(d <= delta, d**2 / 2, delta * (d - delta / 2))


_CLASSES = ("one-hot", "soft", "labels")

COSTS = {
    "squared_error": C(lambda a, y, n: (a - y) ** 2, targets=("real", "labels")),
    "quadratic": C(lambda a, y, n: (a - y) ** 2 / 2, targets=("real", "labels")),
    "absolute_error": C(lambda a, y, n: jnp.abs(a - y), kink=lambda a, y: a - y),
    "huber": C(_huber, {"delta": 1.0}, {"delta": 0.4}),
    "log_cosh": C(lambda a, y, n: jnp.log(jnp.cosh(a - y))),
    "quantile": C(
        lambda a, y, n, q: jnp.where(a < y, q * (y - a), (1 - q) * (a - y)),
        {"q": 0.5},
        {"q": 0.2},
        kink=lambda a, y: a - y,
    ),
    "poisson": C(lambda a, y, n: a - y * jnp.log(a), takes="positive", targets=("counts",), canonical="exponential"),
    "cross_entropy": C(
        lambda a, y, n, label_smoothing: -_smooth(y, n, label_smoothing) * jnp.log(a),
        {"label_smoothing": 0.0},
        {"label_smoothing": 0.1},
        takes="unit",
        targets=_CLASSES,
        canonical="softmax",
    ),
    "binary_cross_entropy": C(
        lambda a, y, n: -(y * jnp.log(a) + (1 - y) * jnp.log(1 - a)),
        takes="unit",
        targets=("one-hot", "soft", "labels", "multi-label"),
        canonical="logistic",
    ),
    "hinge": C(
        lambda a, y, n: jnp.maximum(1 - y * a, 0),
        kink=lambda a, y: 1 - y * a,
        labels=(-1.0, 1.0),
        targets=("signs", "labels"),
        canonical="identity",
    ),
    "squared_hinge": C(
        lambda a, y, n: jnp.maximum(1 - y * a, 0) ** 2,
        labels=(-1.0, 1.0),
        targets=("signs", "labels"),
        canonical="identity",
    ),
    "kl_divergence": C(
        lambda a, y, n: xlogy(y, y) - y * jnp.log(a), takes="unit", targets=_CLASSES, canonical="softmax"
    ),
    "focal": C(
        lambda a, y, n, gamma: -y * (1 - a) ** gamma * jnp.log(a),
        {"gamma": 2.0},
        {"gamma": 1.5},
        takes="unit",
        targets=_CLASSES,
        canonical="softmax",
    ),
}

Choice: TypeAlias = tuple[str, Params]


def padded(x: Array, *shape: int) -> Array:
    """`x` in the corner of zeros."""
    return np.pad(np.asarray(x, np.float64), [(0, n - m) for n, m in zip(shape, np.shape(x), strict=True)])


@dataclass(frozen=True)
class JaxNetwork:
    """A network's functions; its parameters are a list of padded (W^l, b^l), l = 2 .. L."""

    sizes: Sequence[int]
    sigmas: Sequence[Choice]
    cost: Choice
    reduction: str

    def sigma(self, l: int, z: Array) -> Array:
        """a^l = σ(z^l)."""
        name, params = self.sigmas[l - 1]
        if SIGMAS[name].rowwise:
            there = jnp.arange(UNITS) < self.sizes[l - 1]
            return jnp.where(there, SIGMAS[name].f(z, where=there), 0)
        return SIGMAS[name].f(z, **params)

    def outputs(self, theta: Array, z: Array) -> Array:
        """f(z^1), eq 2."""
        a = self.sigma(1, z)
        for l, (W, b) in enumerate(theta, start=2):
            a = self.sigma(l, a @ W.T + b)
        return a

    def costs(self, theta: Array, X: Array, y: Array) -> Array:
        """C of each sample."""
        name, params = self.cost
        there = jnp.arange(UNITS) < self.sizes[-1]
        a = jnp.where(there, self.outputs(theta, X), 0.5)
        terms = COSTS[name].terms(a, y, self.sizes[-1], **params)
        return jnp.where(there, terms, 0).sum(-1)

    def E(self, theta: Array, X: Array, y: Array, weights: Array) -> Array:
        total = (weights * self.costs(theta, X, y)).sum()
        return total / weights.sum() if self.reduction == "mean" else total

    def gradient(self, theta: Array, X: Array, y: Array, weights: Array) -> Any:
        """(δE/δθ, δE/δz^1)."""
        return jax.grad(self.E, argnums=(0, 1))(theta, X, y, weights)

    def per_sample(self, theta: Array, X: Array, y: Array) -> Array:
        """δC_i/δθ of each sample."""
        return jax.vmap(jax.grad(self.costs), in_axes=(None, 0, 0))(theta, X, y)
