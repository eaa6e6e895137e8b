"""Samples that are not learnt from: the score and the loss of every epoch on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from ..network import Network
from .batches import Samples, dense
from .parameters import threads

__all__ = ["HeldOut", "split"]


class HeldOut:
    """Validation samples of one call of fit.

    Parameters
    ----------
    samples : Samples
    y : array
        What the score compares predictions with.
    """

    def __init__(self, samples: Samples, y: np.ndarray) -> None:
        self._samples, self._y, self._X = samples, y, samples.X

    def measure(self, estimator: Any, net: Network) -> None:
        """Append this epoch's score and loss to the estimator's lists; NaN where an output is not finite."""
        weights = self._samples.weights
        score = loss = float("nan")
        if np.isfinite(net.parameters).all():
            outputs = estimator._outputs_of(net, self._X)
            costs = net._costs(dense(self._X), self._samples.targets, threads(estimator))
            loss = estimator._loss_of(float(np.average(costs.astype(np.float64), weights=weights)), self._samples)
            if np.isfinite(outputs).all():
                score = float(estimator._score_of(self._y, estimator._decide(outputs), weights))
        estimator.validation_scores_.append(score)
        estimator.validation_loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Validation score: {score:f}")


def split(estimator: Any, n: int, stratify: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """(the rows to learn from, the rows held out) of n samples, as scikit-learn draws them."""
    rows: tuple[np.ndarray, np.ndarray] = train_test_split(
        np.arange(n), random_state=estimator._random_state, test_size=estimator.validation_fraction, stratify=stratify
    )
    if len(rows[1]) < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    return rows
