"""Which column of the history to watch, and whether more of it is better."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..suggestions import did_you_mean

__all__ = ["Best", "column_of", "is_score"]

SCORES = ("accuracy", "top_", "f1", "precision", "recall", "balanced_accuracy", "auc", "average_precision", "r2")


def column_of(row: Mapping[str, float], monitor: str | None) -> str:
    """The column to watch: `monitor`, or else the validation cost where there is one, or the cost.

    Raises
    ------
    ValueError
        There is no such column.
    """
    if monitor is None:
        return "validation_cost" if "validation_cost" in row else "cost"
    if monitor not in row:
        hint = did_you_mean(monitor, row, f"this training has {', '.join(row)}")
        raise ValueError(f"monitor: the history has no column {monitor!r}: {hint}")
    return monitor


def is_score(column: str, mode: str | None = None) -> bool:
    """Whether larger is better: as `mode`, ``"min"`` or ``"max"``, says, or else the column's name.

    Raises
    ------
    ValueError
        Another mode.
    """
    if mode not in (None, "min", "max"):
        raise ValueError(f"mode: expected 'min' or 'max', got {mode!r}")
    return mode == "max" or (mode is None and column.removeprefix("validation_").startswith(SCORES))


class Best:
    """The best value of a column so far.

    Parameters
    ----------
    monitor : str, optional
        The column; by default as `column_of` says.
    mode : ``"min"`` or ``"max"``, optional
        By default as `is_score` says.
    min_delta : float
        How much better counts.

    Attributes
    ----------
    value : float or None
        None before there is one.
    column : str
        The column it was last looked for in.
    """

    def __init__(self, monitor: str | None = None, mode: str | None = None, min_delta: float = 0.0) -> None:
        is_score("", mode)
        self._monitor, self._mode, self._min_delta = monitor, mode, min_delta
        self.value: float | None = None
        self.column = monitor or "cost"

    def beaten_by(self, row: Mapping[str, float]) -> bool:
        """Whether the row's value is better, which it then keeps; NaN never is."""
        self.column = column_of(row, self._monitor)
        value, sign = row[self.column], 1 if is_score(self.column, self._mode) else -1
        if math.isnan(value) or (self.value is not None and not sign * (value - self.value) > self._min_delta):
            return False
        self.value = value
        return True
