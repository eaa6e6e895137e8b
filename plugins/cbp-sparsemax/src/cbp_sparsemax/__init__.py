"""Sparsemax, a softmax that gives exact zeros, and its loss (Martins and Astudillo, ICML 2016)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cbp.plugin import Activation, Array, Cost, hookimpl, shared_library

LIBRARY = Path(__file__).with_name("kernel_{isa}.so")


def sparsemax(z: Array) -> Array:
    """σ(z) = argmin ‖p - z‖² over the simplex: max(z - τ, 0), with τ from the sorted row."""
    s = z - z.max(axis=1, keepdims=True, initial=-np.inf)
    falling = -np.sort(-s, axis=1)
    k = np.arange(1, z.shape[1] + 1, dtype=z.dtype)
    support = 1 + k * falling > np.cumsum(falling, axis=1)
    size = np.maximum(support.sum(axis=1, keepdims=True, dtype=z.dtype), 1)
    tau = (np.where(support, falling, 0).sum(axis=1, keepdims=True) - 1) / size
    return np.maximum(s - tau, 0)


def sparsemax_vjp(z: Array, a: Array, g: Array) -> Array:
    """The product g·[δa/δz]: on the support g minus its mean there, elsewhere 0."""
    support = a > 0
    size = np.maximum(support.sum(axis=1, keepdims=True, dtype=a.dtype), 1)
    mean = np.where(support, g, 0).sum(axis=1, keepdims=True) / size
    return np.where(support, g - mean, 0 * a)


def loss(z: Array, y: Array) -> Array:
    """C = ½ Σ (λ² - p²) + Σ z (p - λ), with p = sparsemax(z)."""
    p = sparsemax(z)
    return ((y - p) * ((y + p) / 2 - z)).sum(axis=1)


def loss_gradient(z: Array, y: Array) -> Array:
    """∂C/∂z = p - λ."""
    return sparsemax(z) - y


@hookimpl
def cbp_activations() -> list[Activation]:
    """Sparsemax."""
    return [
        Activation(
            "sparsemax",
            forward=sparsemax,
            vjp=sparsemax_vjp,
            kernel=shared_library(LIBRARY, "sparsemax_kernel"),
            formula="max(z - τ, 0), Σ a = 1",
            summary="probabilities, most of them exactly 0: the point of the simplex nearest to z",
        )
    ]


@hookimpl
def cbp_costs() -> list[Cost]:
    """Its loss, of the z before it."""
    return [
        Cost(
            "sparsemax_loss",
            value=loss,
            gradient=loss_gradient,
            kernel=shared_library(LIBRARY, "sparsemax_loss_kernel"),
            canonical="identity",
            target_range=(0.0, 1.0),
            formula="½ Σ (λ² - p²) + Σ z (p - λ), p = sparsemax(z)",
            summary="classification: 0 once the right class is ahead by 1",
        )
    ]
