"""Optimisers: what `fit` does with the gradient. Each names a compiled rule of the core and its constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Protocol, runtime_checkable

from .suggestions import did_you_mean

__all__ = ["SGD", "Adam", "Optimizer", "optimizer"]


@runtime_checkable
class Optimizer(Protocol):
    """What `fit` needs to know of an optimiser."""

    @property
    def lr(self) -> float:
        """The learning rate η."""
        ...

    @property
    def rule(self) -> str | None:
        """The compiled update; None is plain gradient descent, θ -= η·g."""
        ...

    @property
    def constants(self) -> tuple[float, ...]:
        """What the rule reads, in its order."""
        ...

    @property
    def slots(self) -> int:
        """How many vectors of the parameters' length the rule remembers."""
        ...


def _require(name: str, got: object, expected: str, inside: Callable[[float], bool]) -> None:
    if not (isinstance(got, Real) and math.isfinite(got) and inside(float(got))):
        raise ValueError(f"{name}: expected {expected}, got {got!r}")


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent.

    Parameters
    ----------
    lr : float
        The learning rate η > 0.
    momentum : float
        μ in [0, 1): v = μ·v + g, θ -= η·v.
    nesterov : bool
        Look ahead: θ -= η·(g + μ·v).
    """

    lr: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        _require("lr", self.lr, "a number above 0", lambda x: x > 0)
        _require("momentum", self.momentum, "a number in [0, 1)", lambda x: 0 <= x < 1)
        if self.nesterov:
            _require("momentum", self.momentum, "a number above 0 for nesterov=True", lambda x: x > 0)

    @property
    def rule(self) -> str | None:
        """As `Optimizer.rule`."""
        if self.momentum == 0:
            return None
        return "nesterov" if self.nesterov else "momentum"

    @property
    def constants(self) -> tuple[float, ...]:
        """As `Optimizer.constants`."""
        return (self.momentum,)

    @property
    def slots(self) -> int:
        """As `Optimizer.slots`."""
        return 0 if self.momentum == 0 else 1


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015).

    Parameters
    ----------
    lr : float
        The learning rate η > 0.
    beta1, beta2 : float
        How slowly the means of g and g² forget, in [0, 1).
    epsilon : float
        Added to the root of the mean of g².
    """

    lr: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _require("lr", self.lr, "a number above 0", lambda x: x > 0)
        _require("beta1", self.beta1, "a number in [0, 1)", lambda x: 0 <= x < 1)
        _require("beta2", self.beta2, "a number in [0, 1)", lambda x: 0 <= x < 1)
        _require("epsilon", self.epsilon, "a number above 0", lambda x: x > 0)

    @property
    def rule(self) -> str:
        """As `Optimizer.rule`."""
        return "adam"

    @property
    def constants(self) -> tuple[float, ...]:
        """As `Optimizer.constants`."""
        return (self.beta1, self.beta2, self.epsilon)

    @property
    def slots(self) -> int:
        """As `Optimizer.slots`."""
        return 2


NAMED: dict[str, Callable[[], Optimizer]] = {"sgd": SGD, "adam": Adam}


def optimizer(choice: str | Optimizer) -> Optimizer:
    """The optimiser called `choice` with its defaults, or `choice` itself.

    Raises
    ------
    ValueError
        Unknown name.
    TypeError
        Not an optimiser.
    """
    if isinstance(choice, str):
        if choice not in NAMED:
            hint = did_you_mean(choice, NAMED, f"there are {', '.join(NAMED)}")
            raise ValueError(f"unknown optimiser {choice!r}: {hint}")
        return NAMED[choice]()
    if isinstance(choice, Optimizer) and not isinstance(choice, type):
        return choice
    raise TypeError(f"optimizer: expected a name or one such as cbp.Adam(lr=1e-3), got {choice!r}")
