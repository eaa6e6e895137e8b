"""``cbp predict``: samples in, answers out as CSV."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

import numpy as np

from ..files.writing import write_atomically
from ..preparation import Preparation
from .paths import writable
from .sources import DATA, add_columns, load_model, load_samples

SUMMARY = "predict with a trained model, as CSV"
EXAMPLES = """\
  cbp predict iris.safetensors new.csv
  cbp predict iris.safetensors new.csv --probabilities --out answers.csv
  cbp predict digits.safetensors digits | sort | uniq -c
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp predict``."""
    parser.add_argument("model", metavar="MODEL", help="a model file that `cbp train` or net.save wrote")
    parser.add_argument(
        "data",
        metavar="DATA",
        help=f"{DATA}. Columns are found by name, others ignored; without names there must be as many "
        "as the model has, in its order. Of a set with a test part, that part",
    )
    add_columns(
        parser,
        target="columns to leave out of a table without names (default: none)",
        features="columns to predict from (default: those called as in training)",
    )
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="add a column P(class) for each class (default: only the class)",
    )
    parser.add_argument("--out", metavar="FILE", help="CSV file to write (default: stdout)")


def run(options: argparse.Namespace) -> None:
    """Print a row for each sample."""
    out = writable(Path(options.out)) if options.out else None
    net, preparation = load_model(options.model)
    outputs = preparation.outputs(net, load_samples(options.data, net, preparation, options))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_rows(outputs, preparation, options.probabilities))
    if out is None:
        sys.stdout.write(text.getvalue())
    else:
        write_atomically(out, text.getvalue().encode(), "the predictions")


def _rows(outputs: np.ndarray, preparation: Preparation, probabilities: bool) -> list[list[str]]:
    """The header, then a row for each sample."""
    if probabilities:
        _check_probabilities(outputs, preparation)
    if not preparation.class_names:
        return [list(preparation.named_outputs(outputs.shape[1])), *outputs.astype(str).tolist()]
    classes = [[preparation.class_names[j]] for j in outputs.argmax(axis=1)]
    header = [preparation.target_names[0] if len(preparation.target_names) == 1 else "class"]
    if not probabilities:
        return [header, *classes]
    header += [f"P({name})" for name in preparation.class_names]
    return [header, *(name + row for name, row in zip(classes, outputs.astype(str).tolist(), strict=True))]


def _check_probabilities(outputs: np.ndarray, preparation: Preparation) -> None:
    if not preparation.class_names:
        raise ValueError("--probabilities: this model predicts numbers, not classes")
    if outputs.min() < 0 or outputs.max() > 1 + 1e-6:
        raise ValueError("--probabilities: this model's outputs are not between 0 and 1, as softmax makes them")
