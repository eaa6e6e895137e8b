"""What the options of ``cbp train`` do against overfitting and long steps, and which samples they weigh more."""

from __future__ import annotations

import argparse
from typing import Any

from ..suggestions import did_you_mean
from .choices import columns, fraction, number, positive, rates, text

__all__ = ["add_regularization_options", "class_weights", "regularization"]

AS_THEY_ARE = ("l1", "l2", "input_noise", "max_norm", "clip_value", "clip_norm")


def add_regularization_options(group: argparse._ArgumentGroup) -> None:
    """The options that `regularization` and `class_weights` read."""
    add = group.add_argument
    add("--l1", metavar="C", type=number, default=0.0, help="adds C·Σ|W| to the cost (default: 0)")
    add("--l2", metavar="C", type=number, default=0.0, help="adds ½·C·ΣW² to the cost (default: 0)")
    add(
        "--dropout",
        metavar="P",
        type=rates,
        help="probability that a hidden unit is left out of a step: one for all, one for each layer as in 0.2,0.5, or "
        "by layer as in 1=0.1,2=0.5, where 1 is the input (default: 0)",
    )
    add("--input-noise", metavar="S", type=number, default=0.0, help="standard deviation of noise added (default: 0)")
    add("--max-norm", metavar="C", type=positive, help="bound on the weights into each unit (default: none)")
    add("--clip-value", metavar="C", type=positive, help="bound on each number of the gradient (default: none)")
    add("--clip-norm", metavar="C", type=positive, help="bound on the norm of the gradient (default: none)")
    add(
        "--ema",
        metavar="D",
        type=fraction,
        help="the model, and what is validated, is the mean of the parameters after each step, those of k steps ago "
        "weighing D^k (default: those after the last step)",
    )
    add(
        "--class-weight",
        metavar="WEIGHTS",
        type=text,
        help="how much the samples of a class count: balanced, or as in yes=5,no=1 (default: all alike)",
    )


def regularization(options: argparse.Namespace) -> dict[str, Any]:
    """The keywords of `Network.fit` that regularise a step."""
    dropout = options.dropout
    if isinstance(dropout, list) and len(dropout) == 1:
        dropout = dropout[0]
    return {name: getattr(options, name) for name in AS_THEY_ARE} | {"dropout": dropout or 0.0}


def class_weights(options: argparse.Namespace, class_names: tuple[str, ...]) -> dict[int, float] | str | None:
    """The weight of each label, from those of the names of classes.

    Raises
    ------
    ValueError
        A class that is not there, no weight, or no classes.
    """
    said: str | None = options.class_weight
    if said is None or (said == "balanced" and class_names):
        return said
    if not class_names:
        raise ValueError("--class-weight: expected classes to predict, got numbers")
    return dict(_class_weight(word, class_names) for word in columns(said))


def _class_weight(word: str, class_names: tuple[str, ...]) -> tuple[int, float]:
    name, equals, weight = word.rpartition("=")
    if not equals:
        raise ValueError(f"--class-weight: expected balanced, or weights as in yes=5,no=1; got {word!r}")
    if name not in class_names:
        hint = did_you_mean(name, class_names, f"there are {', '.join(class_names[:8])}")
        raise ValueError(f"--class-weight: there is no class {name!r}: {hint}")
    try:
        return class_names.index(name), float(weight)
    except ValueError:
        raise ValueError(f"--class-weight: expected a number for {name}, got {weight!r}") from None
