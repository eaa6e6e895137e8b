"""What a plugin provides by way of optimisers and initialisers: a name, and how to make one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from .. import declarations as declared
from ..suggestions import did_you_mean
from .by_name import ByName

__all__ = ["Initializer", "Maker", "Optimizer"]

FIELDS = {
    "make": (lambda make: make if isinstance(make, str) else declared.function(make), "a callable that makes one"),
    "formula": (declared.text, "a str"),
    "summary": (declared.text, "a str"),
    "aliases": (declared.tuple_of(declared.name), "a tuple of names without a colon, such as ('swish',)"),
}


@dataclass(frozen=True)
class Maker(ByName):
    """Something with a name that is made anew, with constants, for each use.

    Parameters
    ----------
    name : str
        What users write.
    make : callable
        ``make(**constants)`` makes one. cbp's own may say ``"module:name"``, imported when first used.
    formula, summary : str
        One line of mathematics and one of prose, for listings.
    aliases : tuple of str
        Further names.
    """

    name: str
    make: Callable[..., Any] | str = field(repr=False)
    formula: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kind = type(self).__name__.lower()
        declared.settle(kind, self, {"name": (declared.name, "a name without a colon")})
        declared.settle(f"{kind} {self.name!r}", self, FIELDS)

    def made(self, **constants: Any) -> Any:
        """One of them.

        Raises
        ------
        TypeError
            There is no constant of that name.
        """
        make = self._imported()
        takes = self.constants()
        for name in constants:
            if name not in takes:
                hint = did_you_mean(name, takes, f"it takes {', '.join(takes) or 'none'}")
                raise TypeError(f"{self.name!r} has no constant {name!r}: {hint}")
        return make(**constants)

    def constants(self) -> dict[str, Any]:
        """The constants it takes, with their defaults; None where there is none."""
        parameters = inspect.signature(self._imported()).parameters.values()
        return {p.name: None if p.default is p.empty else p.default for p in parameters}

    def _imported(self) -> Callable[..., Any]:
        if not isinstance(self.make, str):
            return self.make
        module, _, name = self.make.partition(":")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found


@dataclass(frozen=True)
class Optimizer(Maker):
    """An optimiser: ``make(**constants)`` returns an object with two methods and, if it likes, an ``lr``.

    ``init(parameters)`` returns what it remembers before the first step: an array, or a mapping of names to
    arrays and numbers, so that training can be saved and taken up again. ``update(gradient, state, parameters,
    learning_rate)`` takes a step: it changes `parameters` and `state` in place and returns nothing. Vectors are
    flat, (n_parameters,), of the network's dtype; frozen layers have a gradient of 0 and stay as they are
    whatever `update` does to them. It is called once a step.

    An optimiser that looks at all samples at once and chooses its steps itself has ``iterate(objective, here, state)``
    in the place of `update`; see `cbp.optimizers.SupportsIterate`.
    """


@dataclass(frozen=True)
class Initializer(Maker):
    """An initialiser: ``make(**constants)`` returns an object with one method.

    ``weights(rng, fan_out, fan_in)`` returns W^l of shape (fan_out, fan_in) = (N_l, N_{l-1}), drawn from the
    NumPy generator `rng` alone.
    """
