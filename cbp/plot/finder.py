"""The curve of a learning-rate finder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .canvas import axes_for, legend
from .colours import of_signs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Found", "lr_finder"]

ABOVE = 1.5  # how far above its first value, in spans of the fall, the curve is shown


class Found(Protocol):
    """What a learning-rate finder returns: the cost at each rate, and the rate to begin with."""

    @property
    def rates(self) -> Sequence[float] | np.ndarray:
        """The rates tried, rising."""

    @property
    def costs(self) -> Sequence[float] | np.ndarray:
        """The cost at each."""

    @property
    def suggestion(self) -> float | None:
        """A rate to train with; None where none of them was good."""


def lr_finder(found: Found, ax: Axes | None = None) -> Axes:
    """Draw the cost over the learning rates that were tried, and the one that is suggested.

    Parameters
    ----------
    found : object
        What the learning-rate finder returned: ``.rates``, ``.costs`` and ``.suggestion``.
    ax : Axes, optional

    Returns
    -------
    Axes

    Notes
    -----
    Where the training diverges the cost grows without bound; the picture ends a little above the first cost, so that
    the fall before can be seen.
    """
    ax = axes_for(ax)
    rates, costs = np.asarray(found.rates, float), np.asarray(found.costs, float)
    if rates.size == 0 or rates.shape != costs.shape:
        raise ValueError(f"found: expected a cost for each of some rates, got {costs.size} for {rates.size}")
    line, mark = of_signs(ax)
    ax.plot(rates, costs, color=line, marker="o" if rates.size == 1 else None)
    ax.set(xscale="log", xlabel="learning rate η", ylabel="cost E", title="Learning-rate finder")
    finite = costs[np.isfinite(costs)]
    if finite.size:
        ax.set_ylim(*_range(finite))
    if found.suggestion is not None:
        ax.axvline(found.suggestion, color=mark, linestyle=(0, (5, 1.5)), label=f"suggested: {found.suggestion:.2g}")
        legend(ax)
    return ax


def _range(costs: np.ndarray) -> tuple[float, float]:
    least, greatest = float(costs.min()), float(costs.max())
    fall = max(float(costs[0]) - least, 0.1 * abs(least), 1e-12)
    top = min(greatest, float(costs[0]) + ABOVE * fall) if greatest > least else least + fall
    margin = 0.05 * (top - least)
    return least - margin, top + margin
