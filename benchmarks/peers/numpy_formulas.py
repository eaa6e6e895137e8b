"""The formulas of the NumPy peer: in place for training, as plain expressions for a single call."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cbp.timing.problems import Array

__all__ = ["ACTIVATIONS", "COSTS", "EXPRESSIONS", "softmax", "softmax_expression"]


def logistic(z: Array, out: Array) -> None:
    """1 / (1 + exp(-z))."""
    np.negative(z, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


def softmax(z: Array, out: Array) -> None:
    """Of each row."""
    np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True)


def times_logistic_derivative(delta: Array, a: Array, spare: Array) -> None:
    """Multiply `delta` by σ′ = a·(1 - a)."""
    delta *= a
    np.subtract(1, a, out=spare)
    delta *= spare


def times_tanh_derivative(delta: Array, a: Array, spare: Array) -> None:
    """Multiply `delta` by σ′ = 1 - a²."""
    np.multiply(a, a, out=spare)
    np.subtract(1, spare, out=spare)
    delta *= spare


ACTIVATIONS: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "identity": (lambda z, out: np.copyto(out, z), lambda delta, a, spare: None),
    "logistic": (logistic, times_logistic_derivative),
    "tanh": (lambda z, out: np.tanh(z, out=out), times_tanh_derivative),
    "relu": (
        lambda z, out: np.maximum(z, 0, out=out),
        lambda delta, a, spare: np.multiply(delta, a > 0, out=delta),
    ),
}
COSTS = {"quadratic": "½‖a - y‖²", "cross_entropy": "-log a at the label"}

EXPRESSIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}


def softmax_expression(z: Array) -> Array:
    """Of each row, or of one sample."""
    e: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e
