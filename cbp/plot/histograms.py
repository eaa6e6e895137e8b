"""Histograms of what goes forward and of what comes back, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .canvas import Panels, panels_for
from .colours import of_signs
from .flatness import _of as flat_units
from .flatness import slopes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..network import Network

__all__ = ["activation_histograms", "gradient_histograms"]

BINS = 40
VANISHING = 0.01  # of another layer's gradient


def activation_histograms(net: Network, X: ArrayLike, *, ax: Panels = None) -> np.ndarray:
    """Draw how the activations a^l of each layer 2 .. L are distributed, and say how many units are dead or saturated.

    Parameters
    ----------
    net : Network
    X : (n, N_1) array_like
        A few hundred samples are enough.
    ax : Axes or sequence of Axes, optional
        One for each layer 2 .. L.

    Returns
    -------
    array of Axes

    See Also
    --------
    flatness : The counts, unit by unit, and what the words mean.
    """
    layers = slopes_of(net, X)
    axes = panels_for(ax, len(layers), columns=4)
    for each, (l, (a, slopes)) in zip(axes, layers.items(), strict=True):
        _draw(each, a, color=of_signs(each)[0])
        each.set(xlabel=f"$a^{{{l}}}$", ylabel="part of the values")
        _head(each, f"layer {l}: {net.layer_activations[l - 1]}", _dead(l, slopes, net.sizes[l - 1]))
    return axes


def gradient_histograms(net: Network, X: ArrayLike, targets: ArrayLike, *, ax: Panels = None) -> np.ndarray:
    """Draw how large the derivatives δE/δw_ij^l of each layer 2 .. L are, and say how many units get none.

    Parameters
    ----------
    net : Network
    X : (n, N_1) array_like
    targets : (n, N_L) array_like, or (n,) integer labels
    ax : Axes or sequence of Axes, optional
        One for each layer 2 .. L.

    Returns
    -------
    array of Axes

    Notes
    -----
    The axis is logarithmic and the same for all layers: gradients that vanish on their way back are ever further left
    the lower the layer. A unit gets no gradient if δE/δw_ij^l is 0 for all j.
    """
    gradients = net.gradients(X, targets).W
    axes = panels_for(ax, len(gradients), columns=4)
    sizes = {l: np.abs(gradients[l].astype(np.float64)) for l in gradients}
    greatest = max((float(np.median(size)), l) for l, size in sizes.items())
    edges = _decades([size[size > 0] for size in sizes.values()])
    for each, (l, size) in zip(axes, sizes.items(), strict=True):
        _draw(each, size[size > 0], edges, color=of_signs(each)[1])
        each.set(xscale="log", xlabel=rf"$|\partial E/\partial w_{{ij}}^{{{l}}}|$", ylabel="part of the weights")
        each.set_xlim(edges[0], edges[-1])
        _head(each, *_learns(l, size, greatest, l in net.frozen))
    return axes


def _draw(ax: Axes, values: np.ndarray, bins: Any = BINS, **style: Any) -> None:
    """A histogram of parts of the whole."""
    flat = np.ravel(values)
    if flat.size:
        ax.hist(flat, bins=bins, weights=np.full(flat.size, 1 / flat.size), **style)


def _head(ax: Axes, title: str, words: str) -> None:
    ax.set_title(f"{title}\n{words}", fontsize="small")


def _dead(l: int, slopes: np.ndarray | None, units: int) -> str:
    if slopes is None:
        return f"{units:,} units"
    found = flat_units(l, slopes)
    return f"of {units:,} units {found.dead.sum():,} dead, {found.saturated.sum():,} saturated"


def _learns(l: int, size: np.ndarray, greatest: tuple[float, int], frozen: bool) -> tuple[str, str]:
    """What the panel of layer `l` says; `greatest` is the largest median of a layer, and that layer."""
    if frozen:
        return f"layer {l}", "frozen"
    units, none, median = len(size), int((size == 0).all(axis=1).sum()), float(np.median(size))
    words = f"{none:,} of {units:,} units get none"
    if 0 < median < VANISHING * greatest[0]:
        words = f"1/{float(f'{greatest[0] / median:.2g}'):,.0f} of layer {greatest[1]}'s; {words}"
    return f"layer {l}: median {median:.1e}", words


def _decades(sizes: list[np.ndarray]) -> np.ndarray:
    """Bins of equal width in the logarithm that hold every size."""
    every = np.concatenate(sizes)
    low, high = (np.log10(every.min()), np.log10(every.max())) if every.size else (-1.0, 0.0)
    return np.logspace(low - 0.01, high + 0.01, BINS + 1)
