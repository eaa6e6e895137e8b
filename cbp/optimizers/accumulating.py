"""Optimisers that divide each gradient by the root of its squares so far: RMSprop, Adagrad, Adadelta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants import check_at_least_0, check_lr, check_positive, check_rate
from .compiled import Compiled, Rule

if TYPE_CHECKING:
    from ..schedules import Schedule

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


@dataclass(frozen=True)
class RMSprop(Compiled):
    """RMSprop (Tieleman and Hinton 2012): s = α·s + (1-α)·g², θ -= η·g / (√s + ε).

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0.
    alpha : float
        α in [0, 1).
    eps : float
        ε > 0.
    weight_decay : float
        λ >= 0: g + λ·θ takes the place of g.
    momentum : float
        μ in [0, 1) of what is taken from θ.
    centered : bool
        Divide by the root of the variance of g instead (Graves 2013).
    """

    lr: float | Schedule = 0.01
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.0
    centered: bool = False

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_positive(eps=self.eps)
        check_rate(alpha=self.alpha, momentum=self.momentum)
        check_at_least_0(weight_decay=self.weight_decay)

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        heavy = self.momentum > 0
        name = "rmsprop" + "_centered" * self.centered + "_heavy" * heavy
        return Rule(
            name, (self.alpha, self.eps, self.weight_decay, self.momentum), (0.0,) * (1 + self.centered + heavy)
        )


@dataclass(frozen=True)
class Adagrad(Compiled):
    """Adagrad (Duchi, Hazan and Singer 2011): s = s + g², θ -= η·g / (√s + ε).

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0.
    lr_decay : float
        d >= 0: step t has the rate η / (1 + (t-1)·d).
    weight_decay : float
        λ >= 0: g + λ·θ takes the place of g.
    initial_accumulator_value : float
        What s begins with, >= 0.
    eps : float
        ε > 0.
    """

    lr: float | Schedule = 0.01
    lr_decay: float = 0.0
    weight_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_positive(eps=self.eps)
        check_at_least_0(
            lr_decay=self.lr_decay,
            weight_decay=self.weight_decay,
            initial_accumulator_value=self.initial_accumulator_value,
        )

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return Rule("adagrad", (self.lr_decay, self.eps, self.weight_decay), (self.initial_accumulator_value,))


@dataclass(frozen=True)
class Adadelta(Compiled):
    """Adadelta (Zeiler 2012): as RMSprop, and what is taken from θ is scaled by the root of its own squares.

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0; the paper's is 1.
    rho : float
        ρ in [0, 1).
    eps : float
        ε > 0.
    weight_decay : float
        λ >= 0: g + λ·θ takes the place of g.
    """

    lr: float | Schedule = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_positive(eps=self.eps)
        check_rate(rho=self.rho)
        check_at_least_0(weight_decay=self.weight_decay)

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return Rule("adadelta", (self.rho, self.eps, self.weight_decay), (0.0, 0.0))
