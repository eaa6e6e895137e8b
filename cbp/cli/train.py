"""``cbp train``: data in, a model file and its held-out score out."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from ..network import Network
from ..preparation import Preparation
from .architecture import Architecture, add_network_options, as_options
from .choices import file
from .failures import INTERRUPTED
from .fitting import fitted, found_rate, preparation_of
from .optimization import Course, add_training_options
from .paths import model_file, writable
from .pictures import write_picture
from .record import Record
from .regularizing import add_regularization_options
from .report import announce, report, tell_how_to_use
from .run_file import settled
from .sources import DATA
from .stopping import add_file_options, add_stopping_options, callbacks, chooses_by_validation
from .training_data import TrainingData, add_data_options

SUMMARY = "train a network on data and write a model file"
EXAMPLES = """\
  cbp train digits
  cbp train iris --hidden 16,16 --activation tanh --epochs 200
  cbp train houses.csv --target price --early-stopping 20 --out models/houses.safetensors
  cbp train fashion-mnist/ --hidden 30 --activation logistic --cost quadratic --optimizer sgd --lr 3
  cbp train --config digits.toml --seed 1   as the run that wrote digits.toml, with another seed
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp train``; the titles of its groups are the tables of a file of options."""
    parser.usage = "%(prog)s [-h] [--config FILE] [DATA] [OPTION ...]"
    data = parser.add_argument_group("data")
    data.add_argument("source", metavar="DATA", nargs="?", type=file, default=argparse.SUPPRESS, help=DATA)
    add_data_options(data)
    add_network_options(parser.add_argument_group("network"))
    add_training_options(parser.add_argument_group("training"))
    add_regularization_options(parser.add_argument_group("regularization"))
    add_stopping_options(parser.add_argument_group("stopping"))
    output = parser.add_argument_group("output")
    output.add_argument(
        "--out", metavar="FILE", type=file, help="model file (default: DATA.safetensors in this folder)"
    )
    add_file_options(output)
    output.add_argument("--quiet", action="store_true", help="show the score only (default: progress and hints)")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="a TOML file of options, such as is written beside each model; options given here override it "
        "(default: none)",
    )


def run(options: argparse.Namespace) -> int:
    """Train, score, save, and say how to go on; or look for a learning rate."""
    options = settled(options)
    if options.find_lr:
        return _search(options)
    out = writable(Path(options.out or model_file(options.source)))
    record, course, told = Record(out, options), Course.of(options), callbacks(options, out)
    data, net, preparation = _ready(options, course)
    entries = [*(chosen.entry for chosen in (*net.layer_activations, net.cost_function)), course.entry]
    if not options.quiet:
        record.compare(data.all, entries)
    began = perf_counter()
    history = fitted(net, data, preparation, course, told, options)
    score = preparation.score(net, data.held_out) if data.held_out else None
    seconds, replaced = perf_counter() - began, out.exists()
    net.save(out, extra=net.extra | {"score": score.summary if score else None})
    resolved = as_options(net) | data.as_options() | course.as_options(options, len(data.train)) | {"out": str(out)}
    record.write(resolved, data.all, entries, net, score, history)
    report(score, preparation, net, seconds)
    if not options.quiet:
        scored = data.all if score else None
        unfinished = history is None or (options.time_budget is not None and history.stopped)
        newest = options.checkpoint if unfinished else None
        tell_how_to_use(out, replaced, record.path, net, preparation, options.source, scored, newest)
    return 0 if history else INTERRUPTED


def _ready(options: argparse.Namespace, course: Course) -> tuple[TrainingData, Network, Preparation]:
    """The samples, a network that knows nothing of them yet, and what lies between."""
    architecture = Architecture.of(options)
    data = TrainingData.of(options, chooses_by_validation(options, course.schedule))
    net = architecture.network(data.all, options.seed)
    if not options.quiet:
        announce(data, net)
    return data, net, preparation_of(data.train, net, options)


def _search(options: argparse.Namespace) -> int:
    """Print a learning rate, and draw what it was found by."""
    course, picture = Course.of(options), Path(f"{model_file(options.source).stem}-lr.png")
    if "lr" not in course.constants:
        raise ValueError(f"--find-lr: expected an optimiser with a learning rate, got {course.name.partition(':')[0]}")
    writable(picture)
    data, net, preparation = _ready(options, course)
    found = found_rate(net, data, preparation, course, options)
    if found.suggestion is None:
        print(f"no learning rate from {found.rates[0]:.2g} to {found.rates[-1]:.2g} makes the cost fall clearly")
    else:
        print(f"suggested learning rate: {found.suggestion:.2g}; to train with it: --lr {found.suggestion:.2g}")
    write_picture(found.plot(), picture)
    print(f"wrote {picture}")
    return 0
