"""Training ends when its time is up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..constants import check_positive
from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["TimeBudget"]


class TimeBudget(Callback):
    """End the training after so much time, within an epoch too, after a whole step.

    A run that is resumed has the whole budget again.

    Parameters
    ----------
    seconds, minutes, hours : float
        Their sum is the budget.
    """

    def __init__(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> None:
        self.seconds = seconds + 60 * minutes + 3600 * hours
        check_positive(seconds=self.seconds)
        self._end = 0.0

    def on_train_begin(self, run: Run) -> None:
        """Set the clock."""
        self._end = time.monotonic() + self.seconds

    def watch(self, run: Run) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def at_rest(self, run: Run) -> None:
        """End here, if the time is up."""
        if self.watch(run):
            run.pause(f"the time budget of {self.seconds:g} s is used up")
