"""predict_proba, where the outputs are probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if

__all__ = ["PROBABILITIES", "Probabilities"]

PROBABILITIES = {"softmax", "logistic"}  # output activations


class Probabilities:
    """The classifier's probabilities."""

    loss: Any
    n_outputs_: int
    _outputs: Any

    @available_if(lambda self: self._check_probabilities())
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict the probability of every class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        (n_samples, n_classes) array
            In the order of classes_.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    @available_if(lambda self: self._check_probabilities())
    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict the logarithm of the probability of every class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        (n_samples, n_classes) array
            In the order of classes_.
        """
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    def _check_probabilities(self) -> bool:
        """AttributeError if the outputs are no probabilities."""
        name = getattr(self, "out_activation_", None) or ("softmax" if self.loss == "log_loss" else None)
        if name is None or name in PROBABILITIES:
            return True
        raise AttributeError(f"predict_proba needs outputs that are probabilities; the output activation is {name}")
