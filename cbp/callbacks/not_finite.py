"""A training that diverges ends, instead of raising."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["TerminateOnNonFinite"]


class TerminateOnNonFinite(Callback):
    """Let `fit` return where a cost or a parameter became infinite or NaN, which would otherwise be an error.

    The network keeps its last finite parameters, and ``history.stopped`` says what happened. A column of the
    history that is not finite ends the training too.
    """

    def on_epoch_end(self, run: Run) -> None:
        """Look at the epoch's row."""
        for column, value in run.history.last().items():
            if not abs(value) < float("inf"):
                run.stop(f"{column} of epoch {run.epoch} is {value}")

    def on_error(self, run: Run, error: BaseException) -> bool:
        """End quietly where it diverged."""
        return isinstance(error, FloatingPointError)
