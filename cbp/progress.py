"""What `fit` shows while it trains: a bar where a person watches, a few lines where a file does.

The bar is rich's, drawn when rich is installed and stderr is a terminal (rich itself looks at ``NO_COLOR``
and ``TERM=dumb``). Anywhere else about ten lines are written in all, whatever the number of epochs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .history import History

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["bar", "describe"]

LINES = 10


def describe(history: History) -> str:
    """The newest epoch in words: ``cost 0.1234, held-out accuracy 97.2%``."""
    row = history.last()
    words = [f"cost {row['cost']:.4g}"]
    if "validation_accuracy" in row:
        words.append(f"held-out accuracy {row['validation_accuracy']:.1%}")
    elif "validation_cost" in row:
        words.append(f"held-out cost {row['validation_cost']:.4g}")
    return ", ".join(words)


@contextmanager
def bar(total: int) -> Iterator[Callable[[History], None]]:
    """A function to call with the history after each of `total` epochs."""
    shown = _rich_bar() if sys.stderr.isatty() else None
    if shown is None:
        yield _line
        return
    with shown:
        task = shown.add_task("", total=total)
        yield lambda history: shown.update(task, completed=history.epochs, description=describe(history))


def _rich_bar() -> Progress | None:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        return None
    return Progress(
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(bar_width=None),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        expand=True,  # the bar gives way to the words where the terminal is narrow
    )


def _line(history: History) -> None:
    """Write the first epoch, the last, and those between that begin another tenth of the whole."""
    done, total = history.epochs, history.total
    if done == 1 or done * LINES // total > (done - 1) * LINES // total:
        print(f"epoch {done}/{total}: {describe(history)}", file=sys.stderr, flush=True)
