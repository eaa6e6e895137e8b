"""Reading data and models for a command, and the options that say how."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path

from ..data import Dataset, load, load_features, names
from ..data.columns import default_names
from ..data.files import suffix
from ..data.floats import Floats
from ..data.layout import sniff
from ..data.sources import TABLES
from ..files import ModelError
from ..network import Network
from ..preparation import Preparation
from .choices import columns

__all__ = ["DATA", "add_columns", "is_large", "listed", "load_data", "load_model", "load_samples"]

DATA = (
    f"a built-in set ({', '.join(names())}); a table (.csv, .tsv, .txt, .data, .npy); arrays X and y in an "
    ".npz; or a folder of IDX images as MNIST's; each may be packed with gzip"
)


LARGE = 1 << 29  # bytes of a file


def add_columns(parser: argparse._ActionsContainer, *, target: str, features: str) -> None:
    """The options --target, --features and --header, the first two with these helps."""
    add = parser.add_argument
    add("--target", metavar="COLUMN", type=columns, action="append", help=target)
    add("--features", metavar="COLUMNS", type=columns, action="append", help=features)
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether a text table begins with a row of names (default: look)",
    )


def listed(given: list[list[str]] | None) -> list[str] | None:
    """The columns of an option that may be repeated, or None where it was not given."""
    return None if given is None else list(chain.from_iterable(given))


def is_large(source: str) -> bool:
    """Whether a file is better left where it is than read into memory; the numbers of a training are the same."""
    path = Path(source)
    return path.is_file() and path.stat().st_size >= LARGE


def load_model(path: str) -> tuple[Network, Preparation]:
    """A model file and what it knows of its data; of a checkpoint with a running mean, the network of that mean."""
    from ..files import load as load_network

    net = load_network(path)
    if net.average is not None:
        net.parameters = net.average
    try:
        return net, Preparation.of(net)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def load_samples(source: str, net: Network, preparation: Preparation, options: argparse.Namespace) -> Floats:
    """The samples to predict, (n, N_1)."""
    return load_features(
        source,
        features=listed(options.features) or preparation.feature_names or None,
        target=listed(options.target) or (),
        header=options.header,
        dtype=net.dtype,
        memory_map=is_large(source),
    )


def load_data(source: str, net: Network, preparation: Preparation, options: argparse.Namespace) -> Dataset:
    """Samples and targets as the model knows them."""
    return load(
        source,
        target=listed(options.target) or _target(source, preparation.target_names, options.header),
        features=listed(options.features) or preparation.feature_names or None,
        task=preparation.task,
        class_names=preparation.class_names,
        header=options.header,
        dtype=net.dtype,
        memory_map=is_large(source),
    )


def _target(source: str, known: tuple[str, ...], header: bool | None) -> list[str] | None:
    """The columns called as the model's targets; None, the last column, where one side has no names."""
    path = Path(source)
    if suffix(path) not in TABLES or not known:
        return None
    there = sniff(path, header).names
    has_names = there != default_names(len(there))
    return list(known) if set(known) <= set(there) or (has_names and not _is_default(known)) else None


def _is_default(known: tuple[str, ...]) -> bool:
    return all(name[:1] == "x" and name[1:].isdecimal() for name in known)
