"""``cbp bench``: how fast cbp is on this machine."""

from __future__ import annotations

import argparse
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from .._version import __version__
from ..core.isa import isa
from ..network import Network
from .choices import count, sizes
from .tables import digits, print_table

if TYPE_CHECKING:
    from ..timing.measuring import Speed
    from ..timing.workloads import Workload

SUMMARY = "time training and prediction on this machine"
EXAMPLES = """\
  cbp bench
  cbp bench --sizes 13,64,64,1 --activation tanh --cost quadratic --batch-size 64
  CBP_ISA=v3 cbp bench --dtype float64   with another instruction set
"""

SECONDS = 0.1  # of a sample
TITLES = ("", "network", "µs a step", "samples/s", "GFLOP/s", "of peak", "µs a prediction")
OWN: dict[str, Any] = {"activation": "tanh", "cost": "quadratic", "batch_size": 32}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp bench``."""
    add = parser.add_argument
    add("--sizes", metavar="SIZES", type=sizes, help="a network of your own (default: six networks of different size)")
    add("--activation", metavar="NAME", help=f"of --sizes (default: {OWN['activation']})")
    add("--cost", metavar="NAME", help=f"of --sizes (default: {OWN['cost']})")
    add("--batch-size", metavar="N", type=count, help=f"of --sizes (default: {OWN['batch_size']})")
    add("--dtype", choices=("float32", "float64"), default="float32", help="precision (default: %(default)s)")
    add("--rounds", metavar="N", type=count, default=7, help=f"samples of {SECONDS} s each (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Measure, then print a row for each network."""
    from ..timing.measuring import measure

    speeds = measure(_workloads(options), options.dtype, options.rounds, SECONDS)
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    print(f"cbp {__version__}, {options.dtype}, instruction set {isa}, one thread; {versions}")
    print(f"peak: {speeds[0].peak / 1e9:.1f} GFLOP/s of multiply-adds, measured in between\n")
    print_table(TITLES, [_row(speed) for speed in speeds], TITLES[2:], folded="network")


def _workloads(options: argparse.Namespace) -> tuple[Workload, ...]:
    """The named ones, or the one that the options describe."""
    from ..timing.workloads import NAMED, Workload

    given = {name: getattr(options, name) for name in OWN if getattr(options, name) is not None}
    if options.sizes is None:
        for name in given:
            raise ValueError(f"--{name.replace('_', '-')}: expected --sizes with it, such as --sizes 13,64,64,1")
        return NAMED
    own = OWN | given
    Network(options.sizes, own["activation"], cost=own["cost"])  # says what is wrong with them
    return (Workload("yours", tuple(options.sizes), own["activation"], own["cost"], own["batch_size"]),)


def _row(speed: Speed) -> list[str]:
    w = speed.workload
    return [
        w.name, w.summary, digits(speed.step * 1e6), f"{speed.samples:,.0f}", digits(speed.flops / 1e9),
        f"{speed.flops / speed.peak:.0%}", digits(speed.prediction * 1e6),
    ]  # fmt: skip
