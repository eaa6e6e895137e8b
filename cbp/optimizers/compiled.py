"""Optimisers whose update is a compiled rule of the core: `init` and `update` are the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..schedules import Schedule

__all__ = ["Compiled", "Rule", "State"]


@dataclass(frozen=True)
class Rule:
    """An update of ``core/updates.pyx`` with its constants.

    Attributes
    ----------
    name : str
        Of the compiled update.
    constants : tuple of float
        What it reads, in its order.
    starts : tuple of float
        What each vector it remembers is filled with before the first step.
    scalars : tuple of float
        The single numbers it remembers, before the first step.
    """

    name: str
    constants: tuple[float, ...]
    starts: tuple[float, ...] = ()
    scalars: tuple[float, ...] = ()


@dataclass
class State:
    """What a compiled optimiser remembers of one training.

    Attributes
    ----------
    slots : (s, n) array
        s vectors of the parameters' length and dtype, in one block: momentum, mean squares, ...
    scalars : (k,) float64 array
        Numbers that change from step to step.
    step : int
        Steps taken.
    """

    slots: np.ndarray
    scalars: np.ndarray
    step: int = 0


class Compiled:
    """The base of cbp's own optimisers: names a compiled rule, and begins and steps through it.

    Attributes
    ----------
    lr : float or Schedule
        The learning rate η.
    """

    lr: float | Schedule

    @property
    def rule(self) -> Rule:
        """The compiled update with its constants."""
        raise NotImplementedError

    def init(self, parameters: np.ndarray) -> State:
        """What it remembers before its first step.

        Parameters
        ----------
        parameters : (n,) array
            float32 or float64.

        Returns
        -------
        State
        """
        starts = self.rule.starts
        slots = np.empty((len(starts), parameters.size), parameters.dtype)
        slots[...] = np.reshape(starts, (-1, 1))
        return State(slots, np.array(self.rule.scalars, dtype=np.float64))

    def update(self, gradient: np.ndarray, state: State, parameters: np.ndarray, learning_rate: float) -> None:
        """Take one step: change `parameters` and `state` in place.

        Parameters
        ----------
        gradient, parameters : (n,) array
            Both float32 or both float64.
        state : State
        learning_rate : float
        """
        from ..core import isa

        rule = self.rule
        hyper = np.array([*rule.constants, *state.scalars], dtype=np.float64)
        state.step += 1
        isa.updates.apply(rule.name, parameters, gradient, state.slots, hyper, learning_rate, state.step)
        state.scalars[...] = hyper[len(rule.constants) :]
