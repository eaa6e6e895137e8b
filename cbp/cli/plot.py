"""``cbp plot``: a picture of a model, of what it answers, or of its training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..data import DataError
from .choices import count, sizes
from .parts import add_held_out, part
from .paths import writable
from .pictures import OF_DATA, OF_MODEL, curves, write_picture
from .sources import DATA, add_columns, load_data, load_model

SUMMARY = "draw a model, what it answers, or its training"
EXAMPLES = """\
  cbp plot digits.safetensors
  cbp plot digits.safetensors --what weights --out weights.svg
  cbp plot digits.safetensors digits --what confusion --held-out
  cbp plot run.csv
"""

KINDS = (".png", ".svg", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plot``."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="a model file; or the .csv file that --log or cbp.callbacks.CSVLog wrote")
    add("data", metavar="DATA", nargs="?", help=f"{DATA}. Needed for {', '.join(OF_DATA)}")
    add(
        "--what",
        choices=(*OF_MODEL, *OF_DATA),
        help="the picture (default: network, or of a .csv file its learning curves)",
    )
    add("--layer", metavar="L", type=count, default=2, help="of layer and weights, 2 for W² (default: %(default)s)")
    add("--shape", metavar="H,W", type=sizes, help="of the images of weights (default: a square)")
    add_columns(
        parser,
        target="column with the targets (default: the one called as in training, or the last)",
        features="columns to predict from (default: those called as in training)",
    )
    add_held_out(parser, "draw")
    add("--out", metavar="FILE", help=f"{', '.join(KINDS)} by its name (default: MODEL-WHAT.png in this folder)")


def run(options: argparse.Namespace) -> None:
    """Draw the picture and write it."""
    source = Path(options.model)
    of_training = source.suffix.lower() == ".csv"
    if of_training and (options.what or options.data):
        raise ValueError(f"{source}: its learning curves are all that is drawn of a .csv file; expected a model file")
    what = options.what or "network"
    out = Path(options.out or f"{source.stem}-{'curves' if of_training else what}.png")
    if out.suffix.lower() not in KINDS:
        raise ValueError(f"--out {out}: expected a name that ends with {', '.join(KINDS)}")
    writable(out)
    write_picture(curves(source) if of_training else _picture(what, options), out)
    print(f"wrote {out}")


def _picture(what: str, options: argparse.Namespace) -> Any:
    net, preparation = load_model(options.model)
    if what in OF_MODEL and options.data is None:
        return OF_MODEL[what](net, preparation, options)
    if what in OF_MODEL:
        raise DataError(f"--what {what}: expected no DATA, got {options.data!r}; {', '.join(OF_DATA)} need some")
    if options.data is None:
        raise DataError(f"--what {what}: expected DATA after the model, got none")
    data = part(load_data(options.data, net, preparation, options), net, options.data, options.held_out)
    return OF_DATA[what](net, preparation, data)
