"""Schedules by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..suggestions import did_you_mean
from .decays import Exponential, InverseTime, InvScaling, MultiStep, Polynomial, Step
from .schedule import Schedule
from .watching import Adaptive, Plateau
from .waves import Cosine, CosineRestarts, OneCycle, Warmup

__all__ = ["NAMED", "schedule"]

NAMED: dict[str, Callable[..., Schedule]] = {
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
    try:
        return NAMED[choice](**constants)
    except TypeError as error:
        name = NAMED[choice].__name__
        said = str(error).replace(f"{name}.__init__() ", "it is ")
        raise TypeError(f"schedule {choice!r}: {said}; write it as cbp.schedules.{name}(...)") from None
