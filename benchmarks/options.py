"""The command line of ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks import ROOT
from benchmarks.peers.names import PEERS
from benchmarks.pinning import cores
from benchmarks.workloads import NAMED, ODD, Workload, find

__all__ = ["MEASUREMENTS", "listing", "parse"]

MEASUREMENTS = ("training", "inference", "optimizers", "imports", "startup")
DTYPES = ("float32", "float64")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line, or leave with a message."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="cbp beside its peers.")
    _add_what(parser)
    _add_how(parser)
    _add_where(parser)
    options = parser.parse_args(arguments)
    try:
        options.workloads = _workloads(options)
    except ValueError as error:
        parser.error(str(error))
    if max(options.threads) > len(cores()):
        parser.error(f"threads: expected at most {len(cores())}, the cores this process may use")
    options.peers += ["compile"] * options.compile
    return options


def listing() -> str:
    """Workloads and peers by name."""
    rows = [f"  {w.name:10}{w.summary}" for w in NAMED + ODD]
    return "\n".join(["workloads", *rows, "peers", "  " + ", ".join(PEERS)])


def _add_what(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is measured").add_argument
    add("--workloads", type=_found, help="names, or 'named' (the default), 'odd', 'all'", metavar="NAMES")
    add("--sizes", type=_counts, help="a workload of your own: 13,64,64,1")
    add("--activation", default="tanh", help="of --sizes (default: %(default)s)")
    add("--cost", default="quadratic", help="of --sizes (default: %(default)s)")
    add("--batch", type=_count, default=32, help="of --sizes (default: %(default)s)")
    add("--measure", type=_names(MEASUREMENTS), metavar="NAMES",
        help=f"some of {', '.join(MEASUREMENTS)}; by default all, or training alone of workloads you name",
    )  # fmt: skip
    add("--list", action="store_true", help="list workloads and peers, and stop")


def _add_how(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how").add_argument
    everyone = [name for name in PEERS if name != "compile"]
    add("--peers", type=_names(PEERS), default=everyone, help="beside cbp (default: all but compile)")
    add("--compile", action="store_true", help="torch.compile too; it takes a while to warm up")
    add("--threads", type=_counts, default=(1,), help="1,2 runs all with one thread, then with two")
    add("--dtype", type=_names(DTYPES), default=list(DTYPES), help="float32, float64 or both (the default)")
    add("--rounds", type=_count, default=9, help="samples of each peer (default: %(default)s)")
    add("--seconds", type=float, default=0.1, help="of a sample (default: %(default)s)")
    add("--clock", choices=("wall", "cpu"), default="wall",
        help="cpu is processor time: for one thread on a machine that others use too (default: %(default)s)",
    )  # fmt: skip


def _add_where(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("results").add_argument
    add("--json", type=Path, default=ROOT / "build" / "benchmark.json", metavar="FILE",
        help="results; table (.txt) and picture (.svg) go beside them (default: build/benchmark.json)",
    )  # fmt: skip
    add("--read", type=Path, metavar="FILE", help="show these results instead of measuring")
    add("--write-docs", action="store_true", help="write docs/performance.md and its picture")


def _workloads(options: argparse.Namespace) -> tuple[Workload, ...]:
    """The workloads that were asked for; with them, by default, training alone is measured.

    Raises
    ------
    ValueError
        cbp has no such network.
    """
    chosen = list(options.workloads or [])
    if options.sizes:
        import cbp

        cbp.Network(options.sizes, options.activation, cost=options.cost)
        chosen.append(Workload("custom", options.sizes, options.activation, options.cost, options.batch))
    options.measure = options.measure or (["training"] if chosen else list(MEASUREMENTS))
    return tuple(chosen) or NAMED


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _found(text: str) -> list[Workload]:
    try:
        return [workload for name in _split(text) for workload in find(name)]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        for name in _split(text):
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown name {name!r}: there are {', '.join(known)}")
        return _split(text)

    return read


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 1, got {text!r}")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_count(part) for part in _split(text))
