"""What stands in a model file or a pickle for an activation, a cost, ...: its name, looked up again where it is read.

Neither a kernel nor a lambda could be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._version import __version__
from .discovery import belongs
from .entries import CBP, LOCAL, Entry, Kind, kind_of
from .lookup import registry

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
        remedy = _remedy(kind, distribution, name, version)
        raise MissingError(f"it uses the {kind} {name!r} of {distribution!r}, not found here: {remedy}") from error


def _remedy(kind: Kind, distribution: str, name: str, version: str) -> str:
    if distribution == LOCAL:
        return f"register it first with cbp.register({kind.capitalize()}({name!r}, ...))"
    if distribution == CBP:
        return f"upgrade cbp, which is {__version__} here, to {version}"
    for label in registry.left_out:
        if belongs(label, distribution):
            return f"CBP_PLUGINS leaves out {label}; let it in"
    for label, error in registry.failures.items():
        if belongs(label, distribution):
            return f"{label} failed to load ({type(error).__name__}: {error})"
    return f"install {distribution}=={version} and load again"


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
