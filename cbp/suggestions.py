"""The second half of a message about an unknown name."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """``"did you mean 'relu'?"``, or `otherwise` where nothing known is like `name`."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise
