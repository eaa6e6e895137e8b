"""Which samples of a data set a command works with: all of them, or those that training held out."""

from __future__ import annotations

import argparse
import sys

from ..data import DataError, Dataset
from ..network import Network

__all__ = ["add_held_out", "part"]


def add_held_out(parser: argparse._ActionsContainer, does: str) -> None:
    """The option --held-out of a command that `does` something with samples."""
    parser.add_argument(
        "--held-out",
        action="store_true",
        help=f"of the DATA the model was trained on, {does} only what was held out (default: all)",
    )


def part(data: Dataset, net: Network, source: str, held_out: bool, *, quiet: bool = False) -> Dataset:
    """The samples to work with: a test part where there is one; else say, unless `quiet`, if some were trained on.

    Raises
    ------
    DataError
        Nothing of it was held out, or the model was trained on other data.
    """
    trained_on = net.extra.get("data") or {}
    same = trained_on.get("name") == source and trained_on.get("samples") == len(data)
    if held_out:
        return _held_out(data, trained_on, source)
    if same and data.test is None and not quiet:
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
