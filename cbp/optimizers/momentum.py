"""Gradient descent, with momentum or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants import check, check_at_least_0, check_lr, check_rate
from .compiled import Compiled, Rule

if TYPE_CHECKING:
    from ..schedules import Schedule

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD(Compiled):
    """Stochastic gradient descent.

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0.
    momentum : float
        μ in [0, 1): v = μ·v + g, θ -= η·v.
    dampening : float
        d in [0, 1]: v = μ·v + (1-d)·g from the second step on.
    weight_decay : float
        λ >= 0: g + λ·θ takes the place of g.
    nesterov : bool
        Look ahead: θ -= η·(g + μ·v).
    """

    lr: float | Schedule = 0.01
    momentum: float = 0.0
    dampening: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_rate(momentum=self.momentum)
        check("dampening", self.dampening, "a number in [0, 1]", lambda x: 0 <= x <= 1)
        check_at_least_0(weight_decay=self.weight_decay)
        if self.nesterov:
            check("momentum", self.momentum, "a number above 0 for nesterov=True", lambda x: x > 0)
            check("dampening", self.dampening, "0 for nesterov=True", lambda x: x == 0)

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        constants = (self.momentum, self.dampening, self.weight_decay)
        if self.momentum == 0:
            return Rule("descent", constants)
        name = "nesterov" if self.nesterov else "momentum"
        return Rule(name if self.dampening == self.weight_decay == 0 else f"{name}_general", constants, (0.0,))
