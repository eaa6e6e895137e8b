"""``cbp plugins list``: the activations, costs, optimisers and initialisers there are, built in and installed."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..entries import CBP, KINDS, Entry
from ..makers import Maker
from ..registry import registry
from .tables import print_table, printable

SUMMARY = "list them (default)"
EXAMPLES = """\
  cbp plugins
  cbp plugins list --json
  CBP_PLUGINS= cbp plugins               without any plugin
"""

TITLES = ("from", "runs as", "formula")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(options: argparse.Namespace) -> None:
    """Print the tables, then the plugins that failed to load and why."""
    kinds = {kind: registry.entries(kind) for kind in KINDS.values()}
    failures = {label: f"{type(error).__name__}: {error}" for label, error in registry.failures.items()}
    if options.json:
        listing = {
            "entries": [_as_json(entry) for entries in kinds.values() for entry in entries],
            "failures": failures,
            "left_out": registry.left_out,
        }
        print(json.dumps(listing, indent=1))
        return
    for kind, entries in kinds.items():
        print_table((kind, *TITLES), [_row(entry) for entry in entries], folded="formula")
        print()
    for label, cause in failures.items():
        print(f"failed to load: {printable(label)}: {printable(' '.join(cause.split()))}")
    if registry.left_out:
        print(f"left out by CBP_PLUGINS: {printable(', '.join(registry.left_out))}")


def _tier(entry: Entry) -> str:
    if isinstance(entry.spec, Maker):
        return "compiled" if entry.kind == "optimizer" and entry.distribution == CBP else "Python"
    return "NumPy" if entry.spec.kernel is None else "compiled"


def _constants(entry: Entry) -> dict[str, Any]:
    if isinstance(entry.spec, Maker):
        return entry.spec.constants()
    return {name: param.default for name, param in entry.spec.params.items()}


def _row(entry: Entry) -> list[str]:
    spec = entry.spec
    params = {} if isinstance(spec, Maker) else _constants(entry)
    words = [spec.name, *(f"{name}={default:g}" for name, default in params.items())]
    origin = f"{entry.distribution} {entry.version}".strip()
    return [", ".join((":".join(words), *spec.aliases)), origin, _tier(entry), spec.formula]


def _as_json(entry: Entry) -> dict[str, Any]:
    spec = entry.spec
    return {
        "kind": entry.kind,
        "name": spec.name,
        "aliases": list(spec.aliases),
        "distribution": entry.distribution,
        "version": entry.version,
        "runs_as": _tier(entry),
        "params": _constants(entry),
        "formula": spec.formula,
        "summary": spec.summary,
    }
