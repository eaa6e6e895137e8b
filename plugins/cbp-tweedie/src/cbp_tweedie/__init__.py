"""The Tweedie deviance for cbp: amounts that are often 0, and never below."""

from __future__ import annotations

import math

import numpy as np

from cbp.plugin import Array, Cost, Param, hookimpl

from .kernel import kernel


def value(a: Array, y: Array, power: float) -> Array:
    """C = Σ e^((2-p)a)/(2-p) + λ e^((1-p)a)/(p-1), with the power p."""
    return (np.exp((2 - power) * a) / (2 - power) + y * np.exp((1 - power) * a) / (power - 1)).sum(axis=-1)


def gradient(a: Array, y: Array, power: float) -> Array:
    """∂C/∂a = e^((2-p)a) - λ e^((1-p)a), which is (e^a - λ) e^((1-p)a)."""
    return np.exp((2 - power) * a) - y * np.exp((1 - power) * a)


@hookimpl
def cbp_costs() -> list[Cost]:
    """The cost, compiled."""
    return [
        Cost(
            "tweedie",
            value=value,
            gradient=gradient,
            kernel=kernel,
            params={"power": Param(1.5, above=1, below=2)},
            canonical="identity",
            target_range=(0.0, math.inf),
            formula="Σ e^((2-p)a)/(2-p) + λ e^((1-p)a)/(p-1)",
            summary="amounts that are often 0, claims or rain: a is the logarithm of their mean",
        )
    ]
