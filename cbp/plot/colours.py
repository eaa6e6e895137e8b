"""Colours that colour-blind readers tell apart (Okabe and Ito, 2008), on light and on dark backgrounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = [
    "BLUE",
    "GREEN",
    "ORANGE",
    "VERMILION",
    "contrast",
    "diverging",
    "ink",
    "is_dark",
    "of_classes",
    "of_signs",
    "paper",
]

BLUE, SKY, GREEN, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#E69F00"
VERMILION, PURPLE, YELLOW, GREY = "#D55E00", "#CC79A7", "#F0E442", "#7F7F7F"
CLASSES = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY, YELLOW)


def is_dark(colour: Any) -> bool:
    """Whether white is easier to read on `colour` than black."""
    from matplotlib.colors import to_rgb

    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114))) < 0.5


def contrast(colour: Any) -> str:
    """Black or white, whichever is easier to read on `colour`."""
    return "white" if is_dark(colour) else "black"


def paper(ax: Axes) -> Any:
    """The colour behind what is drawn in `ax`."""
    from matplotlib.colors import to_rgba

    behind = ax.get_facecolor()
    return behind if to_rgba(behind)[3] > 0.5 else ax.figure.get_facecolor()


def ink(ax: Axes) -> str:
    """The colour to write with in `ax`."""
    return contrast(paper(ax))


def of_signs(ax: Axes) -> tuple[str, str]:
    """The colours of positive and of negative numbers in `ax`."""
    return (SKY, ORANGE) if is_dark(paper(ax)) else (BLUE, VERMILION)


def of_classes(count: int) -> list[Any]:
    """A colour for each of `count` classes: different ones for eight, then a scale."""
    if count <= len(CLASSES):
        return list(CLASSES[:count])
    import matplotlib as mpl

    return list(mpl.colormaps["viridis"](np.linspace(0, 1, count)))


def diverging(strength: float = 1.0) -> Colormap:
    """From the colour of negative numbers over white to that of positive ones; paler for less `strength`."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = pale(VERMILION, strength), "white", pale(BLUE, strength)
    return LinearSegmentedColormap.from_list("cbp_signs", ends)


def pale(colour: Any, strength: float) -> tuple[float, float, float]:
    """`strength` of a colour in white."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue
