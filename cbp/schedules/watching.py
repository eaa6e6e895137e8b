"""Schedules that watch the history and lower the rate when it gets no better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..constants import check, check_at_least_0, check_positive
from ..inputs import as_whole
from ..training.watched import column_of, is_score
from .schedule import Schedule, When

__all__ = ["Adaptive", "Plateau"]


@dataclass(frozen=True)
class _Watching(Schedule):
    def start(self, lr: float) -> dict[str, Any]:
        """As `Schedule.start`."""
        return {"lr": lr, "best": None, "bad": 0, "rest": 0}

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """As `Schedule.rates`."""
        return np.full(len(when.steps), state["lr"])


@dataclass(frozen=True)
class Plateau(_Watching):
    """torch's ReduceLROnPlateau: lower the rate after `patience` epochs without a better value.

    Parameters
    ----------
    factor : float
        What the rate is multiplied by, in (0, 1).
    patience : int
        Epochs without a better value that are still borne.
    threshold : float
        How much better counts.
    threshold_mode : ``"rel"`` or ``"abs"``
        Relative to the best value, or as it is.
    cooldown : int
        Epochs after a fall in which no bad epoch counts.
    min_lr : float
        The rate falls no lower.
    eps : float
        A fall by less is left out.
    monitor : str, optional
        A column of the history; by default ``"validation_cost"`` where there is one, else ``"cost"``.
    mode : ``"min"`` or ``"max"``, optional
        Whether smaller or larger is better; by default as the column's name says.
    lr : float, optional
        As `Schedule`.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: int = 0
    min_lr: float = 0.0
    eps: float = 1e-8
    monitor: str | None = None
    mode: Literal["min", "max"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check("factor", self.factor, "a number between 0 and 1", lambda x: 0 < x < 1)
        as_whole(self.patience, "patience", 0)
        as_whole(self.cooldown, "cooldown", 0)
        check_at_least_0(threshold=self.threshold, min_lr=self.min_lr, eps=self.eps)
        if self.threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode: expected 'rel' or 'abs', got {self.threshold_mode!r}")

    def observe(self, state: dict[str, Any], row: Mapping[str, float]) -> str | None:
        """As `Schedule.observe`."""
        column = column_of(row, self.monitor)
        value, sign = row[column], -1 if is_score(column, self.mode) else 1
        if self._better(sign * value, state["best"]):
            state["best"], state["bad"] = sign * value, 0
        else:
            state["bad"] += 1
        if state["rest"] > 0:
            state["rest"], state["bad"] = state["rest"] - 1, 0
        if state["bad"] > self.patience:
            lower = max(state["lr"] * self.factor, self.min_lr)
            state["lr"] = lower if state["lr"] - lower > self.eps else state["lr"]
            state["rest"], state["bad"] = self.cooldown, 0
        return None

    def _better(self, value: float, best: float | None) -> bool:
        """Whether `value`, smaller is better, is better than the best so far."""
        if best is None:
            return not math.isnan(value)
        margin = self.threshold * abs(best) if self.threshold_mode == "rel" else self.threshold
        return value < best - margin


@dataclass(frozen=True)
class Adaptive(_Watching):
    """scikit-learn's ``"adaptive"``: a fifth of the rate after more than `patience` epochs that gain less than `tol`.

    It ends training instead once the rate has reached `min_lr`.

    Parameters
    ----------
    factor : float
        What the rate is divided by, above 1.
    patience : int
    tol : float
    min_lr : float
    monitor, mode
        As `Plateau`, but ``"cost"`` by default.
    lr : float, optional
        As `Schedule`.
    """

    factor: float = 5.0
    patience: int = 10
    tol: float = 1e-4
    min_lr: float = 1e-6
    monitor: str = "cost"
    mode: Literal["min", "max"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check("factor", self.factor, "a number above 1", lambda x: x > 1)
        as_whole(self.patience, "patience", 0)
        check_at_least_0(tol=self.tol)
        check_positive(min_lr=self.min_lr)

    def observe(self, state: dict[str, Any], row: Mapping[str, float]) -> str | None:
        """As `Schedule.observe`."""
        column = column_of(row, self.monitor)
        value = -row[column] if is_score(column, self.mode) else row[column]
        best = math.inf if state["best"] is None else state["best"]
        state["bad"] = state["bad"] + 1 if value > best - self.tol else 0
        state["best"] = min(best, value)
        if state["bad"] <= self.patience:
            return None
        if state["lr"] <= self.min_lr:
            return f"{column} gained less than {self.tol:g} for {state['bad']} epochs at the lowest learning rate"
        state["lr"], state["bad"] = state["lr"] / self.factor, 0
        return None
