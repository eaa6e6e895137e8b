"""cbp's activations, registered through the same hook as a plugin's.

Each entry is its definition in NumPy: the documentation, the oracle the compiled kernel is tested against, and
the tier that runs without it. σ′ is written in terms of a where that loses nothing. At a kink it is what PyTorch takes:
at 0 the value from the left (relu′(0) = 0), at the end of a flat piece 0 (1 for hard_silu at 3). The kernels are the
same formulas, in ``core/activations.h``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.isa import kernels
from ..plugin import Activation, Array, Param, hookimpl

__all__ = ["cbp_activations"]

SELU_SCALE = 1.0507009873554804934
SELU_ALPHA = 1.6732632423543772848

_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _logistic(z: Array) -> Array:
    e = np.exp(-np.abs(z))  # never overflows
    return np.where(z < 0, e, 1) / (1 + e)


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _negative(z: Array, alpha: float, scale: float = 1.0) -> Array:
    """α(e^(z/scale) - 1) for z < 0, where elu, selu and celu differ from the identity."""
    return alpha * np.expm1(np.minimum(z, 0) / scale)


def _bounded(z: Array) -> Array:
    """`z`, with the largest number for ∞: its product with a factor that has reached 0 is then 0."""
    limit = np.finfo(z.dtype).max
    return np.clip(z, -limit, limit)


def _normal_cdf(z: Array) -> Array:
    return (0.5 * _erfc(-z.astype(np.float64) / math.sqrt(2))).astype(z.dtype)


def _normal_pdf(z: Array) -> Array:
    z = np.clip(z, -50, 50)  # 0 beyond
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _gelu_2u(z: Array) -> Array:
    """2u, u = √(2/π)(z + 0.044715 z³): its logistic is (1 + tanh u) / 2 and keeps its digits for u << 0."""
    z = np.clip(z, -50, 50)  # the logistic is 0 or 1 beyond
    return math.sqrt(8 / math.pi) * (z + 0.044715 * z**3)


def _gelu_tanh_derivative(z: Array, a: Array) -> Array:
    t, z = _gelu_2u(z), np.clip(z, -50, 50)
    slope = math.sqrt(8 / math.pi) * (z + 3 * 0.044715 * z**3)
    return _logistic(t) * (1 + slope * _logistic(-t))


def _silu_derivative(z: Array, a: Array, beta: float) -> Array:
    t = np.clip(beta * z, -1000, 1000)
    return _logistic(t) * (1 + t * _logistic(-t))


def _mish_derivative(z: Array, a: Array) -> Array:
    z = np.clip(z, -1000, 1000)
    gate = np.tanh(_softplus(z))
    return gate + z * (1 - gate * gate) * _logistic(z)


def _squareplus(z: Array, b: float) -> Array:
    root = np.hypot(z, math.sqrt(b))
    left = b / (2 * (root + np.abs(z)))  # z + root would cancel there
    return np.where(z < 0, left, 0.5 * z + 0.5 * root)


def _squareplus_derivative(z: Array, a: Array, b: float) -> Array:
    a = np.maximum(a, math.sqrt(np.finfo(a.dtype).tiny))  # 0 would divide; σ′ has vanished long before
    return 1 / (1 + b / 4 / a / a)


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_vjp(z: Array, a: Array, g: Array) -> Array:
    return a * (g - (g * a).sum(axis=-1, keepdims=True))


def _log_softmax(z: Array) -> Array:
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def _log_softmax_vjp(z: Array, a: Array, g: Array) -> Array:
    return g - np.exp(a) * g.sum(axis=-1, keepdims=True)


def _builtin(name: str, summary: str, formula: str, **fields: Any) -> Activation:
    kernel = kernels.capsule("activation", name)
    return Activation(name, summary=summary, formula=formula, kernel=kernel, **fields)


_ACTIVATIONS = (
    _builtin(
        "identity", "no activation: linear regression's output", "z",
        forward=lambda z: z.copy(),
        derivative=lambda z, a: np.ones_like(z),
    ),
    _builtin(
        "logistic", "the paper's σ, between 0 and 1", "1 / (1 + e^-z)",
        forward=_logistic,
        derivative=lambda z, a: a * (1 - a),
        aliases=("sigmoid",),
    ),
    _builtin(
        "tanh", "hyperbolic tangent, between -1 and 1", "tanh z",
        forward=np.tanh,
        derivative=lambda z, a: 1 - a * a,
    ),
    _builtin(
        "relu", "rectified linear unit", "max(z, 0)",
        forward=lambda z: np.maximum(z, 0),
        derivative=lambda z, a: (a > 0).astype(a.dtype),
        kinks=(0.0,), init="he_uniform",
    ),
    _builtin(
        "leaky_relu", "relu with a slope α for z < 0", "z if z > 0 else αz",
        forward=lambda z, alpha: np.where(z < 0, alpha * z, z),
        derivative=lambda z, a, alpha: np.where(a > 0, 1, alpha).astype(a.dtype),
        params={"alpha": Param(0.01, at_least=0)}, kinks=(0.0,), init="he_uniform",
    ),
    _builtin(
        "elu", "exponential linear unit", "z if z > 0 else α(e^z - 1)",
        forward=lambda z, alpha: np.where(z > 0, z, _negative(z, alpha)),
        derivative=lambda z, a, alpha: np.where(a > 0, 1, a + alpha),
        params={"alpha": Param(1.0, at_least=0)}, kinks=(0.0,), init="he_uniform",
    ),
    _builtin(
        "selu", "self-normalising elu", "s·(z if z > 0 else α(e^z - 1)), s = 1.0507…, α = 1.6732…",
        forward=lambda z: np.where(z > 0, SELU_SCALE * z, _negative(z, SELU_SCALE * SELU_ALPHA)),
        derivative=lambda z, a: np.where(a > 0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA).astype(a.dtype),
        kinks=(0.0,), init="lecun_normal",
    ),
    _builtin(
        "celu", "elu whose slope is continuous for every α", "z if z > 0 else α(e^(z/α) - 1)",
        forward=lambda z, alpha: np.where(z > 0, z, _negative(z, alpha, alpha)),
        derivative=lambda z, a, alpha: np.where(a > 0, 1, 1 + a / alpha),
        params={"alpha": Param(1.0, above=0)}, init="he_uniform",
    ),
    _builtin(
        "gelu", "Gaussian error linear unit, exact", "z Φ(z), Φ(z) = (1 + erf(z/√2)) / 2",
        forward=lambda z: _bounded(z) * _normal_cdf(z),
        derivative=lambda z, a: _normal_cdf(z) + _bounded(z) * _normal_pdf(z),
        init="he_uniform",
    ),
    _builtin(
        "gelu_tanh", "gelu's tanh approximation", "z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2",
        forward=lambda z: _bounded(z) * _logistic(_gelu_2u(z)),
        derivative=_gelu_tanh_derivative,
        init="he_uniform",
    ),
    _builtin(
        "silu", "sigmoid-weighted linear unit", "z / (1 + e^(-βz))",
        forward=lambda z, beta: _bounded(z) * _logistic(beta * z),
        derivative=_silu_derivative,
        params={"beta": Param(1.0, at_least=0)}, init="he_uniform", aliases=("swish",),
    ),
    _builtin(
        "mish", "self-regularised smooth relu", "z tanh(log(1 + e^z))",
        forward=lambda z: _bounded(z) * np.tanh(_softplus(z)),
        derivative=_mish_derivative,
        init="he_uniform",
    ),
    _builtin(
        "softplus", "smooth relu, above 0", "log(1 + e^z)",
        forward=_softplus,
        derivative=lambda z, a: -np.expm1(-a),
    ),
    _builtin(
        "softsign", "tanh with slow tails", "z / (1 + |z|)",
        forward=lambda z: _bounded(z) / (1 + np.abs(_bounded(z))),
        derivative=lambda z, a: (1 / (1 + np.abs(z))) ** 2,
    ),
    _builtin(
        "squareplus", "smooth relu from a square root", "(z + √(z² + b)) / 2",
        forward=_squareplus,
        derivative=_squareplus_derivative,
        params={"b": Param(4.0, above=0, at_most=1e12)}, init="he_uniform",
    ),
    _builtin(
        "relu6", "relu cut off at 6", "min(max(z, 0), 6)",
        forward=lambda z: np.clip(z, 0, 6),
        derivative=lambda z, a: ((a > 0) & (a < 6)).astype(a.dtype),
        kinks=(0.0, 6.0), init="he_uniform",
    ),
    _builtin(
        "hard_tanh", "tanh in three straight pieces", "min(max(z, -1), 1)",
        forward=lambda z: np.clip(z, -1, 1),
        derivative=lambda z, a: ((a > -1) & (a < 1)).astype(a.dtype),
        kinks=(-1.0, 1.0),
    ),
    _builtin(
        "hard_sigmoid", "logistic in three straight pieces", "min(max(z + 3, 0), 6) / 6",
        forward=lambda z: np.clip(z + 3, 0, 6) / 6,
        derivative=lambda z, a: ((a > 0) & (a < 1)).astype(a.dtype) / 6,
        kinks=(-3.0, 3.0),
    ),
    _builtin(
        "hard_silu", "silu with hard_sigmoid for its logistic", "z min(max(z + 3, 0), 6) / 6",
        forward=lambda z: np.maximum(z, -3) * (np.clip(z + 3, 0, 6) / 6),
        derivative=lambda z, a: np.where(z <= -3, 0, np.where(z >= 3, 1, (2 * np.clip(z, -3, 3) + 3) / 6)),
        kinks=(-3.0, 3.0), init="he_uniform", aliases=("hard_swish",),
    ),
    _builtin(
        "log_sigmoid", "logarithm of logistic", "-log(1 + e^-z)",
        forward=lambda z: -_softplus(-z),
        derivative=lambda z, a: -np.expm1(a),
    ),
    _builtin(
        "exponential", "the canonical output of a Poisson rate", "e^z",
        forward=np.exp,
        derivative=lambda z, a: a.copy(),
    ),
    _builtin(
        "gaussian", "a bump around 0", "e^(-z²)",
        forward=lambda z: np.exp(-(np.clip(z, -50, 50) ** 2)),
        derivative=lambda z, a: -2 * np.clip(z, -50, 50) * a,
    ),
    _builtin(
        "sin", "sine: periodic features", "sin z",
        forward=np.sin,
        derivative=lambda z, a: np.cos(z),
    ),
    _builtin(
        "softmax", "probabilities of exclusive classes", "e^(z_j) / Σ_k e^(z_k)",
        forward=_softmax,
        vjp=_softmax_vjp,
    ),
    _builtin(
        "log_softmax", "logarithm of softmax", "z_j - log Σ_k e^(z_k)",
        forward=_log_softmax,
        vjp=_log_softmax_vjp,
    ),
)  # fmt: skip


@hookimpl
def cbp_activations() -> tuple[Activation, ...]:
    """The built-in activations."""
    return _ACTIVATIONS
