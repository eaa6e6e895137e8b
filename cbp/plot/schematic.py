"""The schematic of a network, the paper's Figure 1."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..network import Network
from .canvas import axes_for, extent
from .colours import ink, paper
from .columns import Column, sizes_of
from .edges import draw_edges, edges_between
from .nodes import LEGIBLE, draw_dots, draw_nodes, draw_one, stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["schematic"]

APART = 2.2  # from column to column, in inches of a figure of its own


def schematic(
    net: Network | Sequence[int],
    *,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    most: int = 10,
    labels: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a network as the paper's Figure 1 does: a column of nodes for each layer, an edge for each weight.

    Parameters
    ----------
    net : Network, or sequence of int
        Or the sizes N_1 .. N_L alone, whose edges are all alike.
    input_names, output_names : sequence of str, optional
        What stands beside the first and the last layer, N_1 and N_L names.
    most : int
        A layer of more units is drawn with so many rows, dots in the place of those left out.
    labels : bool
        Whether to write z_i^1, a_i^l, w_ij^l and b_i^l.
    ax : Axes, optional

    Returns
    -------
    Axes

    Notes
    -----
    Layer l's nodes sum their inputs and apply σ. The edge from unit j of layer l-1 to unit i of layer l is w_ij^l;
    those of the "1" node are the biases b_i^l. Blue edges are positive and vermilion ones negative; width and strength
    are |w| in parts of the largest that is shown. Nodes too small for a label have none.
    """
    sizes = sizes_of(net)
    columns = [Column.of(l, n, float(l), most, l < len(sizes)) for l, n in enumerate(sizes, start=1)]
    ax = axes_for(ax, _figure_size(columns))
    size = stage(ax, (0.6, len(sizes) + 0.4), columns, legend=isinstance(net, Network))
    pairs = list(pairwise(columns))
    draw_edges(ax, [edges for pair in pairs for edges in edges_between(net, *pair)], max(size / 9, 0.8))
    for column in columns:
        _draw_column(ax, column, size, labels)
    if labels:
        _label_weights(ax, pairs, size)
    _name(ax, columns[0], input_names, size, "right")
    _name(ax, columns[-1], output_names, size, "left")
    _caption(ax, net, sizes)
    return ax


def _figure_size(columns: list[Column]) -> tuple[float, float]:
    rows = max(float(column.y[0]) for column in columns) - min(column.lowest for column in columns)
    return min(max(4.5, APART * len(columns)), 16.0), min(max(3.2, 0.5 * rows + 1.9), 8.0)


def _draw_column(ax: Axes, column: Column, size: float, labels: bool) -> None:
    letter = "z" if column.l == 1 else "a"
    names = [f"${letter}_{{{unit}}}^{{{column.l}}}$" if labels else "" for unit in column.units]
    draw_nodes(ax, column.x, column.y, size, names, f"layer{column.l}")
    draw_dots(ax, column, column.x, size)
    draw_one(ax, column, size)


def _label_weights(ax: Axes, pairs: list[tuple[Column, Column]], size: float) -> None:
    """Name the highest and the lowest edge between two columns: the first weight and the last bias."""
    font = min(11.0, 0.36 * size)
    if font < LEGIBLE:
        return
    box: dict[str, Any] = {"facecolor": paper(ax), "edgecolor": "none", "pad": 1.0}
    for left, right in pairs:
        assert left.one is not None  # every column but the last has one
        ends = {f"$w_{{11}}^{{{right.l}}}$": (left.y[0], right.y[0])}
        ends[f"$b_{{{right.size}}}^{{{right.l}}}$"] = left.one, right.y[-1]
        for label, (start, end) in ends.items():
            middle = (left.x + right.x) / 2, (start + end) / 2
            ax.text(*middle, label, ha="center", va="center", fontsize=font, color=ink(ax), bbox=box, zorder=2)


def _name(ax: Axes, column: Column, names: Sequence[str], size: float, side: str) -> None:
    """Write names beside the nodes of the first or the last column."""
    if not names:
        return
    if len(names) != column.size:
        which = "input" if side == "right" else "output"
        raise ValueError(f"{which}_names: expected {column.size} names, got {len(names)}")
    away = (-1 if side == "right" else 1) * (size / 2 + 5)
    for unit, y in zip(column.units, column.y, strict=True):
        where, offset = (column.x, float(y)), (away, 0.0)
        style: dict[str, Any] = {"ha": side, "va": "center", "fontsize": "small", "parse_math": False}
        ax.annotate(names[unit - 1], where, offset, textcoords="offset points", **style)


def _caption(ax: Axes, net: Network | Sequence[int], sizes: Sequence[int]) -> None:
    """Say below each column which layer it is, and above the picture which network."""
    captions = [f"layer {l}\n{n:,} {'input' if l == 1 else 'unit'}{'s' * (n > 1)}" for l, n in enumerate(sizes, 1)]
    if isinstance(net, Network):
        sigmas = ["" if l == 0 and str(s) == "identity" else str(s) for l, s in enumerate(net.layer_activations)]
        captions = [f"{words}\n{sigma}" for words, sigma in zip(captions, sigmas, strict=True)]
    longest = max(len(line) for words in captions for line in words.split("\n"))
    upright = 5.5 * longest > extent(ax)[0] / len(sizes)
    ax.set_xticks(
        range(1, 1 + len(sizes)),
        captions,
        fontsize="small",
        rotation=90 if upright else 0,
        ma="right" if upright else "center",
    )
    ax.tick_params(axis="x", length=0)
    count = sum(n * (m + 1) for m, n in pairwise(sizes))
    shape = "-".join(map(str, sizes)) if len(sizes) <= 8 else f"{len(sizes)} layers"
    ax.set_title(f"{shape}: {count:,} parameters")
