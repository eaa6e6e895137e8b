"""Schedules that only fall, each in its own curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..constants import check_at_least_0, check_positive
from ..inputs import as_whole
from .schedule import Schedule, Timed, When

__all__ = ["Exponential", "InvScaling", "InverseTime", "MultiStep", "Polynomial", "Step"]


@dataclass(frozen=True)
class Step(Timed):
    """η·γ^⌊t / step_size⌋.

    Parameters
    ----------
    step_size : int
        Epochs, or steps, from one fall to the next.
    gamma : float
        γ > 0.
    per, lr
        As `Timed`.
    """

    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        as_whole(self.step_size, "step_size")
        check_positive(gamma=self.gamma)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        return np.asarray(lr * self.gamma ** (t // self.step_size))


@dataclass(frozen=True)
class MultiStep(Timed):
    """η·γ^(milestones passed).

    Parameters
    ----------
    milestones : tuple of int
        The times at which the rate falls.
    gamma : float
        γ > 0.
    per, lr
        As `Timed`.
    """

    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for i, milestone in enumerate(self.milestones):
            as_whole(milestone, f"milestones[{i}]")
        check_positive(gamma=self.gamma)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        return np.asarray(lr * self.gamma ** np.searchsorted(sorted(self.milestones), t, side="right"))


@dataclass(frozen=True)
class Exponential(Timed):
    """η·γ^t.

    Parameters
    ----------
    gamma : float
        γ > 0.
    per, lr
        As `Timed`.
    """

    gamma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(gamma=self.gamma)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        return np.asarray(lr * self.gamma**t)


@dataclass(frozen=True)
class InverseTime(Timed):
    """η / (1 + decay·t).

    Parameters
    ----------
    decay : float
        >= 0.
    per, lr
        As `Timed`.
    """

    decay: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least_0(decay=self.decay)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        return lr / (1 + self.decay * t)


@dataclass(frozen=True)
class InvScaling(Schedule):
    """scikit-learn's ``"invscaling"``: η / (samples seen before the epoch + 1)^power_t.

    Parameters
    ----------
    power_t : float
    lr : float, optional
        As `Schedule`.
    """

    power_t: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least_0(power_t=self.power_t)

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """As `Schedule.rates`."""
        return np.full(len(when.steps), lr / float(when.samples + 1) ** self.power_t)


@dataclass(frozen=True)
class Polynomial(Timed):
    """η_end + (η - η_end)·(1 - t/T)^power, then η_end.

    Parameters
    ----------
    total_iters : int, optional
        T; by default the whole training.
    power : float
        > 0; 1 is a straight line.
    eta_min : float
        η_end >= 0.
    per, lr
        As `Timed`.
    """

    total_iters: int | None = None
    power: float = 1.0
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.total_iters is not None:
            as_whole(self.total_iters, "total_iters")
        check_positive(power=self.power)
        check_at_least_0(eta_min=self.eta_min)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        left = 1 - np.minimum(t / self.length("total_iters", self.total_iters, total), 1)
        return np.asarray(self.eta_min + (lr - self.eta_min) * left**self.power)
