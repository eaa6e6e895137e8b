"""The learning curves in a notebook, drawn again and again while a network trains."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..constants import check_at_least_0
from .callback import Callback
from .notebook import Display, in_notebook

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["LivePlot"]

SHARE = 10  # drawing takes at most one part in so many of the time


class LivePlot(Callback):
    """Draw the history's curves below the cell of a notebook, and draw them again as it grows.

    Parameters
    ----------
    quantities : str or sequence of str, optional
        Which, as in `cbp.plot.learning_curves`.
    seconds : float
        At least so much time from one picture to the next; more where drawing takes long. The last is always drawn.
    """

    def __init__(self, quantities: str | Sequence[str] | None = None, *, seconds: float = 1.0) -> None:
        check_at_least_0(seconds=seconds)
        self.quantities, self.seconds = quantities, seconds

    def on_train_begin(self, run: Run) -> None:
        """Find a place; RuntimeError where there is none."""
        if not in_notebook():
            raise RuntimeError(
                "LivePlot: expected a notebook to draw in; elsewhere, history.plot() draws when fit is done"
            )
        self._display, self._next, self._drawn = Display(), 0.0, -1

    def on_epoch_end(self, run: Run) -> None:
        """Draw, if it is time."""
        if time.monotonic() >= self._next:
            self._draw(run)

    def on_train_end(self, run: Run) -> None:
        """Draw all of it."""
        if self._drawn != run.history.epochs and run.history.epochs:
            self._draw(run)

    def _draw(self, run: Run) -> None:
        from matplotlib import pyplot as plt

        began = time.monotonic()
        figure = run.history.plot(self.quantities)[0].figure
        self._display(figure)
        plt.close(figure)
        now = time.monotonic()
        self._next, self._drawn = now + max(self.seconds, SHARE * (now - began)), run.history.epochs
