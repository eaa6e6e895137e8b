"""The optimiser and the course of training that the options of ``cbp train`` describe."""

from __future__ import annotations

import argparse
from math import ceil
from typing import Any

from ..registry import registry
from ..registry.made import optimizer
from .choices import count, fraction, seed

__all__ = ["add_training_options", "epochs", "rule"]

RATES = {"adam": 0.003, "sgd": 0.1}
SAMPLES_SEEN, FEWEST, MOST = 45_000, 10, 100


def add_training_options(group: argparse._ArgumentGroup) -> None:
    """The options that `rule` and `epochs` read, and --batch-size and --seed."""
    add = group.add_argument
    add(
        "--optimizer",
        metavar="NAME",
        default="adam",
        help="sgd, adamw, rmsprop, ... (default: %(default)s)",
    )
    add(
        "--lr",
        metavar="RATE",
        type=float,
        help=f"learning rate (default: adam {RATES['adam']}, sgd {RATES['sgd']} (1 - momentum), else torch.optim's)",
    )
    add("--momentum", metavar="MU", type=fraction, help="of sgd and rmsprop, from 0 to below 1 (default: 0)")
    add("--nesterov", action="store_true", default=None, help="sgd looks ahead (default: it does not)")
    add(
        "--epochs",
        metavar="N",
        type=count,
        help=f"times every sample is seen (default: {FEWEST} to {MOST}, as {SAMPLES_SEEN:,} / samples)",
    )
    add("--batch-size", metavar="N", type=count, default=32, help="samples a step (default: %(default)s)")
    add(
        "--seed",
        metavar="N",
        type=seed,
        default=0,
        help="of the weights, the shuffling and the held-out part (default: %(default)s)",
    )


def rule(options: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """The optimiser, and the constants it was made with."""
    spec = registry.find("optimizer", options.optimizer).spec
    takes = spec.constants()
    asked = {"lr": options.lr, "momentum": options.momentum, "nesterov": options.nesterov}
    given = {name: value for name, value in asked.items() if value is not None}
    if unknown := given.keys() - takes.keys():
        raise ValueError(f"--{min(unknown)}: {options.optimizer} takes none; choose --optimizer sgd")
    if options.lr is None and options.optimizer in RATES:
        given["lr"] = RATES[options.optimizer] * (1 - given.get("momentum", 0))
    return optimizer(spec, **given), takes | given


def epochs(options: argparse.Namespace, samples: int) -> int:
    """How often to see every one of `samples`: small sets more often, to take about as many steps."""
    wish: int | None = options.epochs
    return min(max(ceil(SAMPLES_SEEN / samples), FEWEST), MOST) if wish is None else wish
