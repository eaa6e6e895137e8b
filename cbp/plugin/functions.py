"""What a plugin declares an activation or a cost to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .. import declarations as declared
from .by_name import ByName

__all__ = ["Activation", "Array", "Cost", "Param"]

Array: TypeAlias = Any  # numpy.ndarray, without importing NumPy's typing machinery here


@dataclass(frozen=True)
class Param:
    """A parameter of an activation or cost: its default and the range it must lie in.

    Parameters
    ----------
    default : float
        The value when the user names none.
    above, at_least, below, at_most : float, optional
        Bounds: ``above`` and ``below`` exclude the bound itself.
    """

    default: float
    above: float = -math.inf
    at_least: float = -math.inf
    below: float = math.inf
    at_most: float = math.inf

    def __post_init__(self) -> None:
        bounds = ("above", "at_least", "below", "at_most")
        declared.settle("Param", self, dict.fromkeys(("default", *bounds), (declared.number, "a number")))
        if not self.allows(self.default):
            raise ValueError(f"Param: default= expected {self.describe()}, got {self.default:g}")

    def allows(self, value: float) -> bool:
        """Whether a finite `value` lies in the range."""
        inside = self.above < value < self.below and self.at_least <= value <= self.at_most
        return math.isfinite(value) and inside

    def describe(self) -> str:
        """The range in words: ``"a number above 0"``."""
        words = [
            f"{word.replace('_', ' ')} {bound:g}"
            for word in ("above", "at_least", "below", "at_most")
            if math.isfinite(bound := getattr(self, word))
        ]
        return " ".join(["a number", " and ".join(words)]).strip()


def _params(params: Mapping[str, float | Param]) -> dict[str, Param]:
    return {declared.text(name): p if isinstance(p, Param) else Param(p) for name, p in dict(params).items()}


_NAME = (declared.name, "a name without a colon")
_NAMES = (declared.tuple_of(declared.name), "a tuple of names without a colon, such as ('swish',)")
_NUMBERS = (declared.tuple_of(declared.number), "a tuple of numbers, such as (0.0,)")
_PAIR = (declared.tuple_of(declared.number, 2), "a pair of numbers, such as (0.0, 1.0)")
_TEXT = (declared.text, "a str")
_FUNCTION = (declared.function, "a function")
_MAYBE_FUNCTION = (declared.optional(declared.function), "a function or None")
_SPEC = {
    "name": _NAME,
    "params": (_params, "a mapping of names to numbers or cbp.plugin.Param"),
    "formula": _TEXT,
    "summary": _TEXT,
    "aliases": _NAMES,
    "spec_version": (declared.whole, "a whole number >= 1"),
}
_ACTIVATION = _SPEC | {
    "forward": _FUNCTION,
    "derivative": _MAYBE_FUNCTION,
    "vjp": _MAYBE_FUNCTION,
    "kinks": _NUMBERS,
    "init": _TEXT,
}
_COST = _SPEC | {
    "value": _FUNCTION,
    "gradient": _FUNCTION,
    "fused_value": _MAYBE_FUNCTION,
    "fused": _MAYBE_FUNCTION,
    "canonical": (declared.optional(declared.text), "the name of an activation or None"),
    "labels": _PAIR,
    "target_range": _PAIR,
    "squares": (declared.optional(declared.positive), "a number above 0 or None"),
}


@dataclass(frozen=True)
class Activation(ByName):
    """An activation function σ with its derivative.

    Arrays come in as (n, N), samples as rows, float32 or float64; the result has the same shape and
    dtype, and nothing is changed in place. Parameters arrive as keywords.

    Parameters
    ----------
    name : str
        What users write: ``activation="swish"``.
    forward : callable
        ``forward(z, **params) -> a``, the activation σ(z).
    derivative : callable, optional
        ``derivative(z, a, **params) -> σ′(z)``, for an elementwise σ.
    vjp : callable, optional
        ``vjp(z, a, g, **params) -> g·[δa/δz]``, row by row, for a σ that mixes a row (softmax).
        Exactly one of `derivative` and `vjp` is given.
    kernel : capsule or what `shared_library` or `numba_kernel` returns, optional
        The compiled tier, a ``cbp_activation`` struct of ``cbp_kernel.h``: its place in a shared library, Python
        functions for numba to make one of, or a capsule named ``cbp.kernel.v1`` with its address. The NumPy functions
        stay its oracle.
    params : mapping of str to float or Param
        Parameters with their defaults, in the order in which a kernel finds them in ``ctx``.
    kinks : tuple of float
        The z at which σ′ jumps (relu: ``(0.0,)``); a derivative is checked everywhere else.
    init : str
        The initialiser of a layer with this activation when the user names none.
    formula, summary : str
        One line of mathematics and one of prose, for listings.
    aliases : tuple of str
        Further names.
    spec_version : int
        Raised when the function's values change; saved with models.
    """

    name: str
    forward: Callable[..., Array]
    derivative: Callable[..., Array] | None = None
    vjp: Callable[..., Array] | None = None
    kernel: object | None = field(default=None, repr=False)
    params: Mapping[str, Param] = field(default_factory=dict)
    kinks: tuple[float, ...] = ()
    init: str = "glorot_uniform"
    formula: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    spec_version: int = 1

    def __post_init__(self) -> None:
        declared.settle(f"activation {self.name!r}", self, _ACTIVATION)
        if (self.derivative is None) == (self.vjp is None):
            raise TypeError(
                f"activation {self.name!r}: expected exactly one of derivative= (elementwise σ) "
                "and vjp= (a σ that mixes a row)"
            )

    @property
    def rowwise(self) -> bool:
        """Whether a row's outputs depend on the whole row."""
        return self.vjp is not None


@dataclass(frozen=True)
class Cost(ByName):
    """A cost function C(a, λ) with its gradient ∂C/∂a.

    Arrays come in as (n, N_L), samples as rows; nothing is changed in place, nothing is averaged over
    the samples and no sample is weighted: cbp does both.

    Parameters
    ----------
    name : str
        What users write: ``cost="quartic"``.
    value : callable
        ``value(a, y, **params) -> C`` of shape (n,): the cost of each sample.
    gradient : callable
        ``gradient(a, y, **params) -> ∂C/∂a`` of shape (n, N_L).
    kernel : capsule or what `shared_library` or `numba_kernel` returns, optional
        As for `Activation`: a ``cbp_cost`` struct.
    params : mapping of str to float or Param
        Parameters with their defaults, in the order in which a kernel finds them in ``ctx``.
    canonical : str, optional
        The output activation this cost is made for; the default ``output_activation``.
    fused_value, fused : callable, optional
        With the canonical activation: ``fused_value(z, a, y, **params) -> C`` of shape (n,) and
        ``fused(z, a, y, **params) -> ∂C/∂z`` of shape (n, N_L), exact where a saturates.
    labels : tuple of float
        What an integer label becomes: (every other unit, the label's unit).
    target_range : tuple of float
        The closed interval targets must lie in.
    squares : float, optional
        C is this times ‖a - λ‖², whatever the parameters: what Levenberg-Marquardt needs to know.
    formula, summary, aliases, spec_version
        As for `Activation`.
    """

    name: str
    value: Callable[..., Array]
    gradient: Callable[..., Array]
    kernel: object | None = field(default=None, repr=False)
    params: Mapping[str, Param] = field(default_factory=dict)
    canonical: str | None = None
    fused_value: Callable[..., Array] | None = None
    fused: Callable[..., Array] | None = None
    labels: tuple[float, float] = (0.0, 1.0)
    target_range: tuple[float, float] = (-math.inf, math.inf)
    squares: float | None = None
    formula: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    spec_version: int = 1

    def __post_init__(self) -> None:
        declared.settle(f"cost {self.name!r}", self, _COST)
        if (self.fused is None) != (self.fused_value is None):
            raise TypeError(f"cost {self.name!r}: fused= and fused_value= come together")
        if self.fused is not None and self.canonical is None:
            raise TypeError(f"cost {self.name!r}: fused= needs canonical=, the activation it is fused with")
