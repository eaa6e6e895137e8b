"""``cbp plugins why NAME``, also ``cbp plugins --why NAME``: what a name means here, or why it means nothing."""

from __future__ import annotations

import argparse
import json
import os
import traceback
from collections.abc import Iterator
from typing import Any

from ..registry import registry
from ..registry.discovery import installed, normalized
from ..registry.entries import CBP, KINDS, LOCAL, Entry, Kind
from ..suggestions import did_you_mean
from .failures import FAILED
from .plugin_facts import plugins, tier
from .tables import printable

SUMMARY = "explain a name: what it means and why, or what is wrong with a plugin"
EXAMPLES = """\
  cbp plugins why swish
  cbp plugins why my-plugin              how its loading went
"""

FRAMES = 4  # of a traceback


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins why``."""
    parser.add_argument("why", metavar="NAME", help="an activation, cost, optimiser, initialiser or plugin")


def run(options: argparse.Namespace) -> int:
    """Print one finding a line; the status is 0 if the name means something."""
    name = options.why
    means = _meanings(name)
    provided, said = _of_plugin(name)
    lines = [*means.values(), *said]
    usable = bool(means or provided)
    if not lines:
        lines = list(_nothing(name))
    if options.json:
        print(json.dumps({"name": name, "means": [*means], "provides": provided, "why": lines}, indent=1))
    else:
        print("\n".join(printable(line) for text in lines for line in text.splitlines()))
    return 0 if usable else FAILED


def _meanings(name: str) -> dict[str, str]:
    """The full names of what is meant, each with an explanation."""
    means: dict[str, str] = {}
    for kind in KINDS.values():
        for entry in _having(kind, name):
            means[entry.id] = _explained(entry, name)
    return means


def _having(kind: Kind, name: str) -> list[Entry]:
    built_in = registry.known(kind).having(name)
    if built_in and built_in[0].distribution == CBP:
        return built_in
    registry.entries(kind)  # loads the plugins
    return registry.known(kind).having(name)


def _explained(entry: Entry, name: str) -> str:
    called = f"{entry.kind} {name!r} is {entry.id}"
    if entry.distribution == CBP:
        return f"{called}, built in ({tier(entry)}): no plugin can take its name, and none is looked at"
    if entry.distribution == LOCAL:
        return f"{called}, registered by this process: it comes before any plugin's"
    others = [other.id for other in _having(entry.kind, name) if other.id != entry.id]
    record = registry.provenance[entry.plugin]
    origin = f"of {entry.distribution} {entry.version} ({tier(entry)}), from {record.file}, loaded in "
    text = f"{called}, {origin}{1e3 * record.seconds:.1f} ms"
    if others:
        text += f"; {', '.join(others)} has the name too: write the full name"
    return text


def _of_plugin(name: str) -> tuple[list[str], list[str]]:
    """What a plugin, named by its distribution or entry point, provides, and how its loading went."""
    provided: list[str] = []
    lines: list[str] = []
    words = normalized(name.partition(":")[0])
    of_name = [plugin.label for plugin in installed()[0] if words in plugin.words]
    if of_name or any(normalized(plugin["distribution"]) == words for plugin in plugins()):
        for kind in KINDS.values():
            provided += [entry.id for entry in registry.entries(kind) if entry.plugin in of_name]
        lines = [_state(plugin) for plugin in plugins() if _is(plugin, words, of_name)]
    return provided, lines


def _is(plugin: dict[str, Any], words: str, labels: list[str]) -> bool:
    return plugin["plugin"] in labels or normalized(plugin["distribution"]) == words


def _state(plugin: dict[str, Any]) -> str:
    called = f"plugin {plugin['plugin']} {plugin['version']}".rstrip()
    if plugin["state"] == "left out":
        return f"{called} is left out by CBP_PLUGINS={os.environ.get('CBP_PLUGINS')!r}: it is not imported"
    if plugin["state"] == "failed":
        return "\n".join([f"{called} failed to load: {plugin['failure']}", *_trace(plugin["plugin"])])
    names = [e.spec.name for kind in KINDS.values() for e in registry.known(kind) if e.plugin == plugin["plugin"]]
    lines = [f"{called} provides {', '.join(names) or 'nothing'}, from {plugin['file']}", *plugin["deeds"].values()]
    return "\n  it ".join(lines)


def _trace(label: str) -> Iterator[str]:
    """Where a plugin raised, the last of it."""
    error = registry.failures.get(label)
    for frame in traceback.extract_tb(error.__traceback__ if error else None)[-FRAMES:]:
        yield f"  {frame.filename}, line {frame.lineno}, in {frame.name}: {frame.line or ''}".rstrip(": ")


def _nothing(name: str) -> Iterator[str]:
    """Why nothing has the name."""
    there = plugins()
    known = [*(each for kind in KINDS.values() for each in registry.known(kind).all())]
    hint = did_you_mean(
        name, [*known, *(plugin["distribution"] for plugin in there)], "'cbp plugins' lists what there is"
    )
    yield f"nothing is called {name!r}: {hint}"
    for plugin in there:
        if plugin["state"] in ("failed", "left out"):
            yield f"it may be in this: {_state(plugin)}"
