"""When a training of ``cbp train`` ends, and what it writes on the way: callbacks from options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..callbacks import Checkpoint, CSVLog, EarlyStopping, TensorBoard, TimeBudget
from ..schedules import Plateau, Schedule
from .choices import count, duration, every, file, number, seconds, text
from .paths import writable

__all__ = ["add_file_options", "add_stopping_options", "callbacks", "chooses_by_validation"]


def add_stopping_options(group: argparse._ArgumentGroup) -> None:
    """The options that say when training ends before its last epoch."""
    add = group.add_argument
    add(
        "--early-stopping",
        metavar="N",
        type=count,
        help="end after N epochs that were no better, and keep the best parameters (default: never)",
    )
    add(
        "--monitor",
        metavar="COLUMN",
        type=text,
        help="what --early-stopping and --checkpoint-best look at: validation_accuracy, cost, ... (default: "
        "validation_cost)",
    )
    add(
        "--min-delta",
        metavar="D",
        type=number,
        help="how much better counts for --early-stopping (default: 0)",
    )
    add("--time-budget", metavar="TIME", type=duration, help="end after a time: 90s, 10m, 1.5h (default: none)")
    add(
        "--resume",
        metavar="FILE",
        type=file,
        help="go on from a checkpoint of the same training, to the same numbers (default: begin)",
    )


def add_file_options(group: argparse._ArgumentGroup) -> None:
    """The options for files that are written while it trains."""
    add = group.add_argument
    add("--log", metavar="FILE", type=file, help="CSV file with a row for each epoch, for cbp plot (default: none)")
    add("--tensorboard", metavar="FOLDER", type=file, help="the same for tensorboard --logdir (default: none)")
    add(
        "--checkpoint",
        metavar="FILE",
        type=file,
        help="all of the training as it stands, for --resume to go on from (default: none)",
    )
    add(
        "--checkpoint-every",
        metavar="N|TIME",
        type=every,
        help="epochs, or a time such as 10m, from one checkpoint to the next (default: 1 epoch)",
    )
    add(
        "--checkpoint-best",
        metavar="FILE",
        type=file,
        help="a second checkpoint, of the best epoch so far; a model to predict with, too (default: none)",
    )


def chooses_by_validation(options: argparse.Namespace, schedule: Schedule | None) -> bool:
    """Whether validation decides anything, so that samples it sees are no longer fit to judge the model by."""
    asked = options.early_stopping is not None or options.checkpoint_best is not None
    return asked or isinstance(schedule, Plateau)


def callbacks(options: argparse.Namespace, out: Path) -> list[Any]:
    """What the options ask for; their files are checked before any work, and are to be others than the model's, `out`.

    Raises
    ------
    ValueError
        An option without the one it belongs to, or two with one file.
    OSError
        A file cannot be written.
    """
    _check_pairs(options)
    _check_files(options, out)
    made: list[Any] = []
    if options.early_stopping is not None:
        made.append(EarlyStopping(options.early_stopping, monitor=options.monitor, min_delta=options.min_delta or 0.0))
    if options.time_budget is not None:
        made.append(TimeBudget(options.time_budget))
    if options.log is not None:
        made.append(CSVLog(writable(Path(options.log))))
    if options.tensorboard is not None:
        made.append(TensorBoard(options.tensorboard))
    if options.checkpoint is not None:
        best = options.checkpoint_best and writable(Path(options.checkpoint_best))
        path, often = writable(Path(options.checkpoint)), _often(options.checkpoint_every)
        made.append(Checkpoint(path, best=best, monitor=options.monitor, **often))
    return made


def _often(wish: int | str | None) -> dict[str, Any]:
    if isinstance(wish, str):
        return {"epochs": None, "minutes": seconds(wish) / 60}
    return {"epochs": wish or 1}


def _check_files(options: argparse.Namespace, out: Path) -> None:
    taken = {out: "the model"}
    for name in ("log", "checkpoint", "checkpoint_best"):
        option, path = f"--{name.replace('_', '-')}", getattr(options, name)
        if path is not None and (other := taken.setdefault(Path(path), option)) != option:
            raise ValueError(f"{option}: expected a file of its own, got {path!r}, which is that of {other}")


def _check_pairs(options: argparse.Namespace) -> None:
    needs = {
        "monitor": ("early_stopping", "checkpoint_best"),
        "min_delta": ("early_stopping",),
        "checkpoint_every": ("checkpoint",),
        "checkpoint_best": ("checkpoint",),
    }
    for name, others in needs.items():
        if getattr(options, name) is not None and all(getattr(options, other) is None for other in others):
            option, *needed = (f"--{word.replace('_', '-')}" for word in (name, *others))
            raise ValueError(f"{option}: expected {' or '.join(needed)} with it")
