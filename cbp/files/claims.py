"""What a model file says of an activation or cost: written, read, looked up again, and compared with what is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..registry.chosen import Chosen, choose
from ..registry.entries import CBP, Entry, Kind
from ..registry.recall import recalled
from .probes import deviation, probe_of

__all__ = ["Described", "describe"]


def describe(chosen: Chosen) -> dict[str, Any]:
    """What is written: JSON, in which a number that is not finite is a string."""
    entry, probe = chosen.entry, probe_of(chosen)
    return {
        "name": chosen.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "spec_version": entry.spec.spec_version,
        "params": dict(chosen.params),
        "probe": probe and [each if math.isfinite(each) else str(each) for each in probe],
    }


@dataclass(frozen=True)
class Described:
    """An activation or cost as a model file names it.

    Attributes
    ----------
    kind : ``"activation"`` or ``"cost"``
    name, distribution, version : str
        The version is the distribution's when the model was saved.
    spec_version : int
        The version of its mathematics.
    params : dict of str to float
    probe : tuple of float or None
        What it said of fixed numbers; see `cbp.files.probes`.
    """

    kind: Kind
    name: str
    distribution: str
    version: str
    spec_version: int
    params: dict[str, float]
    probe: tuple[float, ...] | None

    @classmethod
    def read(cls, kind: Kind, written: Mapping[str, Any]) -> Described:
        """What `describe` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError, OverflowError
            It is damaged.
        """
        probe = written["probe"]
        return cls(
            kind,
            str(written["name"]),
            str(written["distribution"]),
            str(written["version"]),
            int(written["spec_version"]),
            {str(key): float(value) for key, value in dict(written["params"]).items()},
            None if probe is None else tuple(float(each) for each in probe),
        )

    @property
    def id(self) -> str:
        """The full name, ``distribution:name``."""
        return f"{self.distribution}:{self.name}"

    @property
    def origin(self) -> str:
        """``"cbp-snake 0.1.0"``."""
        return f"{self.distribution} {self.version}".strip()

    def __str__(self) -> str:
        params = ", ".join(f"{key}={value:g}" for key, value in self.params.items())
        name = self.name if self.distribution == CBP else self.id
        return f"{name}({params})" if params else name

    def found(self) -> Entry:
        """What the registry has of that name.

        Raises
        ------
        MissingError
            It has none; the message says which distribution to install.
        """
        return recalled(self.kind, self.distribution, self.name, self.version)

    def chosen(self) -> Chosen:
        """What the registry has of that name, with these parameters.

        Raises
        ------
        MissingError
            It has none.
        ValueError, TypeError
            It does not take these parameters.
        """
        return choose(self.kind, self.found().id, **self.params)

    def changed(self, now: Chosen) -> str:
        """How what is installed differs from what the model was saved with, in words; "" if it does not."""
        spec_version = now.spec.spec_version
        if spec_version != self.spec_version:
            return f"version {self.spec_version} of its mathematics is now version {spec_version}"
        return deviation(self.probe, probe_of(now)) if self.probe is not None else ""
