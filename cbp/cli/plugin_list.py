"""``cbp plugins list``: what there is, built in and installed. Plugins are not imported unless asked."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..plugin.makers import Maker
from ..registry import registry
from ..registry.entries import KINDS
from . import plugin_why
from .plugin_facts import constants, facts_of, plugins, tier
from .tables import print_table, printable

SUMMARY = "list what is built in, and which plugins are installed (default)"
EXAMPLES = """\
  cbp plugins
  cbp plugins --load --json              everything, the plugins' too
  cbp plugins --why swish                what a name means, and why
  CBP_PLUGINS=-my-plugin cbp plugins     without one of them
"""

TITLES = ("from", "runs as", "formula")
PLUGIN_TITLES = ("plugin", "version", "state", "loaded in", "file")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins list``."""
    parser.add_argument("--load", action="store_true", help="import plugins and list what they provide (default: no)")
    parser.add_argument("--why", metavar="NAME", help="explain a name, or what is wrong with a plugin (default: list)")


def run(options: argparse.Namespace) -> int | None:
    """Print the tables, then the plugins, those that failed to load with the cause."""
    if options.why is not None:
        return plugin_why.run(options)
    if options.load:
        for kind in KINDS.values():
            registry.entries(kind)
    if options.json:
        print(json.dumps(_listing(), indent=1))
    else:
        _print_tables(options.load)
    return None


def _listing() -> dict[str, Any]:
    installed = plugins()
    return {
        "entries": [facts_of(entry) for kind in KINDS.values() for entry in registry.known(kind)],
        "plugins": installed,
        "failures": {plugin["plugin"]: plugin["failure"] for plugin in installed if plugin["failure"]},
        "left_out": [plugin["plugin"] for plugin in installed if plugin["state"] == "left out"],
    }


def _print_tables(loaded: bool) -> None:
    installed = plugins()
    for kind in KINDS.values():
        print_table((kind, *TITLES), [_row(entry) for entry in registry.known(kind)], folded="formula")
        print()
    rows = [_plugin_row(plugin) for plugin in installed]
    if rows:
        print_table(PLUGIN_TITLES, rows, right=("loaded in",), folded="file")
    for plugin in installed:
        for words in filter(None, (plugin["failure"], *plugin["deeds"].values())):
            print(f"{printable(plugin['plugin'])}: {printable(' '.join(words.split()))}")
    if any(plugin["state"] == "installed" for plugin in installed) and not loaded:
        print("plugins are not imported for this list: cbp plugins --load shows what they provide")


def _row(entry: Any) -> list[str]:
    spec = entry.spec
    params = {} if isinstance(spec, Maker) else constants(entry)
    words = [spec.name, *(f"{name}={default:g}" for name, default in params.items())]
    origin = f"{entry.distribution} {entry.version}".strip()
    return [", ".join((":".join(words), *spec.aliases)), origin, tier(entry), spec.formula]


def _plugin_row(plugin: dict[str, Any]) -> list[str]:
    took = "" if plugin["seconds"] is None else f"{1e3 * plugin['seconds']:.1f} ms"
    state = "left out by CBP_PLUGINS" if plugin["state"] == "left out" else plugin["state"]
    return [plugin["plugin"], plugin["version"], state, took, plugin["file"] or plugin["module"]]
