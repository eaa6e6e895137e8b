"""What a schedule is: the learning rate of each step of an epoch, from when it is and what was seen before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..constants import check_positive

__all__ = ["Schedule", "Timed", "When"]


@dataclass(frozen=True)
class When:
    """An epoch of a training, or what is left of it.

    Attributes
    ----------
    epoch : int
        Epochs finished before it.
    steps : (k,) int64 array
        The number of each step it takes, counted from 0 through the whole training.
    samples : int
        Samples seen before the epoch.
    epochs, total_steps : int or None
        Of the whole training; `total_steps` is None where nobody knows (an iterator of batches).
    """

    epoch: int
    steps: np.ndarray
    samples: int = 0
    epochs: int = 1
    total_steps: int | None = None


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The base of all schedules: a constant rate.

    Parameters
    ----------
    lr : float, optional
        The rate η that the formula starts from; by default the optimiser's.
    """

    lr: float | None = None

    def __post_init__(self) -> None:
        if self.lr is not None:
            check_positive(lr=self.lr)

    def __float__(self) -> float:
        if self.lr is None:
            raise TypeError(f"{self!r} has no rate of its own")
        return float(self.lr)

    def start(self, lr: float) -> dict[str, Any]:
        """What it remembers of one training, as JSON can hold it, before the first epoch."""
        return {}

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """The learning rate of each step of ``when.steps``.

        Parameters
        ----------
        lr : float
            η.
        when : When
        state : mapping
            What `start` returned and `observe` changed.

        Returns
        -------
        (k,) float64 array
        """
        return np.full(len(when.steps), lr)

    def observe(self, state: dict[str, Any], row: Mapping[str, float]) -> str | None:
        """Look at a finished epoch's row of the history; change `state`.

        Returns
        -------
        str or None
            Why training should end now.
        """
        return None


@dataclass(frozen=True, kw_only=True)
class Timed(Schedule):
    """A schedule whose rate is a formula of the time t, which counts epochs or steps from 0.

    Parameters
    ----------
    per : ``"epoch"`` or ``"step"``
        What t counts.
    lr : float, optional
        As `Schedule`.
    """

    per: Literal["epoch", "step"] = field(default="epoch")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per not in ("epoch", "step"):
            raise ValueError(f"per: expected 'epoch' or 'step', got {self.per!r}")

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """The rate at each time of `t`, where the whole training takes `total`."""
        raise NotImplementedError

    def length(self, name: str, chosen: int | None, total: int | None) -> int:
        """The time that the parameter `name` chose, or else the whole training's."""
        if chosen is None and total is None:
            raise ValueError(
                f"{name}: expected the number of steps, for nobody knows how many batches there will be; or use "
                "per='epoch'"
            )
        return total or 1 if chosen is None else chosen

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """As `Schedule.rates`."""
        if self.per == "step":
            return self.rate(lr, when.steps.astype(np.float64), when.total_steps)
        return np.full(len(when.steps), self.rate(lr, np.array([when.epoch], dtype=np.float64), when.epochs)[0])
