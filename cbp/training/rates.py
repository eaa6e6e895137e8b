"""The learning rate of a training: the optimiser's, a schedule's, or a schedule that the optimiser was given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..constants import check_positive
from ..optimizers import Compiled, SupportsIterate, SupportsUpdate
from ..schedules import Schedule
from ..schedules import schedule as make_schedule

__all__ = ["scheduled"]

LR = 0.01  # of a plugin's optimiser that names none


def scheduled(
    optimizer: Any, choice: str | Schedule | None
) -> tuple[SupportsUpdate | SupportsIterate, Schedule, float]:
    """The optimiser with a number for its rate, the schedule, and η.

    Raises
    ------
    ValueError, TypeError
        A rate that is none, an unknown schedule, or two schedules.
    """
    if hasattr(optimizer, "iterate") and choice is not None:
        name = type(optimizer).__name__
        raise ValueError(f"schedule: expected none, for {name} chooses how long its steps are; got {choice!r:.80}")
    lr = getattr(optimizer, "lr", LR)
    if isinstance(lr, Schedule):
        if choice is not None:
            raise ValueError(f"schedule: expected none, for the optimizer's lr is one already; got {choice!r:.80}")
        choice = lr
    schedule = make_schedule(choice)
    lr = lr if schedule.lr is None else schedule.lr
    check_positive(lr=lr)
    if isinstance(optimizer, Compiled) and optimizer.lr != lr:
        optimizer = replace(optimizer, lr=lr)  # type: ignore[type-var]
    return optimizer, schedule, float(lr)
