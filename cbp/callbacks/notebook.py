"""What stands in a notebook, and changes there while a cell runs."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["Display", "in_notebook"]


def in_notebook() -> bool:
    """Whether this is the kernel of one."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


class Display:
    """A place in a cell's output, which shows one thing after another."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, shown: Any) -> None:
        """Show this, in place of what was there."""
        if self._handle is None:
            from IPython.display import display

            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)
