"""cbp's costs, registered through the same hook as a plugin's.

Each entry is its definition in NumPy: the documentation, the oracle the compiled kernel is tested against, and
the tier that runs without it. C is the sum over a sample's outputs, never their mean. At a kink the gradient is
0. Away from the canonical activation a logarithm may meet a = 0: a is then taken as the smallest normal number,
which keeps ∞·0 out; with the canonical activation the fused pair works from z and needs no such floor. The kernels
are the same formulas, in ``core/costs.h``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.isa import kernels
from ..plugin import Array, Cost, Param, hookimpl

__all__ = ["cbp_costs"]

INF = math.inf


def _sum(terms: Array) -> Array:
    return terms.sum(axis=-1)


def _floor(a: Array) -> Array:
    return np.maximum(a, np.finfo(a.dtype).tiny)


def _weigh(w: Array, terms: Array) -> Array:
    """w·terms, and 0 where w is 0 whatever the term."""
    return w * np.where(w == 0, 0, terms)


def _surprisal(z: Array, a: Array) -> Array:
    """-log a for a = softmax(z), finite where a has underflowed to 0."""
    return (z.max(axis=-1, keepdims=True) - z) - np.log(a.max(axis=-1, keepdims=True))


def _smooth(y: Array, epsilon: float) -> Array:
    return (1 - epsilon) * y + epsilon * y.mean(axis=-1, keepdims=True)


def _quantile_gradient(a: Array, y: Array, q: float) -> Array:
    return np.where(a < y, -q, np.where(a > y, 1 - q, 0 * (a - y)))


def _log_cosh(d: Array) -> Array:
    d = np.abs(d)
    u = np.expm1(-np.minimum(d, 20))  # up to 1, cosh d - 1 = u² / (2 + 2u) keeps the digits; beyond, |d| - log 2 does
    return np.where(d > 1, d - math.log(2), 0) + np.log1p(np.where(d > 1, (1 + u) ** 2, u * u / (2 + 2 * u)))


def _binary_value(a: Array, y: Array) -> Array:
    return -_sum(y * np.log(_floor(a)) + (1 - y) * np.log(_floor(1 - a)))


def _binary_fused_value(z: Array, a: Array, y: Array) -> Array:
    return _sum(_weigh(np.where(z > 0, 1 - y, y), np.abs(z)) + np.log1p(np.exp(-np.abs(z))))


def _cross_entropy_fused(z: Array, a: Array, y: Array, label_smoothing: float = 0.0) -> Array:
    return a * y.sum(axis=-1, keepdims=True) - _smooth(y, label_smoothing)


def _log_target(y: Array) -> Array:
    return np.log(np.where(y == 0, 1, y))  # 0 log 0 = 0


def _focal_weight(a: Array, y: Array, gamma: float) -> Array:
    return y * _floor(1 - a) ** gamma


def _focal_gradient(a: Array, y: Array, gamma: float) -> Array:
    log_a = np.log(_floor(a))
    return -_focal_weight(a, y, gamma) * (1 / _floor(a) - gamma * log_a / _floor(1 - a))


def _focal_fused(z: Array, a: Array, y: Array, gamma: float) -> Array:
    log_a = np.log(_floor(a))
    s = -_focal_weight(a, y, gamma) * (1 - gamma * a * log_a / _floor(1 - a))  # a·∂C/∂a, finite where a is 0
    return s - a * s.sum(axis=-1, keepdims=True)


def _builtin(name: str, summary: str, formula: str, **fields: Any) -> Cost:
    kernel = kernels.capsule("cost", name)
    return Cost(name, summary=summary, formula=formula, kernel=kernel, **fields)


_COSTS = (
    _builtin(
        "squared_error", "the paper's cost", "‖a - λ‖²",
        value=lambda a, y: _sum((a - y) ** 2),
        gradient=lambda a, y: 2 * (a - y),
        squares=1.0,
    ),
    _builtin(
        "quadratic", "Nielsen's cost: half of squared_error", "½‖a - λ‖²",
        value=lambda a, y: 0.5 * _sum((a - y) ** 2),
        gradient=lambda a, y: a - y,
        squares=0.5,
    ),
    _builtin(
        "absolute_error", "robust regression: the median", "Σ |a - λ|",
        value=lambda a, y: _sum(np.abs(a - y)),
        gradient=lambda a, y: np.sign(a - y),
    ),
    _builtin(
        "huber", "quadratic near 0, absolute beyond δ", "Σ d²/2 if |d| ≤ δ else δ(|d| - δ/2), d = a - λ",
        value=lambda a, y, delta: _sum(
            np.where(np.abs(a - y) <= delta, 0.5 * (a - y) ** 2, delta * (np.abs(a - y) - 0.5 * delta))
        ),
        gradient=lambda a, y, delta: np.clip(a - y, -delta, delta),
        params={"delta": Param(1.0, above=0)},
    ),
    _builtin(
        "log_cosh", "a smooth absolute error", "Σ log cosh(a - λ)",
        value=lambda a, y: _sum(_log_cosh(a - y)),
        gradient=lambda a, y: np.tanh(a - y),
    ),
    _builtin(
        "quantile", "pinball loss: the q-quantile", "Σ q(λ - a) if a < λ else (1 - q)(a - λ)",
        value=lambda a, y, q: _sum(np.where(a < y, q * (y - a), (1 - q) * (a - y))),
        gradient=_quantile_gradient,
        params={"q": Param(0.5, above=0, below=1)},
    ),
    _builtin(
        "poisson", "counts: the negative log-likelihood of a rate", "Σ a - λ log a; with exponential Σ a - λz",
        value=lambda a, y: _sum(a - y * np.log(_floor(a))),
        gradient=lambda a, y: 1 - y / _floor(a),
        canonical="exponential", target_range=(0.0, INF),
        fused_value=lambda z, a, y: _sum(a - _weigh(y, z)),
        fused=lambda z, a, y: a - y,
    ),
    _builtin(
        "cross_entropy", "exclusive classes", "-Σ λ′ log a, λ′ = (1 - ε)λ + ε Σλ/N, ε = label_smoothing",
        value=lambda a, y, label_smoothing: -_sum(_smooth(y, label_smoothing) * np.log(_floor(a))),
        gradient=lambda a, y, label_smoothing: -_smooth(y, label_smoothing) / _floor(a),
        params={"label_smoothing": Param(0.0, at_least=0, below=1)},
        canonical="softmax", target_range=(0.0, INF),
        fused_value=lambda z, a, y, label_smoothing: _sum(_weigh(_smooth(y, label_smoothing), _surprisal(z, a))),
        fused=_cross_entropy_fused,
    ),
    _builtin(
        "binary_cross_entropy", "independent yes-or-no labels", "-Σ λ log a + (1 - λ) log(1 - a)",
        value=_binary_value,
        gradient=lambda a, y: (1 - y) / _floor(1 - a) - y / _floor(a),
        canonical="logistic", target_range=(0.0, 1.0),
        fused_value=_binary_fused_value,
        fused=lambda z, a, y: a - y,
    ),
    _builtin(
        "hinge", "maximum margin, labels ±1", "Σ max(0, 1 - λa)",
        value=lambda a, y: _sum(np.maximum(1 - y * a, 0)),
        gradient=lambda a, y: np.where(1 - y * a > 0, -y, 0),
        canonical="identity", labels=(-1.0, 1.0), target_range=(-1.0, 1.0),
    ),
    _builtin(
        "squared_hinge", "smooth maximum margin, labels ±1", "Σ max(0, 1 - λa)²",
        value=lambda a, y: _sum(np.maximum(1 - y * a, 0) ** 2),
        gradient=lambda a, y: -2 * y * np.maximum(1 - y * a, 0),
        canonical="identity", labels=(-1.0, 1.0), target_range=(-1.0, 1.0),
    ),
    _builtin(
        "kl_divergence", "distance between distributions", "Σ λ log(λ/a), 0 log 0 = 0",
        value=lambda a, y: _sum(y * (_log_target(y) - np.log(_floor(a)))),
        gradient=lambda a, y: -y / _floor(a),
        canonical="softmax", target_range=(0.0, INF),
        fused_value=lambda z, a, y: _sum(_weigh(y, _surprisal(z, a) + _log_target(y))),
        fused=_cross_entropy_fused,
    ),
    _builtin(
        "focal", "cross-entropy that looks at the hard samples", "-Σ λ (1 - a)^γ log a",
        value=lambda a, y, gamma: -_sum(_focal_weight(a, y, gamma) * np.log(_floor(a))),
        gradient=_focal_gradient,
        params={"gamma": Param(2.0, at_least=0)},
        canonical="softmax", target_range=(0.0, INF),
        fused_value=lambda z, a, y, gamma: _sum(_weigh(_focal_weight(a, y, gamma), _surprisal(z, a))),
        fused=_focal_fused,
    ),
)  # fmt: skip


@hookimpl
def cbp_costs() -> tuple[Cost, ...]:
    """The built-in costs."""
    return _COSTS
