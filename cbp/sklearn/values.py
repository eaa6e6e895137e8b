"""Between numbers and outputs: the regressor's targets and predictions, and the loss that fits them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d

from ..registry.chosen import Chosen, choose
from .batches import Samples
from .parameters import checked_choice
from .versions import validate_data

__all__ = ["Values"]

HERE = {"squared_error": "quadratic"}  # scikit-learn's loss to cbp's cost, where one name means two things


class Values:
    """What only the regressor has of the steps that `Perceptron` takes."""

    loss: Any
    out_activation: Any
    out_activation_: str
    n_outputs_: int

    def _cost(self) -> Chosen:
        if isinstance(self.loss, str):
            return checked_choice(self, "loss", "cost", HERE.get(self.loss, self.loss))
        return checked_choice(self, "loss", "cost", self.loss)

    def _loss_of(self, cost: float, samples: Samples) -> float:
        """As `Perceptron`: a mean over the outputs; and of counts y with Σ y log y - y, which cbp's leaves out."""
        if self.loss == "squared_error":
            return cost / int(self.n_outputs_)
        if self.loss != "poisson":
            return cost
        y = samples.targets
        logs = np.log(y, where=y > 0, out=np.zeros_like(y))
        return cost + float(np.average((y * logs - y).sum(axis=1), weights=samples.weights))

    def _choose_output(self) -> str:
        if self.out_activation is not None:
            return checked_choice(self, "out_activation", "activation", self.out_activation).name
        return "exp" if self.loss == "poisson" else self._cost().spec.canonical or "identity"

    def _output_activation(self) -> Chosen:
        if self.out_activation is not None:
            return checked_choice(self, "out_activation", "activation", self.out_activation)
        return choose("activation", "exponential" if self.out_activation_ == "exp" else self.out_activation_)

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, y_numeric=True,
            dtype=(np.float64, np.float32), reset=reset,
        )  # fmt: skip
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _targets(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return np.ascontiguousarray(y, dtype=dtype)

    def _compared(self, y: np.ndarray) -> np.ndarray:
        return y

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def _score_of(self, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
        return float(r2_score(y, predicted, sample_weight=weights))
