"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Callable

from ..suggestions import did_you_mean
from .accumulating import Adadelta, Adagrad, RMSprop
from .compiled import Compiled
from .moments import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from .momentum import SGD
from .signs import Lion, Rprop

__all__ = ["NAMED", "optimizer"]

NAMED: dict[str, Callable[[], Compiled]] = {
    "sgd": SGD, "adam": Adam, "adamw": AdamW, "amsgrad": AMSGrad, "nadam": NAdam, "radam": RAdam,
    "rmsprop": RMSprop, "adagrad": Adagrad, "adadelta": Adadelta, "adamax": Adamax, "lion": Lion, "rprop": Rprop,
}  # fmt: skip


def optimizer(choice: str | Compiled) -> Compiled:
    """The optimiser called `choice` with its defaults, or `choice` itself.

    Raises
    ------
    ValueError
        Unknown name.
    TypeError
        Not an optimiser.
    """
    if isinstance(choice, str):
        if choice not in NAMED:
            hint = did_you_mean(choice, NAMED, f"there are {', '.join(NAMED)}")
            raise ValueError(f"unknown optimiser {choice!r}: {hint}")
        return NAMED[choice]()
    if isinstance(choice, Compiled):
        return choice
    raise TypeError(f"optimizer: expected a name or one such as cbp.Adam(lr=1e-3), got {choice!r}")
