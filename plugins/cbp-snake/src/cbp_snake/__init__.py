"""The snake activation, z + sin²(αz)/α, for data that repeats itself (Ziyin, Hartwig, Ueda, NeurIPS 2020)."""

from __future__ import annotations

import numpy as np

from cbp.plugin import Activation, Array, Param, hookimpl

from .kernel import snake as kernel


def forward(z: Array, alpha: float) -> Array:
    """σ(z) = z + sin²(αz)/α."""
    return z + np.sin(alpha * z) ** 2 / alpha


def derivative(z: Array, a: Array, alpha: float) -> Array:
    """σ′(z) = 1 + sin(2αz)."""
    return 1 + np.sin(2 * alpha * z)


@hookimpl
def cbp_activations() -> list[Activation]:
    """Snake, compiled, with its NumPy definition as the oracle."""
    return [
        Activation(
            "snake",
            forward=forward,
            derivative=derivative,
            kernel=kernel,
            params={"alpha": Param(0.5, above=0)},
            init="lecun_uniform",
            formula="z + sin²(αz)/α",
            summary="a line with a ripple of period π/α: learns what repeats itself",
        )
    ]
