"""Where cbp comes from, for those who must install it again: on PyPI its name belongs to another project."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

__all__ = ["HOME", "HOME_PAGE", "source"]

HOME_PAGE = "https://github.com/cbp/cbp"
HOME = f"git+{HOME_PAGE}"


def source() -> str:
    """What ``pip install`` takes to install this cbp, for any Python.

    Returns
    -------
    str
        The clone or commit it was installed from, if pip has written that down (PEP 610); else `HOME`.
    """
    try:
        record = distribution("cbp").read_text("direct_url.json")
    except PackageNotFoundError:
        record = None
    return _requirement(json.loads(record)) if record else HOME


def _requirement(direct: dict[str, Any]) -> str:
    url: str = direct["url"]
    if "dir_info" in direct:
        return url
    if version := direct.get("vcs_info"):
        return f"{version['vcs']}+{url}@{version['commit_id']}"
    return HOME  # a wheel is for one Python only
