"""Files to go on from, and the best network so far."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..constants import check_positive
from ..inputs import as_whole
from ..training.watched import Best
from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["Checkpoint"]


class Checkpoint(Callback):
    """Write all of a training into a file, from which ``fit(..., resume=path)`` goes on to the same bits.

    It is written when training begins, as often as is asked, and when it ends, by Ctrl-C too; beside its place,
    then renamed, so that a whole one is there whenever the process is killed. It is a model file too:
    ``cbp.load(path)`` is the network as it was then, with its `average`.

    Parameters
    ----------
    path : path-like
        The newest checkpoint.
    epochs : int, optional
        So many epochs from one to the next; None leaves it to `minutes`.
    minutes : float, optional
        At most so many from one to the next, within epochs too.
    best : path-like, optional
        A second file: the checkpoint of the best epoch.
    monitor, mode, optional
        What is best, as in `EarlyStopping`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        epochs: int | None = 1,
        minutes: float | None = None,
        best: str | os.PathLike[str] | None = None,
        monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
    ) -> None:
        if best is not None and Path(best) == Path(path):
            raise ValueError(f"best: expected another file than that of the newest checkpoint, got {os.fspath(best)!r}")
        self.path, self.best = path, best
        self.epochs = None if epochs is None else as_whole(epochs, "epochs")
        if minutes is not None:
            check_positive(minutes=minutes)
        self.seconds = float("inf") if minutes is None else 60 * minutes
        self._best = Best(monitor, mode)
        self._better, self._written = False, (-1, -1)
        self._next = 0.0

    def on_train_begin(self, run: Run) -> None:
        """Forget the training before."""
        self._best.value, self._better, self._written = None, False, (-1, -1)

    def on_epoch_end(self, run: Run) -> None:
        """See whether it is the best."""
        self._better = self.best is not None and self._best.beaten_by(run.history.last())

    def watch(self, run: Run) -> bool:
        """Whether it is time."""
        return time.monotonic() >= self._next

    def at_rest(self, run: Run) -> None:
        """Write what is due."""
        if self._better and self.best is not None:
            run.save(self.best)
            self._better = False
        if self._due(run):
            run.save(self.path)
            self._written, self._next = (run.epoch, run.step), time.monotonic() + self.seconds

    def _due(self, run: Run) -> bool:
        """Whether a checkpoint is wanted here, and was not written here."""
        epoch, step = self._written
        each = self.epochs is not None and run.epoch % self.epochs == 0 and run.epoch != epoch
        return (each or run.ending or self.watch(run)) and (run.epoch, run.step) != (epoch, step)

    def state(self) -> dict[str, Any]:
        """As `Callback.state`."""
        return {"best": self._best.value}

    def restore(self, state: dict[str, Any]) -> None:
        """As `Callback.restore`."""
        self._best.value = state["best"]
