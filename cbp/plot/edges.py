"""The edges of a schematic: a line for each weight, its colour the sign, its width and strength the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import inputs
from ..network import Network
from .canvas import extent
from .colours import ORANGE, of_signs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .columns import Column

__all__ = ["Edges", "draw_edges", "edges_between"]

FAINTEST, THINNEST = 0.2, 0.5
WIDE = 210.0  # points of axes in which the legend has room


@dataclass(frozen=True, eq=False)
class Edges:
    """Some edges of a network.

    Attributes
    ----------
    name : str
        ``"W2"`` or ``"b2"``: the gid of their lines.
    ends : (..., 2, 2) array
        (x, y) where each begins and ends.
    values : (...) array, or None
        Their weights, if these are known.
    """

    name: str
    ends: np.ndarray
    values: np.ndarray | None


def edges_between(net: Network | Sequence[int], left: Column, right: Column) -> list[Edges]:
    """Those of W^l, (k_l, k_{l-1}), and of b^l, (k_l,), between the units that are shown of two layers."""
    l, W, b = right.l, None, None
    if isinstance(net, Network):
        W = inputs.as_matrix(net.W[l][np.ix_(right.units - 1, left.units - 1)], net.dtype, f"W[{l}]")
        b = inputs.as_matrix(net.b[l][right.units - 1], net.dtype, f"b[{l}]")
    starts = [(left.x, y) for y in left.y]
    ends = np.array([[(start, (right.x, y)) for start in [*starts, (left.x, left.one)]] for y in right.y])
    return [Edges(f"W{l}", ends[:, :-1], W), Edges(f"b{l}", ends[:, -1], b)]


def draw_edges(ax: Axes, edges: Sequence[Edges], widest: float) -> None:
    """Draw edges, the strongest of each collection on top and `widest` points wide; say below what colours mean."""
    strengths = [float(np.abs(each.values).max()) for each in edges if each.values is not None]
    greatest = max(strengths, default=0.0)
    for each in edges:
        _draw(ax, each, greatest or 1.0, widest)
    if strengths:
        _write_legend(ax, greatest, min(widest, 3.0))


def _draw(ax: Axes, edges: Edges, greatest: float, widest: float) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba_array

    ends = edges.ends.reshape(-1, 2, 2)
    if edges.values is None:
        ax.add_collection(LineCollection(list(ends), colors=ORANGE, linewidths=widest / 3, gid=edges.name, zorder=1))
        return
    values = edges.values.ravel()
    order = np.argsort(np.abs(values), kind="stable")
    strength = np.abs(values[order]) / greatest
    positive, negative = of_signs(ax)
    colours = to_rgba_array([positive if value > 0 else negative for value in values[order]])
    colours[:, 3] = FAINTEST + (1 - FAINTEST) * strength
    widths = THINNEST + (widest - THINNEST) * strength
    lines = LineCollection(list(ends[order]), colors=colours, linewidths=widths, gid=edges.name, zorder=1)
    lines.set_capstyle("round")
    ax.add_collection(lines)


def _write_legend(ax: Axes, greatest: float, widest: float) -> None:
    from matplotlib.lines import Line2D

    if extent(ax)[0] < WIDE:
        return
    words = "positive", f"negative (widest line: {greatest:.3g})"
    handles = [
        Line2D([], [], color=colour, linewidth=widest, label=label)
        for colour, label in zip(of_signs(ax), words, strict=True)
    ]
    ax.legend(handles=handles, loc="lower center", ncols=2, frameon=False, fontsize="small", borderaxespad=0)
