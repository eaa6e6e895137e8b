"""Where a picture is drawn: the caller's axes, or a new figure's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Panels", "axes_for", "bare", "extent", "legend", "panels_for"]

Panels: TypeAlias = "Axes | Sequence[Axes] | np.ndarray | None"

WIDTH, HEIGHT = 3.6, 2.8  # of a panel, in inches


def axes_for(ax: Axes | None, size: tuple[float, float] = (6.0, 4.0), *, image: bool = False) -> Axes:
    """`ax`, or the axes of a new figure of `size` inches; of an `image`, whose pixels stay square."""
    if ax is not None:
        return ax
    made: Axes = _pyplot().subplots(figsize=size, layout="compressed" if image else "constrained")[1]
    return made


def panels_for(ax: Panels, count: int, columns: int = 3) -> np.ndarray:
    """One axes for each of `count` panels: those given, or a new figure's, in rows of at most `columns`.

    Parameters
    ----------
    ax : Axes, sequence of Axes, or None
    count, columns : int

    Returns
    -------
    (count,) array of Axes

    Raises
    ------
    ValueError
        Another number of axes was given.
    """
    if ax is not None:
        given = np.asarray(ax, dtype=object).ravel()
        if len(given) != count:
            raise ValueError(f"ax: expected {count} axes, one for each panel, got {len(given)}")
        return given
    rows = math.ceil(count / columns)
    columns = math.ceil(count / rows)
    size = (WIDTH * columns, HEIGHT * rows) if count > 1 else (6.0, 4.0)
    grid = _pyplot().subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)[1]
    for unused in grid.flat[count:]:
        unused.remove()
    return np.asarray(grid.flat[:count])


def extent(ax: Axes) -> tuple[float, float]:
    """Width and height of `ax` in points."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width * 72 / dpi, box.height * 72 / dpi


def bare(ax: Axes) -> None:
    """Leave nothing of `ax` but its background: no ticks, no frame."""
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def legend(ax: Axes) -> None:
    """Write a legend where it hides least, whose names may have dollars in them."""
    made = ax.legend(loc="best")  # said, so that matplotlib does not warn on a busy machine that looking took a second
    for text in made.get_texts():
        text.set_parse_math(False)


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise ImportError(
            f"cbp.plot draws with matplotlib, which is not there ({error}); install it with pip install 'cbp[plot]'"
        ) from error
    return plt
