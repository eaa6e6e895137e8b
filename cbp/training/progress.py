"""What `fit` shows while it trains: a bar where a person watches, a few lines where a file does.

The bar is rich's, drawn when rich is installed and stderr is a terminal (rich itself looks at ``NO_COLOR``
and ``TERM=dumb``) or this is a notebook. Anywhere else about ten lines are written in all, whatever the number of
epochs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..callbacks.callback import Callback
from ..callbacks.notebook import Display, in_notebook
from .history import History

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Progress", "Tell", "describe"]

LINES = 10
FRAMES = 10  # a second
VALIDATION = "validation_"


def describe(history: History) -> str:
    """The newest epoch in words: ``cost 0.1234, validation accuracy 97.2%``."""
    row = history.last()
    scores = [column for column in row if column not in ("cost", "validation_cost", "seconds", "lr")]
    if "validation_cost" in row and not any(column.startswith(VALIDATION) for column in scores):
        scores.append("validation_cost")
    return ", ".join(_in_words(column, row[column]) for column in ("cost", *scores))


def _in_words(column: str, value: float) -> str:
    name = column.removeprefix(VALIDATION)
    words = column.replace("_", " ")
    return f"{words} {value:.1%}" if name.startswith(("accuracy", "top_")) else f"{words} {value:.4g}"


class Tell(Callback):
    """Call a function with the history after each epoch."""

    def __init__(self, function: Callable[[History], Any]) -> None:
        self._function = function

    def on_epoch_end(self, run: Run) -> None:
        """Call it."""
        self._function(run.history)


class Progress(Callback):
    """Show how far a training is."""

    def on_train_begin(self, run: Run) -> None:
        """Begin the bar, where there can be one."""
        self._display = Display() if in_notebook() else None
        self._bar: Any = _rich_bar(self._display is None) if self._display or sys.stderr.isatty() else None
        self._before, self._next = (run.samples, run.seconds), 0.0
        if self._bar is not None:
            self._task = self._bar.add_task("", total=run.history.total, completed=run.epoch, speed="")
            if self._display is None:
                self._bar.start()

    def watch(self, run: Run) -> bool:
        """Within an epoch, move the bar now and then; nobody needs to be heard."""
        if self._bar is not None and run.batches and time.monotonic() >= self._next:
            self._move(completed=run.epoch + min(run.batch / run.batches, 1.0))
        return False

    def on_epoch_end(self, run: Run) -> None:
        """Tell of the newest epoch."""
        if self._bar is None:
            _line(run.history)
        else:
            self._bar.update(self._task, description=describe(run.history), speed=self._speed(run))
            if self._display is None or time.monotonic() >= self._next:
                self._move(completed=run.epoch)

    def on_train_end(self, run: Run) -> None:
        """End the bar."""
        if self._bar is not None:
            self._move(completed=run.epoch)
            if self._display is None:
                self._bar.stop()

    def _move(self, completed: float) -> None:
        self._bar.update(self._task, completed=completed)
        if self._display is not None:
            self._display(self._bar)
        self._next = time.monotonic() + 1 / FRAMES

    def _speed(self, run: Run) -> str:
        """Samples a second since training began."""
        samples, seconds = run.samples - self._before[0], run.seconds - self._before[1]
        return f"{samples / seconds:,.0f} samples/s" if seconds > 0 else ""


def _rich_bar(terminal: bool) -> Any:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        return None
    return Progress(
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(bar_width=None if terminal else 20),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[speed]}", markup=False),
        console=Console(stderr=True),
        auto_refresh=terminal,
        expand=terminal,  # the bar gives way to the words where the terminal is narrow
    )


def _line(history: History) -> None:
    """Write the first epoch, the last, and those between that begin another tenth of the whole."""
    done, total = history.epochs, history.total
    if done == 1 or done * LINES // total > (done - 1) * LINES // total:
        print(f"epoch {done}/{total}: {describe(history)}", file=sys.stderr, flush=True)
