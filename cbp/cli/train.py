"""``cbp train``: data in, a model file and its held-out score out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from .._version import __version__
from ..data import Dataset, load
from ..network import Network
from ..preparation import Preparation
from ..scores import Score
from .architecture import Architecture, add_network_options, scales_targets
from .choices import fraction
from .failures import INTERRUPTED
from .optimization import add_training_options, epochs, rule
from .paths import model_file, writable
from .report import announce, report, tell_how_to_use
from .sources import DATA, add_columns, listed

SUMMARY = "train a network on data and write a model file"
EXAMPLES = """\
  cbp train digits
  cbp train iris --hidden 16,16 --activation tanh --epochs 200
  cbp train houses.csv --target price --out models/houses.safetensors
  cbp train fashion-mnist/ --hidden 30 --activation logistic --cost quadratic --optimizer sgd --lr 3
"""

FRACTION = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp train``."""
    parser.add_argument("data", metavar="DATA", help=DATA)
    _add_data_options(parser.add_argument_group("data"))
    add_network_options(parser.add_argument_group("network"))
    add_training_options(parser.add_argument_group("training"))
    group = parser.add_argument_group("output")
    group.add_argument("--out", metavar="FILE", help="model file (default: DATA.safetensors in this folder)")
    group.add_argument("--quiet", action="store_true", help="show the score only (default: progress and hints)")


def _add_data_options(group: argparse._ArgumentGroup) -> None:
    add_columns(
        group,
        target="column to predict, its name or number (from 0, or -1 for the last); several for several "
        "outputs (default: the last)",
        features="columns to learn from, such as age,income (default: all others)",
    )
    group.add_argument(
        "--task",
        choices=("classification", "regression"),
        help="default: classification for words and for few different whole numbers",
    )
    group.add_argument(
        "--test-fraction",
        metavar="PART",
        type=fraction,
        help=f"part to hold out for the score, 0 for none (default: {FRACTION}, or DATA's own test part)",
    )
    group.add_argument(
        "--no-scale",
        dest="scale",
        action="store_false",
        help="do not standardise columns and regression targets (default: do; images stay as they are)",
    )


def run(options: argparse.Namespace) -> int:
    """Train, score, save, and say how to go on."""
    out = writable(Path(options.out) if options.out else model_file(options.data))
    architecture, (optimizer, constants) = Architecture.of(options), rule(options)
    data = _load(options)
    net = architecture.network(data, options.seed)
    train, held_out = _parts(data, options)
    preparation = _preparation(train, net, options)
    if not options.quiet:
        announce(data, train, held_out, net)
    began = perf_counter()
    finished = _fit(net, preparation.applied(train), held_out and preparation.applied(held_out), optimizer, options)
    score = preparation.score(net, held_out) if held_out else None
    seconds, replaced = perf_counter() - began, out.exists()
    net.save(out, extra=preparation.to_json() | _provenance(options, data, constants, score))
    report(score, preparation, net, seconds)
    if not options.quiet:
        tell_how_to_use(out, replaced, net, preparation, options.data, data if score else None)
    return 0 if finished else INTERRUPTED


def _load(options: argparse.Namespace) -> Dataset:
    return load(
        options.data,
        target=listed(options.target),
        features=listed(options.features),
        task=options.task,
        header=options.header,
        dtype=options.dtype,
    )


def _parts(data: Dataset, options: argparse.Namespace) -> tuple[Dataset, Dataset | None]:
    """What to train on, and what to hold out."""
    if options.test_fraction == 0:
        return data, None
    if options.test_fraction is None:
        return data.train_and_test(FRACTION, options.seed)
    return data.split(options.test_fraction, options.seed)


def _preparation(train: Dataset, net: Network, options: argparse.Namespace) -> Preparation:
    return Preparation.fit(
        train,
        features=options.scale and train.image_shape is None,
        targets=options.scale and scales_targets(net, train),
    )


def _fit(net: Network, train: Dataset, held_out: Dataset | None, optimizer: Any, options: argparse.Namespace) -> bool:
    """Train; False if Ctrl-C ended it, with the parameters of the last whole step."""
    try:
        net.fit(
            train.X,
            train.targets,
            epochs=epochs(options, len(train)),
            batch_size=options.batch_size,
            optimizer=optimizer,
            validation=(held_out.X, held_out.targets) if held_out else None,
            progress=not options.quiet,
        )
    except KeyboardInterrupt:
        print(f"interrupted after epoch {net.epochs_trained}; keeping what was learned", file=sys.stderr)
        return False
    except FloatingPointError as error:
        raise FloatingPointError(f"{error}; no model was written") from None
    return True


def _provenance(
    options: argparse.Namespace, data: Dataset, constants: dict[str, Any], score: Score | None
) -> dict[str, Any]:
    """Where the model comes from, for its file."""
    drawn = {"fraction": options.test_fraction, "seed": options.seed}
    if options.test_fraction is None:
        drawn["fraction"] = FRACTION
    own_part = data.test is not None and options.test_fraction is None
    training = {"optimizer": options.optimizer, **constants, "batch_size": options.batch_size}
    return {
        "data": {"name": options.data, "samples": len(data), "held_out": "test part" if own_part else drawn},
        "score": score.summary if score else None,
        "training": training | ({"init": options.init} if options.init else {}),
        "cbp_version": __version__,
    }
