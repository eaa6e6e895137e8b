"""The nodes of a schematic: discs with the paper's letters, as large as the figure has room for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .canvas import bare, extent
from .colours import ink, paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .columns import Column

__all__ = ["LEGIBLE", "draw_dots", "draw_nodes", "draw_one", "stage"]

LARGEST, SMALLEST = 34.0, 3.0  # points
LEGIBLE = 5.0  # points of a font
BELOW = 26.0  # points of the axes that the legend takes
ROW = 0.6  # what is left free above and below the nodes


def stage(
    ax: Axes, across: tuple[float, float], columns: Sequence[Column], *, apart: float = 1.0, legend: bool
) -> float:
    """Make `ax` ready for columns of nodes.

    Parameters
    ----------
    ax : Axes
    across : (float, float)
        Its limits along the horizontal axis.
    columns : sequence of Column
    apart : float
        How far two columns are apart.
    legend : bool
        Whether to leave room for one below.

    Returns
    -------
    float
        The diameter of the nodes in points.
    """
    bare(ax)
    width, height = extent(ax)
    below = BELOW if legend else 0.0
    top = max(float(column.y[0]) for column in columns) + ROW
    low = min(column.lowest for column in columns) - ROW
    row = max(height - below, 1.0) / (top - low)
    ax.set(xlim=across, ylim=(low - below / row, top))
    return float(np.clip(min(0.4 * width * apart / (across[1] - across[0]), 0.7 * row), SMALLEST, LARGEST))


def draw_nodes(
    ax: Axes, x: float, y: np.ndarray, size: float, labels: Sequence[str], called: str, **style: Any
) -> None:
    """Draw a disc of `size` points at each height, and its label in it if there is room."""
    usual: dict[str, Any] = {"facecolors": [paper(ax)], "edgecolors": ink(ax), "linewidths": min(1.2, size / 12)}
    ax.scatter(np.full(len(y), x), y, s=size**2, gid=called, zorder=3, **(usual | style))
    for height, label in zip(y, labels, strict=True):
        font = _font(label, size)
        if font >= LEGIBLE:
            ax.text(x, height, label, fontsize=font, ha="center", va="center", color=ink(ax), zorder=4)


def draw_one(ax: Axes, column: Column, size: float) -> None:
    """Draw the "1" node of a column: smaller, and dashed."""
    if column.one is not None:
        style = {"linestyle": (0, (2, 1.5))}
        draw_nodes(ax, column.x, np.array([column.one]), 0.8 * size, ["1"], f"one{column.l}", **style)


def draw_dots(ax: Axes, column: Column, x: float, size: float) -> None:
    """Draw three dots in the place of the units left out."""
    if column.dots is not None:
        heights = column.dots + np.array([0.2, 0.0, -0.2])
        ax.scatter(np.full(3, x), heights, s=(size / 9) ** 2, color=ink(ax), gid=f"dots{column.l}", zorder=3)


def _font(label: str, size: float) -> float:
    """The points in which a label fits a disc of `size` points."""
    letters = len(re.sub(r"[$_^{}]", "", re.sub(r"\\\w+", "σ", label)))
    return min(14.0, size * (0.5 if letters <= 1 else 0.46 if letters <= 3 else 1.5 / letters))
