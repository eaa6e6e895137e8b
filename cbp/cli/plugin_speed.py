"""``cbp plugins speed``: how long an activation or cost takes, beside built-in ones."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..core.isa import isa
from .choices import count
from .plugin_facts import tier
from .tables import digits, print_table

SUMMARY = "time an activation or cost beside built-in ones, and as a part of a training step"
EXAMPLES = """\
  cbp plugins speed snake
  cbp plugins speed cbp-snake --json     every activation and cost of a distribution
"""

SECONDS = 0.02  # of a sample


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins speed``."""
    add = parser.add_argument
    add("name", metavar="NAME", help="snake, cbp-snake:snake, or a distribution such as cbp-snake")
    add("--dtype", choices=("float32", "float64"), default="float32", help="precision (default: float32)")
    add("--rounds", metavar="N", type=count, default=9, help=f"samples of {SECONDS} s each (default: 9)")


def run(options: argparse.Namespace) -> None:
    """Measure, and print a table of each."""
    from ..registry.chosen import Chosen
    from ..testing.named import found

    functions = [each for each in found(options.name) if isinstance(each, Chosen)]
    if not functions:
        raise ValueError(f"{options.name} provides no activation and no cost to time")
    facts = [_measured(each, options) for each in functions]
    if options.json:
        print(json.dumps({"dtype": options.dtype, "isa": isa, "functions": facts}, indent=1))
        return
    print(f"{options.dtype}, instruction set {isa}, one thread")
    for each in facts:
        _print(each)


def _measured(chosen: Any, options: argparse.Namespace) -> dict[str, Any]:
    from ..testing.speeds import compared, like

    own, others, steps = compared(chosen, options.dtype, options.rounds, SECONDS)
    near = like(own, others)
    return {
        "kind": chosen.entry.kind,
        "name": chosen.entry.id,
        "params": dict(chosen.params),
        "runs_as": tier(chosen.entry),
        "nanoseconds": dict(own.nanoseconds),
        "beside": {other.chosen.name: dict(other.nanoseconds) for other in others},
        "like": near.chosen.name,
        "times_it": own.total / near.total,
        "steps": [
            {
                "sizes": step.sizes,
                "batch_size": step.batch,
                "microseconds": step.seconds * 1e6,
                "share": step.share(own),
                "microseconds_with_it": step.beside * 1e6,
            }
            for step in steps
        ],
    }


def _print(facts: dict[str, Any]) -> None:
    print(f"\n{facts['kind']} {facts['name']} ({facts['runs_as']}): {facts['times_it']:.2g} times {facts['like']}\n")
    short = facts["name"].partition(":")[2]
    rows = [
        [name, *map(digits, each.values()), digits(sum(each.values()))]
        for name, each in {short: facts["nanoseconds"], **facts["beside"]}.items()
    ]
    titles = ("ns a number", *facts["nanoseconds"], "both")
    print_table(titles, rows, titles[1:])
    print()
    titles = ("a training step", "µs", "of it", f"µs with {facts['like']}")
    print_table(titles, [_row(step) for step in facts["steps"]], titles[1:])


def _row(step: dict[str, Any]) -> list[str]:
    network = f"{'-'.join(map(str, step['sizes']))}, batch {step['batch_size']}"
    return [network, digits(step["microseconds"]), f"{step['share']:.1%}", digits(step["microseconds_with_it"])]
