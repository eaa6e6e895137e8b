"""What a network of two inputs says everywhere in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs
from ..network import Network
from .canvas import axes_for, legend
from .colours import diverging, of_classes, pale
from .plane import Grid, Limits, Predict, around, checked_targets, names_of, targets_as_classes, targets_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decision_boundary"]

MARKERS = "os^Dv<>pP*Xh"
IN_LEGEND = 8  # classes whose colours are told apart
PALE = 0.55  # of the colours behind the samples


def decision_boundary(
    net: Network | Predict,
    X: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    *,
    output: int | None = None,
    threshold: float | None = None,
    class_names: Sequence[str] = (),
    limits: Limits | None = None,
    resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a network of two inputs answers in the plane: its classes and their boundary, or its output.

    Parameters
    ----------
    net : Network or callable
        Or a function of samples (n, 2) that returns outputs (n, N_L), such as
        ``lambda X: preparation.outputs(net, X)``.
    X : (n, 2) array_like, optional
        Samples to draw.
    targets : (n,) or (n, N_L) array_like, optional
        Their labels, one-hot rows, or numbers: the samples' colours.
    output : int, optional
        Draw a_j^L of this output, from 0. By default the classes of several outputs, the largest of which counts, or
        the one output there is.
    threshold : float, optional
        Where to draw the boundary of a single output; by default 0.5 where its targets are 0 and 1, 0 where they are
        -1 and 1, and nowhere else.
    class_names : sequence of str, optional
        What the labels stand for.
    limits : ((float, float), (float, float)), optional
        Range of the first and of the second input; by default that of the samples and a tenth of it around.
    resolution : int
        Points along each axis at which the network is asked.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The network has not two inputs, or there are neither samples nor limits.
    """
    if isinstance(net, Network) and net.sizes[0] != 2:
        raise ValueError(f"net: expected a network of 2 inputs, got one of {net.sizes[0]}")
    samples = None if X is None else inputs.as_samples(X, 2, np.dtype(np.float64))[0]
    ranges = limits or around(samples)
    grid = Grid.of(net.predict if isinstance(net, Network) else net, ranges, resolution)
    k, y = grid.outputs.shape[-1], checked_targets(targets, samples)
    ax = axes_for(ax, (6.0, 4.8))
    if k > 1 and output is None:
        _draw_classes(ax, grid, samples, targets_as_classes(y, k), names_of(class_names, k))
    else:
        j = inputs.as_whole(output or 0, "output", 0, k - 1)
        y = targets_of(y, j, k)
        _draw_values(ax, grid, j, samples, y, _threshold(y) if threshold is None else threshold)
    ax.grid(visible=False)
    ax.set(xlim=ranges[0], ylim=ranges[1], xlabel="input 1", ylabel="input 2")
    return ax


def _threshold(y: np.ndarray | None) -> float | None:
    """What lies between the two classes that `y` may stand for."""
    there = set() if y is None else set(np.unique(y).tolist())
    return 0.5 if there == {0, 1} else 0.0 if there == {-1, 1} else None


def _draw_classes(
    ax: Axes, grid: Grid, samples: np.ndarray | None, labels: np.ndarray | None, names: Sequence[str]
) -> None:
    """A region of each class, a line between them, samples with colour and shape of their class."""
    from matplotlib.colors import ListedColormap

    k = grid.outputs.shape[-1]
    colours, regions = of_classes(k), grid.outputs.argmax(axis=-1)
    options: dict[str, Any] = {"shading": "nearest", "rasterized": True, "zorder": 0}
    behind = ListedColormap([pale(colour, 0.3) for colour in colours])
    ax.pcolormesh(grid.x, grid.y, regions, cmap=behind, vmin=-0.5, vmax=k - 0.5, **options)
    for label in np.unique(regions):
        margin = grid.outputs[..., label] - np.delete(grid.outputs, label, axis=-1).max(axis=-1)
        _line(ax, grid, margin, 0.0)
        if k > IN_LEGEND:
            _write(ax, grid, regions == label, names[label])
    ax.set_title("Predicted class")
    if samples is None:
        return
    if labels is None:
        _scatter(ax, samples, len(samples), color="black")
        return
    for label in np.unique(labels).astype(int):
        style = {"color": colours[label], "marker": MARKERS[label % len(MARKERS)], "label": names[label]}
        _scatter(ax, samples[labels == label], len(samples), **style)
    if k <= IN_LEGEND:
        legend(ax)


def _draw_values(
    ax: Axes, grid: Grid, output: int, samples: np.ndarray | None, y: np.ndarray | None, threshold: float | None
) -> None:
    """The output as a colour, its boundary as a line, samples in the colours of their targets."""
    from matplotlib.colors import CenteredNorm, Normalize

    values = grid.outputs[..., output]
    seen = values if y is None else np.concatenate([values.ravel(), y.ravel()])
    norm = Normalize(seen.min(), seen.max()) if threshold is None else CenteredNorm(threshold)
    cmap, behind = ("cividis", "cividis") if threshold is None else (diverging(), diverging(PALE))
    norm.autoscale_None(seen)
    surface = ax.pcolormesh(
        grid.x, grid.y, values, cmap=behind, norm=norm, shading="nearest", rasterized=True, zorder=0
    )
    ax.figure.colorbar(surface, ax=ax, label=f"$a_{{{output + 1}}}^L$")
    if threshold is not None:
        _line(ax, grid, values, threshold)
    if samples is not None:
        colours = {"color": "black"} if y is None else {"c": y.ravel(), "cmap": cmap, "norm": norm}
        _scatter(ax, samples, len(samples), **colours)
    ax.set_title("Output" if threshold is None else f"Output; on the line, {threshold:g}")


def _line(ax: Axes, grid: Grid, heights: np.ndarray, level: float) -> None:
    if heights.min() < level < heights.max():
        ax.contour(grid.x, grid.y, heights, levels=[level], colors="black", linewidths=1.2, zorder=2)


def _write(ax: Axes, grid: Grid, region: np.ndarray, name: str) -> None:
    """Write a class's name at the point of its region that is nearest to the middle."""
    places = np.argwhere(region)
    i, j = places[np.square(places - places.mean(axis=0)).sum(axis=1).argmin()]
    box: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5}
    style: dict[str, Any] = {"fontsize": "small", "color": "black", "bbox": box, "parse_math": False}
    where = float(grid.x[j]), float(grid.y[i])
    ax.text(*where, name, ha="center", va="center", zorder=4, **style)


def _scatter(ax: Axes, samples: np.ndarray, among: int, **colours: Any) -> None:
    """Samples as markers, smaller where they are `among` many."""
    size = float(np.clip(6000 / among, 4, 36))
    ax.scatter(
        samples[:, 0], samples[:, 1], s=size, edgecolors="black", linewidths=0.12 * size**0.5, zorder=3, **colours
    )
