"""What stands in a model file or a pickle for an activation, a cost, ...: its name, looked up again where it is read.

Neither a kernel nor a lambda could be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._version import __version__
from .entries import CBP, LOCAL, Entry, Kind, kind_of
from .registry import registry

__all__ = ["MissingError", "recalled", "reference"]


class MissingError(ValueError):
    """What was written uses something that the registry does not have here."""


def recalled(kind: Kind, distribution: str, name: str, version: str) -> Entry:
    """What `distribution`, then of this `version`, called `name`.

    Raises
    ------
    MissingError
        The registry does not have it, or it cannot be loaded.
    """
    try:
        return registry.find(kind, f"{distribution}:{name}")
    except (ValueError, ImportError) as error:
        remedies = {
            LOCAL: f"register it first with cbp.register({kind.capitalize()}({name!r}, ...))",
            CBP: f"upgrade cbp, which is {__version__} here, to {version}",
        }
        remedy = remedies.get(distribution, f"install {distribution}=={version} and load again")
        raise MissingError(f"it uses the {kind} {name!r} of {distribution!r}, not found here: {remedy}") from error


def reference(spec: Any) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """What `pickle` keeps of an `Activation`, `Cost`, ... that is registered.

    Raises
    ------
    TypeError
        It is not registered, so it could not be found again.
    """
    entry = registry.entry_of(spec)
    if entry is None:
        raise TypeError(
            f"{kind_of(spec)} {spec.name!r}: expected a registered one, for a pickle holds its name alone; "
            "call cbp.register with it, here and where the pickle is read"
        )
    return _unpickled, (entry.kind, entry.distribution, spec.name, entry.version)


def _unpickled(kind: Kind, distribution: str, name: str, version: str) -> Any:
    return recalled(kind, distribution, name, version).spec
