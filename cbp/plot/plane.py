"""A plane of inputs, what a network answers there, and what the samples in it should have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs

__all__ = ["Grid", "Limits", "Predict", "around", "checked_targets", "names_of", "targets_as_classes", "targets_of"]

Predict: TypeAlias = Callable[[np.ndarray], ArrayLike]
Limits: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
AROUND = 0.1  # of the samples' range, on every side


class Grid(NamedTuple):
    """Where the network was asked, and what it answered: x (r,), y (r,), outputs (r, r, N_L), rows along y."""

    x: np.ndarray
    y: np.ndarray
    outputs: np.ndarray

    @classmethod
    def of(cls, predict: Predict, limits: Limits, resolution: int) -> Self:
        """Ask at `resolution` points along each axis."""
        resolution = inputs.as_whole(resolution, "resolution", 2)
        x, y = (np.linspace(*each, resolution) for each in limits)
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return cls(x, y, np.asarray(predict(points)).reshape(resolution, resolution, -1))


def around(samples: np.ndarray | None) -> Limits:
    """The samples' range, and a tenth of it on every side."""
    if samples is None:
        raise ValueError("limits: expected ((low, high), (low, high)) where there are no samples, got none")
    low, high = samples.min(axis=0), samples.max(axis=0)
    margin = np.where(high > low, AROUND * (high - low), 1.0)
    (x0, y0), (x1, y1) = (low - margin).tolist(), (high + margin).tolist()
    return (x0, x1), (y0, y1)


def checked_targets(targets: ArrayLike | None, samples: np.ndarray | None) -> np.ndarray | None:
    """`targets` as an array with a row for each sample; None where there are no samples to draw."""
    if targets is None or samples is None:
        return None
    y = inputs.as_numbers(targets, "targets")
    if y.ndim not in (1, 2) or len(y) != len(samples):
        raise ValueError(f"targets: expected a label, or a row, for each of {len(samples)} samples, got {y.shape}")
    return y


def targets_as_classes(y: np.ndarray | None, k: int) -> np.ndarray | None:
    """The labels 0 .. k-1 that labels or one-hot rows stand for."""
    labels = y if y is None or y.ndim == 1 else y.argmax(axis=1)
    if labels is not None and not 0 <= labels.min() <= labels.max() < k:
        raise ValueError(f"targets: expected labels 0 to {k - 1}, got {labels.min()} to {labels.max()}")
    return labels


def targets_of(y: np.ndarray | None, j: int, k: int) -> np.ndarray | None:
    """The targets of output `j` of `k`: a column, or whether the label is `j`."""
    if y is None or y.ndim == 2:
        return None if y is None else y[:, j]
    return y if k == 1 else (y == j).astype(float)


def names_of(given: Sequence[str], k: int) -> list[str]:
    """Those given, or numbers, for `k` classes."""
    names = [*given] or [f"class {label}" for label in range(k)]
    if len(names) != k:
        raise ValueError(f"class_names: expected {k} names, got {len(names)}")
    return names
