"""An activation or cost together with the parameters a user chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .plugin import Activation, Cost, Param
from .registry import Entry, Kind, registry
from .suggestions import did_you_mean

__all__ = ["Choice", "Chosen", "activation", "choose", "cost"]


@dataclass(frozen=True)
class Chosen:
    """What `cbp.activation` and `cbp.cost` return: an entry of the registry with its parameters.

    Attributes
    ----------
    entry : Entry
    params : mapping of str to float
        Every parameter, the user's or its default.
    """

    entry: Entry
    params: Mapping[str, float] = field(default_factory=dict)

    @property
    def spec(self) -> Any:
        """The `Activation` or `Cost`."""
        return self.entry.spec

    @property
    def name(self) -> str:
        """The short name."""
        return self.entry.spec.name

    def __str__(self) -> str:
        if not self.params:
            return self.name
        return f"{self.name}({', '.join(f'{key}={value:g}' for key, value in self.params.items())})"


Choice: TypeAlias = str | Chosen | Activation | Cost


def _bind(kind: Kind, entry: Entry, given: Mapping[str, float]) -> Chosen:
    declared: Mapping[str, Param] = entry.spec.params
    for name, value in given.items():
        if name not in declared:
            hint = did_you_mean(name, declared, f"it takes {', '.join(declared) or 'none'}")
            raise TypeError(f"{kind} {entry.spec.name!r} has no parameter {name!r}: {hint}")
        if not declared[name].allows(float(value)):
            raise ValueError(f"{kind} {entry.spec.name!r}: {name} must be {declared[name].describe()}, got {value!r}")
    return Chosen(entry, {name: float(given.get(name, p.default)) for name, p in declared.items()})


def choose(kind: Kind, choice: Choice, **params: float) -> Chosen:
    """Resolve a name, an unregistered `Activation` or `Cost`, or what was resolved before.

    Raises
    ------
    ValueError
        Unknown name, ambiguous name, or a parameter out of its range.
    TypeError
        `choice` is of another kind, or a parameter is unknown.
    """
    expected = Activation if kind == "activation" else Cost
    if isinstance(choice, Chosen):
        if not isinstance(choice.spec, expected):
            raise TypeError(f"expected a {kind}, got the {type(choice.spec).__name__.lower()} {choice.name!r}")
        return choice
    if isinstance(choice, expected):
        return _bind(kind, Entry(choice, "local", ""), params)
    if not isinstance(choice, str):
        raise TypeError(f"{kind}: expected a name or cbp.{kind}(name, ...), got {choice!r}")
    return _bind(kind, registry.find(kind, choice), params)


def activation(name: str, **params: float) -> Chosen:
    """An activation with parameters of its own: ``cbp.activation("leaky_relu", alpha=0.1)``.

    Raises
    ------
    ValueError, TypeError
        As `choose`.
    """
    return choose("activation", name, **params)


def cost(name: str, **params: float) -> Chosen:
    """A cost with parameters of its own: ``cbp.cost("huber", delta=2)``.

    Raises
    ------
    ValueError, TypeError
        As `choose`.
    """
    return choose("cost", name, **params)
