"""The samples of ``cbp train``: to train on, to validate on, and held out for the score."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..data import DataError, Dataset, load
from ..suggestions import did_you_mean
from .choices import fraction, part_or_file, text, texts
from .sources import add_columns, is_large, listed

__all__ = ["TrainingData", "add_data_options"]

FRACTION = 0.2
VALIDATION = 0.1  # of what is trained on, where validation decides something


def add_data_options(group: argparse._ArgumentGroup) -> None:
    """The options that `TrainingData.of` reads, and --scale."""
    add = group.add_argument
    add_columns(
        group,
        target="column to predict, its name or number (from 0, or -1 for the last); several for several "
        "outputs (default: the last)",
        features="columns to learn from, such as age,income (default: all others)",
    )
    add(
        "--task",
        choices=("classification", "regression"),
        help="default: classification for words and for few different whole numbers",
    )
    add(
        "--sample-weight",
        metavar="COLUMN",
        type=text,
        help="column of a table that says how much each sample counts; it is no feature (default: all alike)",
    )
    add(
        "--test-fraction",
        metavar="PART",
        type=fraction,
        help=f"part to hold out for the score, 0 for none (default: {FRACTION}, or DATA's own test part)",
    )
    add(
        "--validation",
        metavar="PART|FILE",
        type=part_or_file,
        help="what to measure after each epoch: a part of the rest, or data of its own (default: what is held out "
        f"for the score; {VALIDATION} of the rest where --early-stopping, --checkpoint-best or a plateau decides by "
        "it)",
    )
    add(
        "--metrics",
        metavar="NAMES",
        type=texts,
        help="what else to measure there: f1, auc, top_3, mae, ..., as help(cbp.metrics) lists "
        "them (default: accuracy of classes)",
    )
    add(
        "--train-metrics",
        action="store_true",
        help="measure these on the training samples too (default: do not)",
    )
    add(
        "--no-scale",
        dest="scale",
        action="store_false",
        help="do not standardise columns and regression targets (default: do; images stay as they are)",
    )


@dataclass(frozen=True)
class TrainingData:
    """Data as it was read, and its parts.

    Attributes
    ----------
    all, train : Dataset
    validation, held_out : Dataset or None
        To measure on after each epoch, and for the score.
    weights, validation_weights : (n,) array or None
        Of the samples of `train` and of `validation`.
    fraction : float or None
        What part is held out; None for the data's own test part.
    part : float, str or None
        What was chosen to validate on; None for what is held out.
    """

    all: Dataset
    train: Dataset
    validation: Dataset | None
    held_out: Dataset | None
    weights: np.ndarray | None
    validation_weights: np.ndarray | None
    fraction: float | None
    part: float | str | None

    @classmethod
    def of(cls, options: argparse.Namespace, validates: bool) -> Self:
        """Read and divide what the options name.

        Parameters
        ----------
        options : Namespace
        validates : bool
            Validation decides something, so it must not be on what is held out.
        """
        data = _load(options)
        share = FRACTION if options.test_fraction is None and data.test is None else options.test_fraction
        train, held_out = _held_out(data, share, options.seed)
        part = VALIDATION if options.validation is None and validates else options.validation
        validation = held_out if part is None else None
        if isinstance(part, float):
            train, validation = train.split(part, options.seed)
        column = options.sample_weight
        train, weights = _unweighted(train, column)
        data = _unweighted(data, column)[0]
        held_out = held_out and _unweighted(held_out, column)[0]
        if isinstance(part, str):
            validation = _load_like(part, train, options)
        validation, to_validate = _unweighted(validation, column) if validation else (None, None)
        return cls(data, train, validation, held_out, weights, to_validate, share, part)

    def as_options(self) -> dict[str, Any]:
        """The options that were left open, as they were settled."""
        return {"task": self.all.task, "validation": self.part, "test_fraction": self.fraction}


def _load(options: argparse.Namespace) -> Dataset:
    features = listed(options.features)
    if features is not None and options.sample_weight is not None:
        features = [*features, options.sample_weight]
    return load(
        options.source,
        target=listed(options.target),
        features=features,
        task=options.task,
        header=options.header,
        dtype=options.dtype,
        memory_map=is_large(options.source),
    )


def _load_like(source: str, train: Dataset, options: argparse.Namespace) -> Dataset:
    """Data with the columns and the classes of `train`, and that of the weights."""
    weight = [options.sample_weight] if options.sample_weight else []
    return load(
        source,
        target=listed(options.target),
        features=[*train.feature_names, *weight],
        task=train.task,
        class_names=train.class_names,
        header=options.header,
        dtype=options.dtype,
        memory_map=is_large(source),
    )


def _held_out(data: Dataset, share: float | None, seed: int) -> tuple[Dataset, Dataset | None]:
    """What is left, and what to hold out."""
    if share == 0:
        return replace(data, test=None), None
    return data.train_and_test() if share is None else data.split(share, seed)


def _unweighted(data: Dataset, column: str | None) -> tuple[Dataset, np.ndarray | None]:
    """The data without the column of weights, and that column."""
    if column is None:
        return data, None
    if column not in data.feature_names:
        hint = did_you_mean(column, data.feature_names, f"there are {', '.join(data.feature_names[:8])}")
        raise DataError(f"--sample-weight: {data.name} has no column {column!r}: {hint}")
    return data.without(data.feature_names.index(column))
