"""The history as a CSV file that grows with each epoch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["CSVLog"]


class CSVLog(Callback):
    """Write a row into a CSV file after each epoch, with a heading before the first.

    A file that is there is replaced; a run that is resumed has all of its epochs in it, once.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_train_begin(self, run: Run) -> None:
        """Begin the file anew, with the epochs that a resumed run has seen."""
        self.path.write_text("", encoding="utf-8")
        columns = list(run.history.values())
        for epoch, row in enumerate(zip(*columns, strict=True), start=1):
            self._write(epoch, dict(zip(run.history, row, strict=True)))

    def on_epoch_end(self, run: Run) -> None:
        """Add the newest epoch."""
        self._write(run.epoch, run.history.last())

    def _write(self, epoch: int, row: dict[str, float]) -> None:
        lines = [["epoch", *row]] if epoch == 1 else []
        lines.append([str(epoch), *map(repr, row.values())])
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(f"{','.join(line)}\n" for line in lines)
