"""The training itself of ``cbp train``, and what its model says of where it comes from."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from .._version import __version__
from ..data import Dataset
from ..network import Network
from ..preparation import Preparation
from ..schedules import FoundRate, find_learning_rate
from ..training.history import History
from .architecture import scales_targets
from .optimization import Course, epochs
from .regularizing import class_weights, regularization
from .training_data import TrainingData

__all__ = ["fitted", "found_rate", "preparation_of"]


def preparation_of(train: Dataset, net: Network, options: argparse.Namespace) -> Preparation:
    """How the samples become inputs of `net`, learned from those it trains on."""
    return Preparation.fit(
        train,
        features=options.scale and train.image_shape is None,
        targets=options.scale and scales_targets(net, train),
    )


def fitted(
    net: Network,
    data: TrainingData,
    preparation: Preparation,
    course: Course,
    callbacks: list[Any],
    options: argparse.Namespace,
) -> History | None:
    """Train; None if Ctrl-C ended it, with the parameters of the last whole step."""
    net.extra = preparation.to_json() | _provenance(data, course, options)
    validation = data.validation and preparation.applied(data.validation)
    try:
        history: History | None = net.fit(
            **_steps(data, preparation, course, options),
            epochs=epochs(options, len(data.train)),
            schedule=course.schedule,
            validation=_validation(validation, data.validation_weights),
            metrics=options.metrics and options.metrics.split(","),
            train_metrics=options.train_metrics,
            callbacks=callbacks,
            progress=not options.quiet,
            resume=options.resume,
            ema=options.ema,
        )
    except KeyboardInterrupt:
        print(f"interrupted after epoch {net.epochs_trained}; keeping what was learned", file=sys.stderr)
        history = None
    except FloatingPointError as error:
        raise FloatingPointError(f"{error}; no model was written") from None
    if net.average is not None:
        net.parameters = net.average
    if history and history.stopped and not options.quiet:
        print(f"ended after epoch {net.epochs_trained}: {history.stopped}", file=sys.stderr)
    return history


def found_rate(
    net: Network, data: TrainingData, preparation: Preparation, course: Course, options: argparse.Namespace
) -> FoundRate:
    """A learning rate for steps as `fitted` would take them."""
    return find_learning_rate(net, **_steps(data, preparation, course, options))


def _steps(data: TrainingData, preparation: Preparation, course: Course, options: argparse.Namespace) -> dict[str, Any]:
    """What `Network.fit` is given of samples, and of the steps it takes."""
    train = preparation.applied(data.train)
    return {
        "X": train.X,
        "targets": train.targets,
        "optimizer": course.optimizer,
        "batch_size": options.batch_size,
        "shuffle": "blocks" if options.shuffle_blocks else options.shuffle,
        "sample_weight": data.weights,
        "class_weight": class_weights(options, train.class_names),
        "threads": options.threads,
        **regularization(options),
    }


def _validation(data: Dataset | None, weights: np.ndarray | None) -> tuple[Any, ...] | None:
    """As `Network.fit` takes it."""
    if data is None:
        return None
    return (data.X, data.targets) if weights is None else (data.X, data.targets, weights)


def _provenance(data: TrainingData, course: Course, options: argparse.Namespace) -> dict[str, Any]:
    """Where the model comes from, for its file."""
    drawn = {"fraction": data.fraction, "seed": options.seed}
    training = {"optimizer": course.name.partition(":")[0], **course.constants, "batch_size": options.batch_size}
    return {
        "data": {
            "name": options.source,
            "samples": len(data.all),
            "held_out": "test part" if data.fraction is None else drawn,
        },
        "training": training | ({"init": options.init} if options.init else {}),
        "cbp_version": __version__,
    }
