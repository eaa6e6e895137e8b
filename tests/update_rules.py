"""The optimisers' rules as their papers give them, in NumPy: each is a function of (θ, g) to the next θ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Rule: TypeAlias = Callable[[Array, Array], Array]


def gradient_descent(lr: float) -> Rule:
    return lambda theta, g: theta - lr * g


def heavy_ball(lr: float, mu: float) -> Rule:
    """Polyak 1964: θ_{t+1} = θ_t - η·g + μ·(θ_t - θ_{t-1})."""
    before: list[Array] = []

    def step(theta: Array, g: Array) -> Array:
        ahead = theta - lr * g + (mu * (theta - before[0]) if before else 0)
        before[:] = [theta]
        return ahead

    return step


def nesterov(lr: float, mu: float) -> Rule:
    """Sutskever et al. 2013: v = μ·v - η·g(x + μ·v), x = x + v, seen from the point θ = x + μ·v ahead."""
    v: Array = np.zeros(())

    def step(theta: Array, g: Array) -> Array:
        nonlocal v
        x = theta - mu * v
        v = mu * v - lr * g
        return x + v + mu * v

    return step


def adam(lr: float, beta1: float, beta2: float, epsilon: float) -> Rule:
    """Kingma and Ba 2015, algorithm 1."""
    m, v, t = np.zeros(()), np.zeros(()), 0

    def step(theta: Array, g: Array) -> Array:
        nonlocal m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)

    return step


def adam_hat(lr: float, beta1: float, beta2: float, epsilon_hat: float) -> Rule:
    """Kingma and Ba 2015, the more efficient order of section 2."""
    m, v, t = np.zeros(()), np.zeros(()), 0

    def step(theta: Array, g: Array) -> Array:
        nonlocal m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        corrected: float = (1 - beta2**t) ** 0.5 / (1 - beta1**t)
        return theta - lr * corrected * (m / (np.sqrt(v) + epsilon_hat))

    return step
