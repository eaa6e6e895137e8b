"""How a message shows what it was given: in one line, and no more of it than a reader wants."""

from __future__ import annotations

from reprlib import Repr
from typing import Any

__all__ = ["shown"]

_short = Repr()
_short.maxstring = _short.maxother = _short.maxlong = 80


def shown(value: Any) -> str:
    """The repr of `value` without line breaks, shortened in its middle where it is long."""
    return " ".join(_short.repr(value).split())
