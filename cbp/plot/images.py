"""The weights of a layer as pictures: what each of its units looks for in an image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import inputs
from .canvas import axes_for, bare, extent
from .colours import diverging, ink, paper
from .columns import check_layer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..network import Network

__all__ = ["weight_images"]

NUMBERED, TALL = 40, 24.0  # how many images can have numbers, and how many points tall each must be


def weight_images(
    net: Network, shape: Sequence[int] | None = None, *, l: int = 2, most: int = 100, ax: Axes | None = None
) -> Axes:
    """Draw the rows of W^l as images: blue where a unit adds, vermilion where it subtracts.

    Parameters
    ----------
    net : Network
    shape : sequence of int, optional
        (height, width) or (height, width, channels) of an image of N_{l-1} numbers; by default a square. The channels
        are drawn side by side.
    l : int
        The layer, 2 .. L.
    most : int
        How many units to draw, from the first.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        W^l's rows are no images of that shape, or there is no such layer.

    Notes
    -----
    All images have one scale, symmetric around white, 0.
    """
    check_layer(l, net.sizes)
    W = inputs.as_matrix(net.W[l], net.dtype, f"W[{l}]")
    most = inputs.as_whole(most, "most")
    images = _images(W[:most], _shape(W.shape[1], shape))
    sheet = _sheet(images)
    rows, columns = (extent // (side + 1) for extent, side in zip(sheet.shape, images.shape[1:], strict=True))
    ax = axes_for(ax, _figure_size(*sheet.shape), image=True)
    bare(ax)
    greatest = float(np.abs(images).max()) or 1.0
    image = ax.imshow(sheet, cmap=diverging(), vmin=-greatest, vmax=greatest, interpolation="antialiased")
    if len(images) <= NUMBERED and extent(ax)[1] / rows > TALL:
        _number(ax, len(images), columns, images.shape[1:])
    ax.figure.colorbar(image, ax=ax, label=f"$w_{{ij}}^{{{l}}}$", shrink=0.8)
    left_out = f", the first {len(images):,} of {len(W):,}" if len(images) < len(W) else ""
    ax.set_title(f"Weights of layer {l}{left_out}")
    return ax


def _shape(width: int, shape: Sequence[int] | None) -> tuple[int, ...]:
    side = math.isqrt(width)
    given = (side, side) if shape is None else tuple(int(n) for n in shape)
    given = (1, *given) if len(given) == 1 else given
    if math.prod(given) != width or len(given) not in (2, 3):
        asked = "no square" if shape is None else f"not {' × '.join(map(str, given))}"
        raise ValueError(f"shape: expected (height, width) of an image of {width} numbers, which is {asked}")
    return given


def _images(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(k, height, width) of k rows; channels side by side."""
    images = rows.reshape(len(rows), *shape)
    return np.concatenate(np.moveaxis(images, -1, 0), axis=-1) if len(shape) == 3 else images


def _sheet(images: np.ndarray) -> np.ndarray:
    """All images on one sheet, NaN around each."""
    count, height, width = images.shape
    columns = min(count, math.ceil(math.sqrt(count * (height + 1) / (width + 1) * 1.3)))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * columns, height + 1, width + 1), np.nan)
    sheet[:count, 1:, 1:] = images
    return sheet.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2).reshape(rows * (height + 1), -1)


def _figure_size(height: int, width: int) -> tuple[float, float]:
    across = 6.5
    return across + 1.0, min(max(across * height / width + 0.6, 1.8), 9.0)


def _number(ax: Axes, count: int, columns: int, shape: tuple[int, ...]) -> None:
    """Write each unit's number, from 1, above its image's left corner."""
    height, width = shape
    box = {"facecolor": paper(ax), "edgecolor": "none", "pad": 0.8, "alpha": 0.75}
    for i in range(count):
        row, column = divmod(i, columns)
        corner = column * (width + 1) + 0.5, row * (height + 1) + 0.5
        ax.annotate(
            str(i + 1), corner, (1.5, -1.5), textcoords="offset points", va="top", fontsize=7, color=ink(ax), bbox=box
        )
