"""What `Network.gradients` returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .layers import Layers

__all__ = ["Gradients"]


@dataclass(frozen=True)
class Gradients:
    """E and its derivatives.

    Attributes
    ----------
    cost : float
        E.
    flat : (n_parameters,) array
        δE/δθ, in the layout of ``net.parameters``.
    W, b : Layers
        Views of `flat`: ``W[l]`` in W^l's shape (N_l, N_{l-1}), the transpose of eq 13's [δC/δW^l];
        ``b[l]`` of shape (N_l,), eq 15.
    inputs : (n, N_1) array or None
        δ^1 = δE/δz^1, row by row.
    per_sample : (n, n_parameters) array or None
        δC_i/δθ of each sample, neither weighted nor averaged.
    """

    cost: float
    flat: np.ndarray
    W: Layers
    b: Layers
    inputs: np.ndarray | None = None
    per_sample: np.ndarray | None = None
