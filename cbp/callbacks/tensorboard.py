"""The history as TensorBoard shows it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["TensorBoard"]

WRITERS = (("tensorboardX", "SummaryWriter"), ("tensorboard.summary", "Writer"))
VALIDATION = "validation_"


class TensorBoard(Callback):
    """Write the history's columns, after each epoch, for ``tensorboard --logdir``.

    It needs one of the packages tensorboardX and tensorboard (with which PyTorch's writer works too). Columns of
    validation data go to a run of their own, so that they are drawn beside those of the training.

    Parameters
    ----------
    folder : path-like
        There will be ``folder/training`` and ``folder/validation``. A run that is resumed goes on in them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._writers: dict[str, Any] = {}

    def on_train_begin(self, run: Run) -> None:
        """See that there is a writer; ImportError if not."""
        self._make, self._writers = _writer(), {}

    def on_epoch_end(self, run: Run) -> None:
        """Write the newest epoch."""
        for column, value in run.history.last().items():
            name = column.removeprefix(VALIDATION)
            where = "training" if name == column else "validation"
            if where not in self._writers:
                self._writers[where] = self._make(str(self.folder / where))
            self._writers[where].add_scalar(name, value, run.epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, run: Run) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()


def _writer() -> Callable[[str], Any]:
    """What makes a writer, of the first package that is there."""
    missing = []
    for module, name in WRITERS:
        try:
            made = getattr(import_module(module), name)
        except ImportError as error:
            missing.append(str(error))
        else:  # tensorboardX names a file by the second, and would write over one that is as old
            return partial(made, filename_suffix=f".{time.time_ns()}") if module == "tensorboardX" else made
    raise ImportError(
        f"TensorBoard: expected a package that writes its files, got none ({'; '.join(missing)}); install one with "
        "pip install tensorboardX"
    )
