"""Schedules that fall along a cosine, rise first, or come back: cosine, restarts, one cycle, warm-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ..constants import check, check_at_least_0, check_positive
from ..inputs import as_whole
from .schedule import Schedule, Timed, When

__all__ = ["Cosine", "CosineRestarts", "OneCycle", "Warmup"]


def _cosine(start: float | np.ndarray, end: float | np.ndarray, part: np.ndarray) -> np.ndarray:
    """From `start` at part 0 to `end` at part 1."""
    return np.asarray(end + (start - end) / 2 * (1 + np.cos(np.pi * part)))


def _straight(start: float | np.ndarray, end: float | np.ndarray, part: np.ndarray) -> np.ndarray:
    return np.asarray(start + (end - start) * part)


@dataclass(frozen=True)
class Cosine(Timed):
    """η_min + (η - η_min)·(1 + cos(π·t/T)) / 2, then η_min (Loshchilov and Hutter 2017).

    Parameters
    ----------
    T_max : int, optional
        T; by default the whole training.
    eta_min : float
        η_min >= 0.
    per, lr
        As `Timed`.
    """

    T_max: int | None = None
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.T_max is not None:
            as_whole(self.T_max, "T_max")
        check_at_least_0(eta_min=self.eta_min)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        return _cosine(lr, self.eta_min, np.minimum(t / self.length("T_max", self.T_max, total), 1))


@dataclass(frozen=True)
class CosineRestarts(Timed):
    """The cosine again and again, each `T_mult` times as long as the one before (Loshchilov and Hutter 2017).

    Parameters
    ----------
    T_0 : int
        The length of the first.
    T_mult : int
    eta_min : float
        η_min >= 0.
    per, lr
        As `Timed`.
    """

    T_0: int
    T_mult: int = 1
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        as_whole(self.T_0, "T_0")
        as_whole(self.T_mult, "T_mult")
        check_at_least_0(eta_min=self.eta_min)

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        begin, length = self._cycle(t)
        return _cosine(lr, self.eta_min, (t - begin) / length)

    def _cycle(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """When the cosine that runs at t began, and how long it is."""
        if self.T_mult == 1:
            return t // self.T_0 * self.T_0, np.full_like(t, self.T_0)
        ends = [float(self.T_0)]
        while ends[-1] <= t.max(initial=0):
            ends.append(ends[-1] + self.T_0 * self.T_mult ** len(ends))
        number = np.searchsorted(ends, t, side="right")
        return np.array([0.0, *ends])[number], self.T_0 * np.float64(self.T_mult) ** number


@dataclass(frozen=True)
class OneCycle(Timed):
    """One rise from η / div_factor to η and one fall to η / (div_factor · final_div_factor) (Smith 2018).

    It is torch's OneCycleLR with η for ``max_lr``; it leaves the momentum alone.

    Parameters
    ----------
    total_steps : int, optional
        By default the whole training.
    pct_start : float
        The part of it that rises.
    anneal_strategy : ``"cos"`` or ``"linear"``
    div_factor, final_div_factor : float
    three_phase : bool
        Fall to η / div_factor as quickly as it rose, and only then to the end.
    per, lr
        As `Timed`, but steps by default.
    """

    per: Literal["epoch", "step"] = field(default="step", kw_only=True)
    total_steps: int | None = None
    pct_start: float = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.total_steps is not None:
            as_whole(self.total_steps, "total_steps", 2)
        check("pct_start", self.pct_start, "a number between 0 and 1", lambda x: 0 < x < 1)
        check_positive(div_factor=self.div_factor, final_div_factor=self.final_div_factor)
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy: expected 'cos' or 'linear', got {self.anneal_strategy!r}")

    def rate(self, lr: float, t: np.ndarray, total: int | None) -> np.ndarray:
        """As `Timed.rate`."""
        length = self.length("total_steps", self.total_steps, total)
        begin, peak, last = lr / self.div_factor, self.pct_start * length - 1, length - 1
        times, levels = [0.0, peak, last], [begin, lr, begin / self.final_div_factor]
        if self.three_phase:
            times, levels = [0.0, peak, 2 * peak, last], [begin, lr, begin, begin / self.final_div_factor]
        phase = np.clip(np.searchsorted(times, t, side="left") - 1, 0, len(times) - 2)
        at, after = np.array(times)[phase], np.array(times)[phase + 1]
        part = np.minimum((t - at) / np.where(after == at, 1, after - at), 1)
        curve = _cosine if self.anneal_strategy == "cos" else _straight
        return curve(np.array(levels)[phase], np.array(levels)[phase + 1], part)


@dataclass(frozen=True)
class Warmup(Timed):
    """A straight rise from start_factor·η to η, and then another schedule, whose time begins there.

    Parameters
    ----------
    total_iters : int
        Epochs, or steps, of the rise.
    then : Schedule
        What follows; it counts epochs or steps as this does.
    start_factor : float
        In (0, 1].
    per, lr
        As `Timed`.
    """

    total_iters: int
    then: Schedule = field(default_factory=Schedule)
    start_factor: float = 1 / 3

    def __post_init__(self) -> None:
        super().__post_init__()
        as_whole(self.total_iters, "total_iters")
        check("start_factor", self.start_factor, "a number in (0, 1]", lambda x: 0 < x <= 1)
        if not isinstance(self.then, Schedule) or getattr(self.then, "per", self.per) != self.per:
            raise ValueError(f"then: expected a schedule that counts each {self.per}, got {self.then!r}")

    def start(self, lr: float) -> dict[str, Any]:
        """As `Schedule.start`."""
        return self.then.start(lr)

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """As `Schedule.rates`."""
        t = when.steps if self.per == "step" else np.full(len(when.steps), when.epoch)
        rising = lr * (self.start_factor + (1 - self.start_factor) * t / self.total_iters)
        return np.where(t < self.total_iters, rising, self.then.rates(lr, self._after(when), state))

    def _after(self, when: When) -> When:
        """The same moment as the schedule that follows counts it."""
        n = self.total_iters
        if self.per == "step":
            total = None if when.total_steps is None else max(when.total_steps - n, 1)
            return replace(when, steps=np.maximum(when.steps - n, 0), total_steps=total)
        return replace(when, epoch=max(when.epoch - n, 0), epochs=max(when.epochs - n, 1))

    def observe(self, state: dict[str, Any], row: Mapping[str, float]) -> str | None:
        """As `Schedule.observe`."""
        return self.then.observe(state, row)
