"""Optimisers that look at the signs of the gradient alone: Lion, Rprop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..constants import check, check_at_least_0, check_betas, check_lr, check_pair, check_positive
from .compiled import Compiled, Rule

if TYPE_CHECKING:
    from ..schedules import Schedule

__all__ = ["Lion", "Rprop"]


@dataclass(frozen=True)
class Lion(Compiled):
    """Lion (Chen et al. 2023): θ -= η·(sign(β1·m + (1-β1)·g) + λ·θ), m = β2·m + (1-β2)·g.

    Parameters
    ----------
    lr : float or Schedule
        The learning rate η > 0; a third to a tenth of Adam's is usual.
    betas : (float, float)
        β1 and β2 in [0, 1).
    weight_decay : float
        λ >= 0, decoupled.
    """

    lr: float | Schedule = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_betas(self.betas)
        check_at_least_0(weight_decay=self.weight_decay)

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return Rule("lion", (*self.betas, self.weight_decay), (0.0,))


@dataclass(frozen=True)
class Rprop(Compiled):
    """Resilient backpropagation: iRprop- (Igel and Hüsken 2003), FANN's default too.

    Each parameter has a step of its own, which grows while the sign of its gradient stays and shrinks when it
    turns. It is made for all of the data at once (``batch_size=len(X)``): the signs of small batches are noise.
    A schedule does not move the steps.

    Parameters
    ----------
    lr : float or Schedule
        What every step begins with.
    etas : (float, float)
        η- in (0, 1) and η+ > 1.
    step_sizes : (float, float)
        The smallest and the largest step.
    """

    lr: float | Schedule = 0.01
    etas: tuple[float, float] = (0.5, 1.2)
    step_sizes: tuple[float, float] = (1e-6, 50.0)

    def __post_init__(self) -> None:
        check_lr(self.lr)
        check_pair(etas=self.etas, step_sizes=self.step_sizes)
        check("etas[0]", self.etas[0], "a number between 0 and 1", lambda x: 0 < x < 1)
        check("etas[1]", self.etas[1], "a number above 1", lambda x: x > 1)
        check_positive(**{"step_sizes[0]": self.step_sizes[0]})
        check("step_sizes[1]", self.step_sizes[1], "a number from step_sizes[0]", lambda x: x >= self.step_sizes[0])

    @property
    def rule(self) -> Rule:
        """As `Compiled.rule`."""
        return Rule("rprop", (*self.etas, *self.step_sizes), (0.0, float(self.lr)))
