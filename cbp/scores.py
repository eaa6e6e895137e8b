"""How good predictions are: accuracy and confusion for classes; R², RMSE and MAE for numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, Self

import numpy as np

__all__ = ["ClassScore", "NumberScore", "Score"]


@dataclass(frozen=True, eq=False)
class ClassScore:
    """How often the largest output was the right class.

    Attributes
    ----------
    confusion : (k, k) int64 array, or float64 where samples have weights
        Element [i, j] counts the samples of class i that were taken for class j, or adds up their weights.
    """

    confusion: np.ndarray

    @classmethod
    def of(cls, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Self:
        """Compare `outputs`, (n, k), with `labels` 0 .. k-1, (n,)."""
        return cls.between(labels, outputs.argmax(axis=1), outputs.shape[1], weights)

    @classmethod
    def between(cls, labels: np.ndarray, taken_for: np.ndarray, k: int, weights: np.ndarray | None = None) -> Self:
        """Compare classes 0 .. k-1 with those that the samples, of these weights, were taken for."""
        counts = np.bincount(labels * k + taken_for, weights, minlength=k * k)
        return cls(counts.reshape(k, k))

    @property
    def samples(self) -> int | float:
        """How many were compared, or their weight."""
        all_of_them: int | float = self.confusion.sum().item()
        return all_of_them

    @property
    def right(self) -> int | float:
        """How many were predicted right, or their weight."""
        diagonal: int | float = self.confusion.trace().item()
        return diagonal

    @property
    def accuracy(self) -> float:
        """The part predicted right."""
        return self.right / self.samples

    @property
    def summary(self) -> dict[str, Any]:
        """Its few numbers as JSON holds them."""
        return {"samples": self.samples, "accuracy": self.accuracy}

    def __str__(self) -> str:
        return f"accuracy {self.accuracy:.1%} ({self.right} of {self.samples})"

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return {**self.summary, "confusion": self.confusion.tolist()}


@dataclass(frozen=True, eq=False)
class NumberScore:
    """How far predicted numbers are from the targets.

    Attributes
    ----------
    samples : int
    r2 : (N_L,) float64 array
        1 - Σ(a - λ)² / Σ(λ - mean λ)² of each output; NaN where the targets never vary.
    rmse, mae : (N_L,) float64 array
        Root of the mean square of a - λ, and mean of |a - λ|, in the unit of the targets.
    """

    samples: int
    r2: np.ndarray
    rmse: np.ndarray
    mae: np.ndarray

    @classmethod
    def of(cls, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> Self:
        """Compare `outputs` with `targets`, both (n, N_L), of samples that have these weights."""

        def mean(values: np.ndarray) -> Any:
            return np.average(values, axis=0, weights=weights)

        targets = targets.astype(np.float64)
        error = outputs.astype(np.float64) - targets
        mean_square, variance = mean(error**2), mean((targets - mean(targets)) ** 2)
        varies = np.ptp(targets if weights is None else targets[weights > 0], axis=0) > 0
        r2 = 1 - mean_square / np.where(varies, variance, np.nan)
        return cls(len(error), r2, np.sqrt(mean_square), mean(np.abs(error)))

    @property
    def summary(self) -> dict[str, Any]:
        """Its numbers as JSON holds them: None for NaN and infinity."""
        columns = {"r2": self.r2, "rmse": self.rmse, "mae": self.mae}
        finite = {name: [v if isfinite(v) else None for v in c.tolist()] for name, c in columns.items()}
        return {"samples": self.samples, **finite}

    def __str__(self) -> str:
        if len(self.r2) > 1:
            return f"R² {_number(self.r2.mean())} (mean of {len(self.r2)} targets)"
        return self.line(0)

    def line(self, j: int) -> str:
        """Output `j` in words: ``R² 0.8731, RMSE 18,600, MAE 14,340``."""
        return f"R² {_number(self.r2[j])}, RMSE {_number(self.rmse[j])}, MAE {_number(self.mae[j])}"

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return self.summary


Score = ClassScore | NumberScore


def _number(value: float) -> str:
    """Four digits, and every digit before the point."""
    if np.isnan(value):
        return "undefined"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e12 else f"{value:.4g}"
