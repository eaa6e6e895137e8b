"""How long another process is waited for: in short waits, each of which counts as no longer than it was to be.

So a time in which this process was stopped, and the other with it (by a shell, a debugger, a virtual machine that
is frozen), is not held against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

__all__ = ["waits"]

WAIT = 0.5  # seconds


def waits(seconds: float) -> Iterator[float]:
    """The waits that make up so many seconds, in seconds."""
    whole, rest = divmod(seconds, WAIT)
    yield from repeat(WAIT, int(whole))
    if rest:
        yield rest
