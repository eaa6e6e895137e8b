"""Angles and directions: the von Mises cost, and outputs on the unit circle or sphere."""

from __future__ import annotations

import numpy as np

from cbp.plugin import Activation, Array, Cost, Param, hookimpl


def von_mises_value(a: Array, y: Array, kappa: float) -> Array:
    """C = κ Σ (1 - cos(a - λ)), by 1 - cos d = 2 sin²(d/2), which keeps its digits near 0."""
    return kappa * (2 * np.sin((a - y) / 2) ** 2).sum(axis=1)


def von_mises_gradient(a: Array, y: Array, kappa: float) -> Array:
    """∂C/∂a = κ sin(a - λ)."""
    return kappa * np.sin(a - y)


def direction(z: Array) -> Array:
    """σ(z) = z / ‖z‖, and 0 for z = 0."""
    return z / _length(z)


def direction_vjp(z: Array, a: Array, g: Array) -> Array:
    """The product g·[δa/δz] = (g - (g·a) a) / ‖z‖: what points along a is lost."""
    return (g - (g * a).sum(axis=1, keepdims=True) * a) / _length(z)


def _length(z: Array) -> Array:
    length = np.linalg.norm(z, axis=1, keepdims=True)
    return np.where(length == 0, np.inf, length)


@hookimpl
def cbp_costs() -> list[Cost]:
    """The von Mises cost."""
    return [
        Cost(
            "von_mises",
            value=von_mises_value,
            gradient=von_mises_gradient,
            params={"kappa": Param(1.0, above=0)},
            canonical="identity",
            formula="κ Σ (1 - cos(a - λ))",
            summary="angles in radians: an error of a whole turn is none",
        )
    ]


@hookimpl
def cbp_activations() -> list[Activation]:
    """Directions."""
    return [
        Activation(
            "direction",
            forward=direction,
            vjp=direction_vjp,
            formula="z / ‖z‖",
            summary="a point of the unit circle or sphere",
        )
    ]
