"""The schematic of a single layer, the paper's Figure 2: summation and activation as nodes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..network import Network
from .canvas import axes_for
from .colours import BLUE, GREEN, ink, paper
from .columns import Column, check_layer, sizes_of
from .edges import draw_edges, edges_between
from .nodes import LEGIBLE, draw_dots, draw_nodes, draw_one, stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layer_schematic"]

Z, SIGMA, A, SUM, OUT = 0.0, 0.6, 1.2, 3.2, 3.8  # where the columns stand
ALL = 16  # weights that can all be labelled


def layer_schematic(net: Network | Sequence[int], l: int = 2, *, most: int = 6, ax: Axes | None = None) -> Axes:
    """Draw how layer l-1 becomes layer l, as the paper's Figure 2: z^{l-1}, σ nodes, weights, + nodes, z^l.

    Parameters
    ----------
    net : Network, or sequence of int
        Or the sizes N_1 .. N_L alone, whose edges are all alike.
    l : int
        The layer, 2 .. L, whose weights W^l and biases b^l are drawn.
    most : int
        A layer of more units is drawn with so many rows, dots in the place of those left out.
    ax : Axes, optional

    Returns
    -------
    Axes

    Notes
    -----
    The σ nodes are green, as what comes out of them, a_j^{l-1} = σ(z_j^{l-1}); the + nodes, blue, sum the a_j^{l-1},
    each times the weight w_ij^l of its edge, and 1 times the bias b_i^l. The colours of edges are those of `schematic`.
    """
    sizes = sizes_of(net)
    check_layer(l, sizes)
    left = Column.of(l - 1, sizes[l - 2], A, most, True)
    right = Column.of(l, sizes[l - 1], SUM, most, False)
    rows = max(float(left.y[0]), float(right.y[0])) - left.lowest
    ax = axes_for(ax, (7.5, min(max(3.2, 0.8 * rows + 1.9), 8.0)))
    size = stage(ax, (Z - 0.4, OUT + 0.4), (left, right), apart=0.7, legend=isinstance(net, Network))
    draw_edges(ax, edges_between(net, left, right), max(size / 9, 0.8))
    _draw_left(ax, left, size)
    _draw_right(ax, right, size)
    _label_weights(ax, left, right, size)
    _caption(ax, net, l, sizes)
    return ax


def _draw_left(ax: Axes, column: Column, size: float) -> None:
    """z^{l-1} into σ nodes, a^{l-1} out of them to where the edges begin."""
    box: dict[str, Any] = {"facecolor": paper(ax), "edgecolor": "none", "pad": 2.0}
    for unit, y in zip(column.units, column.y, strict=True):
        index = f"_{{{unit}}}^{{{column.l}}}$"
        _arrow(ax, Z, A, float(y))
        ax.text(Z, y, f"$z{index}", ha="right", va="center")
        ax.text(A, y, f"$a{index}", ha="center", va="center", color=GREEN, bbox=box, zorder=2)
    draw_nodes(ax, SIGMA, column.y, size, [r"$\sigma$"] * len(column.y), "sigma", edgecolors=GREEN, linewidths=1.8)
    draw_dots(ax, column, SIGMA, size)
    draw_one(ax, column, size)


def _draw_right(ax: Axes, column: Column, size: float) -> None:
    """The + nodes, and z^l out of them."""
    for unit, y in zip(column.units, column.y, strict=True):
        _arrow(ax, SUM, OUT, float(y))
        ax.text(OUT, y, f" $z_{{{unit}}}^{{{column.l}}}$", va="center")
    draw_nodes(ax, SUM, column.y, size, ["$+$"] * len(column.y), "sum", edgecolors=BLUE, linewidths=1.8)
    draw_dots(ax, column, SUM, size)


def _arrow(ax: Axes, start: float, end: float, y: float) -> None:
    style = {"arrowstyle": "-|>", "color": ink(ax), "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (end, y), (start, y), arrowprops=style, zorder=1)


def _label_weights(ax: Axes, left: Column, right: Column, size: float) -> None:
    """Name every edge where they are few, else the highest and the lowest."""
    assert left.one is not None  # it was asked for
    starts = [(str(unit), float(y)) for unit, y in zip(left.units, left.y, strict=True)] + [("", left.one)]
    ends = [(str(unit), float(y)) for unit, y in zip(right.units, right.y, strict=True)]
    few = len(starts) * len(ends) <= ALL
    font = min(10.0, 0.36 * size)
    if font < LEGIBLE:
        return
    box: dict[str, Any] = {"facecolor": paper(ax), "edgecolor": "none", "pad": 0.8}
    for j, (source, start) in enumerate(starts):
        for i, (target, end) in enumerate(ends):
            if not few and (i, j) not in {(0, 0), (len(ends) - 1, len(starts) - 1)}:
                continue
            comma = "," if len(source) > 1 or len(target) > 1 else ""
            name = f"w_{{{target}{comma}{source}}}" if source else f"b_{{{target}}}"
            t = 0.3 + 0.25 * (i / max(len(ends) - 1, 1)) if few else 0.5
            where = left.x + t * (right.x - left.x), start + t * (end - start)
            label = f"${name}^{{{right.l}}}$"
            ax.text(*where, label, ha="center", va="center", fontsize=font, color=ink(ax), bbox=box, zorder=2)


def _caption(ax: Axes, net: Network | Sequence[int], l: int, sizes: Sequence[int]) -> None:
    sigma = f" = {net.layer_activations[l - 2]}" if isinstance(net, Network) else ""
    captions = [rf"$\sigma${sigma}", f"$W^{{{l}}}$: {sizes[l - 1]:,} × {sizes[l - 2]:,}", "sum"]
    ax.set_xticks([SIGMA, (A + SUM) / 2, SUM], captions, fontsize="small")
    ax.tick_params(axis="x", length=0)
    ax.set_title(f"Layer {l}: $z^{{{l}}} = W^{{{l}}} a^{{{l - 1}}} + b^{{{l}}}$")
