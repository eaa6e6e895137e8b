"""``cbp evaluate``: how good a model is on data with known targets."""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np

from ..data import DataError, Dataset
from ..network import Network
from ..scores import ClassScore
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
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="of the DATA the model was trained on, score only what was held out (default: all)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")


def run(options: argparse.Namespace) -> None:
    """Print the score."""
    net, preparation = load_model(options.model)
    data = _part(load_data(options.data, net, preparation, options), net, options)
    if data.n_outputs != net.sizes[-1]:
        raise DataError(f"{options.data}: {data.summary}, but the model has {net.sizes[-1]} outputs")
    score = preparation.score(net, data)
    ready = preparation.applied(data)
    cost = net.cost(ready.X, ready.targets)
    if options.json:
        print(json.dumps({"data": options.data, "cost": cost, **score.to_json()}, allow_nan=False))
        return
    print(f"{score}, cost {cost:.4g} ({net.cost_function})")
    if isinstance(score, ClassScore):
        _print_confusion(score.confusion, data.class_names)
    print_each_target(score, preparation)


def _part(data: Dataset, net: Network, options: argparse.Namespace) -> Dataset:
    """The samples to score."""
    trained_on = net.extra.get("data") or {}
    same = trained_on.get("name") == options.data and trained_on.get("samples") == len(data)
    if options.held_out:
        return _held_out(data, trained_on, options.data)
    if same and data.test is None and not options.json:
        print("some of these samples were trained on; --held-out leaves them out", file=sys.stderr)
    return data.test or data


def _held_out(data: Dataset, trained_on: dict[str, object], source: str) -> Dataset:
    """The part of the training data that was held out."""
    part = trained_on.get("held_out")
    if part == "test part" and data.test is not None:
        return data.test
    if trained_on.get("samples") != len(data) or not isinstance(part, dict):
        raise DataError(
            f"--held-out: expected the data the model was trained on ({trained_on.get('name')!r}, "
            f"{trained_on.get('samples')} samples), got {source!r}, {len(data)} samples"
        )
    if part["fraction"] == 0:
        raise DataError("--held-out: training held nothing out")
    return data.split(part["fraction"], part["seed"])[1]


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
