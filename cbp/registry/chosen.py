"""An activation or cost together with the parameters a user chose for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..declarations import number
from ..plugin import Activation, Cost, Param
from ..shown import shown
from ..suggestions import did_you_mean
from .entries import LOCAL, Spec
from .lookup import Entry, Kind, registry

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
        name: str = self.entry.spec.name
        return name

    def __str__(self) -> str:
        if not self.params:
            return self.name
        return f"{self.name}({', '.join(f'{key}={value:g}' for key, value in self.params.items())})"


Choice: TypeAlias = str | Chosen | Activation | Cost


def _bind(kind: Kind, entry: Entry, given: Mapping[str, float]) -> Chosen:
    declared: Mapping[str, Param] = entry.spec.params
    for name in given:
        if name not in declared:
            hint = did_you_mean(name, declared, f"it takes {', '.join(declared) or 'none'}")
            raise TypeError(f"{kind} {entry.spec.name!r} has no parameter {name!r}: {hint}")
    owner = f"{kind} {entry.spec.name!r}"
    return Chosen(entry, {name: _value(owner, name, p, given.get(name, p.default)) for name, p in declared.items()})


def _value(owner: str, name: str, param: Param, given: object) -> float:
    refusal = f"{owner}: {name} must be {param.describe()}, got {shown(given)}"
    try:
        value = number(given)
    except TypeError:
        raise TypeError(refusal) from None
    if not param.allows(value):
        raise ValueError(refusal)
    return value


def choose(kind: Kind, choice: Choice, **params: float) -> Chosen:
    """Resolve a name, an unregistered `Activation` or `Cost`, or what was resolved before.

    Raises
    ------
    ValueError
        Unknown name, ambiguous name, or a parameter out of its range.
    TypeError
        `choice` is of another kind, or a parameter is unknown or no number.
    """
    if isinstance(choice, str):
        return _bind(kind, registry.find(kind, choice), params)
    spec = choice.spec if isinstance(choice, Chosen) else choice
    if not isinstance(spec, Activation if kind == "activation" else Cost):
        got = f"the {type(spec).__name__.lower()} {spec.name!r}" if isinstance(spec, Spec) else shown(choice)
        raise TypeError(f"{kind}: expected a name or cbp.{kind}(name, ...), got {got}")
    if isinstance(choice, Chosen):
        return _bind(kind, choice.entry, {**choice.params, **params}) if params else choice
    return _bind(kind, registry.entry_of(spec) or Entry(spec, LOCAL, ""), params)


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
