"""Where cbp comes from, for those who must install it again."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

__all__ = ["REQUIREMENT", "public", "source"]

REQUIREMENT = "cbp>=0.1,<1"  # never the other project of that name on PyPI, whose versions begin at 1.1


def source() -> str:
    """What ``pip install`` takes to install this cbp, for any Python.

    Returns
    -------
    str
        The clone or commit it was installed from, if pip has written that down (PEP 610); else `REQUIREMENT`, which
        pip looks for on PyPI.
    """
    try:
        record = distribution("cbp").read_text("direct_url.json")
    except PackageNotFoundError:
        record = None
    return _requirement(json.loads(record)) if record else REQUIREMENT


def public() -> str:
    """The same for other machines: no folder of this one."""
    here = source()
    return REQUIREMENT if here.startswith("file:") else here


def _requirement(direct: dict[str, Any]) -> str:
    url: str = direct["url"]
    if "dir_info" in direct:
        return url
    if version := direct.get("vcs_info"):
        return f"{version['vcs']}+{url}@{version['commit_id']}"
    return REQUIREMENT  # a wheel is for one Python only
