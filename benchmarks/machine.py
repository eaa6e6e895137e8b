"""On what, with what and when the results were measured."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["describe"]

DISTRIBUTIONS = ("cbp", "numpy", "scipy", "scikit-learn", "jax", "jaxlib", "torch")


def describe() -> dict[str, Any]:
    """Processor, cores, system, versions, date, and how busy the machine was."""
    return {
        "date": dt.datetime.now().astimezone().strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": {"python": platform.python_version()} | _versions(),
    }


def _processor() -> str:
    """The model's name, and the widest vectors it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2", "avx", "sse2") if name in flags), "")
    return f"{facts.get('model name', platform.machine())} ({widest})" if widest else platform.machine()


def _versions() -> dict[str, str]:
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if "cbp" not in found:
        from cbp._version import __version__

        found["cbp"] = __version__
    return found
