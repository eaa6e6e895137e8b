"""Where the activations of a network are flat: units that learn nothing, or next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Flatness", "flatness"]

FLAT = 0.01  # |σ′| below which less than a hundredth of the gradient passes
ALMOST_ALWAYS = 0.95


@dataclass(frozen=True, eq=False)
class Flatness:
    """How flat the activation of a layer is where its units stand.

    Attributes
    ----------
    l : int
        The layer.
    dead : (N_l,) bool array
        Units whose σ′(z) is 0 for every sample: no gradient passes them, so that they cannot learn.
    saturated : (N_l,) bool array
        Units, not dead, with |σ′(z)| < 0.01 for 95 % of the samples or more.
    share : float
        The part of all samples and units with |σ′(z)| < 0.01.
    samples : int
    """

    l: int
    dead: np.ndarray
    saturated: np.ndarray
    share: float
    samples: int

    def __str__(self) -> str:
        units = len(self.dead)
        return (
            f"layer {self.l}: {self.dead.sum():,} of {units:,} units dead (σ′ = 0 for all {self.samples:,} samples), "
            f"{self.saturated.sum():,} saturated (|σ′| < {FLAT:g} for {ALMOST_ALWAYS:.0%} of them or more)"
        )


def flatness(net: Network, X: ArrayLike) -> dict[int, Flatness]:
    """Count the units of each layer that learn nothing from these samples, or next to nothing.

    Parameters
    ----------
    net : Network
    X : (n, N_1) array_like

    Returns
    -------
    dict
        l to `Flatness`, for the layers 2 .. L whose activation is elementwise (softmax is not).
    """
    return {l: _of(l, slopes) for l, (_, slopes) in slopes_of(net, X).items() if slopes is not None}


def slopes_of(net: Network, X: ArrayLike) -> dict[int, tuple[np.ndarray, np.ndarray | None]]:
    """L to a^l and σ′(z^l), both (n, N_l), l = 2 .. L; None in place of σ′ where σ is not elementwise."""
    X, _ = inputs.as_samples(X, net.sizes[0], net.dtype)
    layers = net._make_plan(keep_z=True).layers(X, None, net.parameters)
    found = {}
    for l in net.W:
        z, a, _ = layers[l]
        sigma = net.layer_activations[l - 1]
        derivative = sigma.spec.derivative
        found[l] = a, None if derivative is None else np.asarray(derivative(z, a, **sigma.params))
    return found


def _of(l: int, slopes: np.ndarray) -> Flatness:
    flat = np.abs(slopes) < FLAT
    dead = (slopes == 0).all(axis=0)
    return Flatness(l, dead, ~dead & (flat.mean(axis=0) >= ALMOST_ALWAYS), float(flat.mean()), len(slopes))
