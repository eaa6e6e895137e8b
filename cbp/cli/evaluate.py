"""``cbp evaluate``: how good a model is on data with known targets."""

from __future__ import annotations

import argparse
import json

import numpy as np

from ..data import DataError
from ..scores import ClassScore
from .parts import add_held_out, part
from .report import print_each_target
from .sources import DATA, add_columns, load_data, load_model
from .tables import print_table

SUMMARY = "score a trained model on data with known targets"
EXAMPLES = """\
  cbp evaluate digits.safetensors digits --held-out
  cbp evaluate houses.safetensors houses_2024.csv
  cbp evaluate iris.safetensors new.csv --target species --json
"""

WIDEST = 20  # classes of a confusion matrix that fits a terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp evaluate``."""
    parser.add_argument("model", metavar="MODEL", help="a model file that `cbp train` or net.save wrote")
    parser.add_argument("data", metavar="DATA", help=f"{DATA}. Of a set with a test part, that part")
    add_columns(
        parser,
        target="column with the targets (default: the one called as in training, or the last)",
        features="columns to predict from (default: those called as in training)",
    )
    add_held_out(parser, "score")
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def run(options: argparse.Namespace) -> None:
    """Print the score."""
    net, preparation = load_model(options.model)
    found = load_data(options.data, net, preparation, options)
    data = part(found, net, options.data, options.held_out, quiet=options.json)
    if data.n_outputs != net.sizes[-1]:
        raise DataError(f"{options.data}: {data.summary}, but the model has {net.sizes[-1]} outputs")
    score = preparation.score(net, data)
    ready = preparation.applied(data)
    cost = net.evaluate(ready.X, ready.targets)["cost"]
    if options.json:
        print(json.dumps({"data": options.data, "cost": cost, **score.to_json()}, allow_nan=False))
        return
    print(f"{score}, cost {cost:.4g} ({net.cost_function})")
    if isinstance(score, ClassScore):
        _print_confusion(score.confusion, data.class_names)
    print_each_target(score, preparation)


def _print_confusion(confusion: np.ndarray, names: tuple[str, ...]) -> None:
    """The matrix, or for many classes the most frequent mistakes."""
    if len(names) > WIDEST:
        _print_mistakes(confusion, names)
        return
    print("\nclass (rows) and what it was taken for (columns):\n")
    rows = [
        [name, *(str(count) if count else "." for count in row)]
        for name, row in zip(names, confusion.tolist(), strict=True)
    ]
    print_table(["", *names], rows, right=names)


def _print_mistakes(confusion: np.ndarray, names: tuple[str, ...]) -> None:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:WIDEST]
    places = [divmod(int(place), len(names)) for place in order]
    rows = [[names[i], names[j], str(wrong[i, j])] for i, j in places if wrong[i, j]]
    print("\nmost frequent mistakes:\n")
    print_table(["class", "taken for", "times"], rows, right=["times"])
