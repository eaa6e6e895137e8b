"""Which column of the history to watch, and whether more of it is better."""

from __future__ import annotations

from collections.abc import Mapping

from .suggestions import did_you_mean

__all__ = ["column_of", "is_score"]

SCORES = ("accuracy", "top_", "f1", "auc", "r2")


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
