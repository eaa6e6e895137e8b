"""The optimiser, the schedule and the length of a training that the options of ``cbp train`` describe."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Self

from ..optimizers import SupportsIterate, SupportsUpdate
from ..registry import registry
from ..registry.entries import Entry
from ..registry.made import optimizer
from ..schedules import Schedule
from ..schedules.choosing import NAMED
from .choices import count, fraction, number, seed, text
from .grammar import named, of_schedule, schedule, written

__all__ = ["Course", "add_training_options", "epochs"]

SHORT = ("lr", "momentum", "nesterov", "weight_decay")
RATES = {"adam": 0.003, "sgd": 0.1}
SAMPLES_SEEN, FEWEST, MOST = 45_000, 10, 100


def add_training_options(group: argparse._ArgumentGroup) -> None:
    """The options that `Course` and `epochs` read, and those that go to `Network.fit` as they are."""
    add = group.add_argument
    add(
        "--optimizer",
        metavar="NAME",
        type=text,
        default="adam",
        help="sgd, adamw, lbfgs, lm, ..., its constants after the name: adam:betas=0.8,0.99:eps=1e-7; `cbp plugins` "
        "lists all (default: %(default)s)",
    )
    add(
        "--lr",
        metavar="RATE",
        type=number,
        help=f"learning rate (default: adam {RATES['adam']}, sgd {RATES['sgd']}·(1 - momentum), else torch.optim's)",
    )
    add(
        "--find-lr",
        action="store_true",
        help="do not train, but look for a learning rate: suggest one, and draw DATA-lr.png (default: train)",
    )
    add("--momentum", metavar="MU", type=fraction, help="of sgd and rmsprop, from 0 to below 1 (default: 0)")
    add("--nesterov", action="store_true", default=None, help="sgd looks ahead (default: it does not)")
    add(
        "--weight-decay",
        metavar="LAMBDA",
        type=number,
        help="how much the optimiser shrinks all parameters (default: adamw 0.01, else 0)",
    )
    add(
        "--schedule",
        metavar="NAME",
        type=text,
        help=f"how the learning rate changes: {', '.join(NAMED)}; constants as in step:step_size=10:gamma=0.5, and "
        "after a warm-up what follows, warmup:total_iters=3:then=cosine (default: constant)",
    )
    add(
        "--epochs",
        metavar="N",
        type=count,
        help=f"times every sample is seen (default: {FEWEST} to {MOST}, as {SAMPLES_SEEN:,} / samples)",
    )
    add("--batch-size", metavar="N", type=count, default=32, help="samples a step (default: %(default)s)")
    add(
        "--shuffle",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a new order of the samples each epoch (default: yes)",
    )
    add(
        "--shuffle-blocks",
        action="store_true",
        help="a new order each epoch that reads a file in blocks, for one larger than memory on a slow disk (default: "
        "any order)",
    )
    add(
        "--seed",
        metavar="N",
        type=seed,
        default=0,
        help="of all that is drawn: weights, shuffling, held-out part (default: %(default)s)",
    )
    add(
        "--threads",
        metavar="N",
        type=count,
        help="at most so many, for the same numbers (default: CBP_NUM_THREADS, or one a core)",
    )


@dataclass(frozen=True)
class Course:
    """How a network will learn.

    Attributes
    ----------
    optimizer : SupportsUpdate or SupportsIterate
    schedule : Schedule or None
    constants : dict
        What the optimiser was made with.
    name : str
        The optimiser and its constants, as --optimizer has them.
    entry : Entry
        The optimiser's in the registry.
    """

    optimizer: SupportsUpdate | SupportsIterate
    schedule: Schedule | None
    constants: dict[str, Any]
    name: str
    entry: Entry

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Look up every name, so that a wrong one is found before any data is read."""
        name, constants = named(options.optimizer)
        entry = registry.find("optimizer", name)
        spec, takes = entry.spec, entry.spec.constants()
        given = constants | _short(options, name, takes)
        if "lr" not in given and spec.name in RATES:
            given["lr"] = RATES[spec.name] * (1 - given.get("momentum", 0))
        made, known = optimizer(spec, **given), takes | given
        chosen = None if options.schedule is None else schedule(options.schedule)
        return cls(made, chosen, known, written(name, known), entry)

    def as_options(self, options: argparse.Namespace, samples: int) -> dict[str, Any]:
        """The options that say the same, with every constant."""
        chosen = self.schedule and of_schedule(self.schedule)
        return dict.fromkeys(SHORT) | {
            "optimizer": self.name,
            "schedule": chosen,
            "epochs": epochs(options, samples),
        }


def _short(options: argparse.Namespace, name: str, takes: Mapping[str, Any]) -> dict[str, Any]:
    """The constants that have an option of their own."""
    given = {key: value for key in SHORT if (value := getattr(options, key)) not in (None, False)}
    for key in given.keys() - takes.keys():
        hint = "; choose --optimizer sgd" if key in ("momentum", "nesterov") else ""
        raise ValueError(f"--{key.replace('_', '-')}: {name} takes none{hint}")
    return given


def epochs(options: argparse.Namespace, samples: int) -> int:
    """How often to see every one of `samples`: small sets more often, to take about as many steps."""
    wish: int | None = options.epochs
    return min(max(ceil(SAMPLES_SEEN / samples), FEWEST), MOST) if wish is None else wish
