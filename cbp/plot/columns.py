"""Where the nodes of a layer stand in a schematic: one below the other, with dots in the place of those left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import inputs
from ..network import Network

__all__ = ["Column", "check_layer", "sizes_of"]

FEWEST = 3  # rows that can hold dots in their middle


def sizes_of(net: Network | Sequence[int]) -> tuple[int, ...]:
    """N_1 .. N_L of a network, or of what stands for one."""
    if isinstance(net, Network):
        return net.sizes
    sizes = tuple(inputs.as_whole(size, "sizes") for size in net)
    if len(sizes) < 2:
        raise ValueError(f"net: expected a network or two sizes or more such as [3, 4, 2], got {list(sizes)}")
    return sizes


def check_layer(l: int, sizes: Sequence[int]) -> None:
    """Raise ValueError unless layer `l` has weights."""
    if l not in range(2, len(sizes) + 1):
        raise ValueError(f"l: expected a layer with weights, 2 to {len(sizes)}, got {l!r}")


@dataclass(frozen=True)
class Column:
    """The nodes of a layer that are shown, a unit of height apart, around height 0.

    Attributes
    ----------
    l, size : int
        The layer, and N_l.
    x : float
    units : (k,) int array
        The numbers, from 1, of the units that are shown.
    y : (k,) float array
        Their heights, falling.
    dots : float or None
        The height of the dots that stand for the units left out.
    one : float or None
        The height of the "1" node, whose edges are the biases of the next layer.
    """

    l: int
    size: int
    x: float
    units: np.ndarray
    y: np.ndarray
    dots: float | None
    one: float | None

    @classmethod
    def of(cls, l: int, size: int, x: float, most: int, one: bool) -> Column:
        """A column of at most `most` rows; layer `l` has `size` units."""
        rows = min(size, inputs.as_whole(most, "most", FEWEST))
        heights = (rows - 1) / 2 - np.arange(rows)
        units, dots = np.arange(1, rows + 1), None
        if size > most:
            above = rows // 2 + 1  # the dots take a row, below the middle
            units = np.concatenate([units[: above - 1], units[above:] + size - most])
            dots, heights = float(heights[above - 1]), np.delete(heights, above - 1)
        return cls(l, size, x, units, heights, dots, float(heights[-1]) - 1.0 if one else None)

    @property
    def lowest(self) -> float:
        """The height of the lowest node."""
        return float(self.y[-1]) if self.one is None else self.one
