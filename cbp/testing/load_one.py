"""A program: loads one plugin as cbp does and writes down how that went. ``python -m cbp.testing.load_one LABEL FILE``.

CBP_PLUGINS in its environment keeps the others out. What it prints is the plugin's.
"""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from ..registry import Registry
from ..registry.entries import KINDS
from ..registry.provenance import PluginWarning


def account(registry: Registry, label: str) -> dict[str, Any]:
    """How the loading of a plugin went, as JSON holds it."""
    record, error = registry.provenance[label], registry.failures.get(label)
    everything = [entry for kind in KINDS.values() for entry in registry.known(kind)]
    frames = traceback.extract_tb(error.__traceback__)[-2:] if error else []
    return {
        "stage": record.stage,
        "file": record.file,
        "seconds": record.seconds,
        "deeds": record.deeds,
        "error": f"{type(error).__name__}: {error}" if error else "",
        "where": " / ".join(f"{frame.filename}, line {frame.lineno}: {frame.line}" for frame in frames),
        "provides": [f"{entry.kind} {entry.id}" for entry in everything if entry.plugin == label],
    }


def main(label: str, answer: str) -> None:
    """Load and tell."""
    warnings.simplefilter("ignore", PluginWarning)  # it is in the account
    registry = Registry()
    for kind in KINDS.values():
        registry.entries(kind)
    Path(answer).write_text(json.dumps(account(registry, label)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
