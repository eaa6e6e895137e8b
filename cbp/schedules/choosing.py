"""Schedules by name."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from ..suggestions import did_you_mean
from .decays import Exponential, InverseTime, InvScaling, MultiStep, Polynomial, Step
from .schedule import Schedule
from .watching import Adaptive, Plateau
from .waves import Cosine, CosineRestarts, OneCycle, Warmup

__all__ = ["NAMED", "schedule"]

NAMED: dict[str, type[Schedule]] = {
    "constant": Schedule, "step": Step, "multi_step": MultiStep, "exponential": Exponential,
    "inverse_time": InverseTime, "polynomial": Polynomial, "cosine": Cosine, "cosine_restarts": CosineRestarts,
    "one_cycle": OneCycle, "warmup": Warmup, "plateau": Plateau, "invscaling": InvScaling, "adaptive": Adaptive,
}  # fmt: skip


def schedule(choice: str | Schedule | None, **constants: Any) -> Schedule:
    """The schedule called `choice`, made with `constants`; `choice` itself; or for None a constant rate.

    Raises
    ------
    ValueError
        An unknown name, or a constant out of its range.
    TypeError
        Not a schedule, a constant it does not have, or one that it needs is missing.
    """
    if choice is None or isinstance(choice, Schedule):
        return choice or Schedule()
    if not isinstance(choice, str):
        raise TypeError(f"schedule: expected a name or one such as cbp.schedules.Cosine(), got {choice!r:.80}")
    if choice not in NAMED:
        hint = did_you_mean(choice, NAMED, f"there are {', '.join(NAMED)}")
        raise ValueError(f"unknown schedule {choice!r}: {hint}")
    takes = {field.name: field for field in fields(NAMED[choice])}
    for name in constants.keys() - takes.keys():
        hint = did_you_mean(name, takes, f"it takes {', '.join(takes)}")
        raise TypeError(f"schedule {choice!r} has no constant {name!r}: {hint}")
    for name, field in takes.items():
        if name not in constants and field.default is MISSING and field.default_factory is MISSING:
            raise TypeError(f"schedule {choice!r}: expected {name}=, which has no default")
    return NAMED[choice](**constants)
