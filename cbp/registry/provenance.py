"""How the loading of a plugin went: from which file, how long it took, how far it came, and what else it did.

A plugin is imported into somebody else's process. What it does there beside being imported is noticed here, and
put down to it by name: printing, switching the processor's floating-point mode (a library linked with
``-ffast-math`` does, and every number computed afterwards may be another), turning the GIL back on.
"""

from __future__ import annotations

import sys
import time
import warnings
from _thread import get_ident
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from ..core import sentinel
from .discovery import Installed

__all__ = ["PluginWarning", "Provenance", "Watch"]

Stage: TypeAlias = Literal["import", "hooks", "names", "ready"]

_gil: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)


class PluginWarning(UserWarning):
    """A plugin did something to the process it was loaded into."""


class Provenance:
    """What is known of a plugin that was loaded, or failed to.

    Attributes
    ----------
    plugin : Installed
    stage : ``"import"``, ``"hooks"``, ``"names"`` or ``"ready"``
        Which part of its loading was the last one begun.
    file : str
        The file of its module; "" if it was never found.
    seconds : float
        What its import and hooks took.
    deeds : dict of str to str
        What it did beside: ``"output"``, ``"floating-point mode"``, ``"GIL"``, and the details in words.
    """

    def __init__(self, plugin: Installed) -> None:
        self.plugin = plugin
        self.stage: Stage = "import"
        self.file = ""
        self.seconds = 0.0
        self.deeds: dict[str, str] = {}

    def warn(self) -> None:
        """Tell the user what it did."""
        for deed in self.deeds.values():
            warnings.warn(f"the plugin {self.plugin.label} {self.plugin.version} {deed}", PluginWarning, stacklevel=2)


class Watch:
    """Load a plugin inside of `with`, which gives its record.

    Whatever comes of it, the record is complete and the floating-point mode as before.
    """

    def __init__(self, plugin: Installed) -> None:
        self._record = Provenance(plugin)
        self._overheard = _Overheard()

    def __enter__(self) -> Provenance:
        self._mode, self._gil, self._start = sentinel.floating_point_mode(), _gil(), time.perf_counter()
        self._said = self._overheard.__enter__()
        return self._record

    def __exit__(self, *_: object) -> None:
        self._overheard.__exit__()
        record = self._record
        record.seconds = time.perf_counter() - self._start
        record.file = getattr(sys.modules.get(record.plugin.point.module), "__file__", None) or ""
        if said := self._said:
            record.deeds["output"] = f"wrote to stdout while it was loaded: {''.join(said)!r:.80}"
        if changed := sentinel.difference(self._mode, sentinel.floating_point_mode()):
            sentinel.set_floating_point_mode(self._mode)
            record.deeds["floating-point mode"] = (
                f"changed the floating-point mode while it was loaded ({changed}); cbp has changed it back: build "
                "it, and what it loads, without -ffast-math"
            )
        if _gil() and not self._gil:
            record.deeds["GIL"] = (
                "turned the GIL back on: a compiled module of it, or one that it imports, does not declare that it "
                "runs without (in Cython: freethreading_compatible = True)"
            )


class _Overheard:
    """Stands for stdout, if there is one, inside of `with`: passes everything on, and notes what this thread prints."""

    def __init__(self) -> None:
        self._stream: Any = sys.stdout
        self._said: list[str] = []
        self._thread = get_ident()

    def __enter__(self) -> list[str]:
        if self._stream is not None:
            stdout: Any = self
            sys.stdout = stdout
        return self._said

    def __exit__(self, *_: object) -> None:
        if sys.stdout is self:
            sys.stdout = self._stream

    def write(self, text: str) -> Any:
        if get_ident() == self._thread:
            self._said.append(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
