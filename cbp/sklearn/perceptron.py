"""What the classifier and the regressor have in common: fitting, and running the network that was fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from ..network import Network
from ..registry.chosen import Chosen
from .batches import Samples, dense
from .beyond import Beyond
from .full_batch import fit_lbfgs
from .held_out import HeldOut, split
from .optimizer import is_stochastic
from .parameters import CONSTRAINTS, hidden_layer_sizes, threads
from .record import Record
from .stochastic import fit_stochastic
from .tasks import Tasks
from .versions import CallbackSupportMixin, validate_data
from .weights import adopt, draw, network_of

__all__ = ["Perceptron"]

ROWS = 4096  # of a sparse matrix made dense at once


class Perceptron(CallbackSupportMixin, Beyond, BaseEstimator, ABC):
    """The base of `MLPClassifier` and `MLPRegressor`."""

    _parameter_constraints: dict[str, list[Any]] = CONSTRAINTS

    @abstractmethod
    def _cost(self) -> Chosen:
        """The cost that `loss` means."""

    @abstractmethod
    def _output_activation(self) -> Chosen:
        """The output layer's activation, by what out_activation_ says."""

    @abstractmethod
    def _choose_output(self) -> str:
        """The out_activation_ of a network that begins."""

    @abstractmethod
    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        """X, and y as numbers or truth values."""

    @abstractmethod
    def _targets(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """What the cost compares the outputs with."""

    @abstractmethod
    def _compared(self, y: np.ndarray) -> np.ndarray:
        """What the score compares predictions with."""

    @abstractmethod
    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        """Predictions from (n, N_L) outputs."""

    def _loss_of(self, cost: float, samples: Samples) -> float:
        """scikit-learn's loss of samples, of which cbp's mean cost is `cost`."""
        return cost

    def _check_solver(self) -> bool:
        if not is_stochastic(self.solver):
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool, X_val: Any = None, y_val: Any = None) -> Self:
        most = self.max_iter + (not is_stochastic(self.solver))  # L-BFGS only says when an iteration has ended
        tasks = Tasks(self, X, y, sample_weight, most)
        hidden = hidden_layer_sizes(self.hidden_layer_sizes)
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, y = self._validate_input(X, y, incremental, first)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        self.n_outputs_ = y.shape[1]
        self._random_state = check_random_state(self.random_state)
        sizes = [X.shape[1], *hidden, self.n_outputs_]
        if first:
            self._initialize(sizes, X.dtype)
        net = network_of(self)
        self._check_sizes(net, sizes)
        adopt(self, net)
        self._learn(net, X, y, weights, incremental, X_val, y_val, tasks)
        if not np.isfinite(net.parameters).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _check_sizes(self, net: Network, sizes: list[int]) -> None:
        if list(net.sizes) != sizes:
            raise ValueError(
                f"coefs_ are of a network with layers {list(net.sizes)}, the parameters and data ask for {sizes}: "
                "change hidden_layer_sizes back, or fit with warm_start=False"
            )

    def _initialize(self, sizes: list[int], dtype: np.dtype) -> None:
        """Begin a network."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(sizes)
        self.out_activation_ = self._choose_output()
        draw(self, sizes, dtype, self._random_state)
        self._begin_record()

    def _begin_record(self) -> None:
        """Nothing has been learnt yet."""
        self._best: np.ndarray | None = None
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.validation_scores_: Any = [] if self.early_stopping else None
        self.validation_loss_curve_: Any = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None
        self.best_loss_ = None if self.early_stopping else np.inf

    def _learn(
        self,
        net: Network,
        X: Any,
        y: np.ndarray,
        weights: np.ndarray | None,
        incremental: bool,
        X_val: Any,
        y_val: Any,
        tasks: Tasks,
    ) -> None:
        targets = self._targets(y, net.dtype)
        X = _rows(X, net.dtype)
        samples = Samples(X, targets, None if weights is None else weights.astype(net.dtype, copy=False))
        held_out = None if X_val is None else self._given_held_out(X_val, y_val, net.dtype)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.early_stopping and held_out is None:
            rows, held = split(self, len(y), y if self._stratifies() else None)
            held_out, samples = HeldOut(samples.take(held), self._compared(y[held])), samples.take(rows)
        if not hasattr(self, "_best"):
            self._begin_record()
        if self._best is None:
            self._best = net.parameters.copy()
        record = Record(self, net, held_out, tasks)
        if is_stochastic(self.solver):
            fit_stochastic(self, net, samples, record, incremental)
        else:
            fit_lbfgs(self, net, samples, record)
        record.end()

    def _stratifies(self) -> bool:
        """Whether a held-out fraction has as much of each class."""
        return False

    def _given_held_out(self, X_val: Any, y_val: Any, dtype: np.dtype) -> HeldOut:
        """Validation data that the user passed in."""
        X_val, y = self._validate_input(X_val, y_val, True, False)
        y = y.reshape(-1, 1) if y.ndim == 1 else y
        self.validation_scores_ = self.validation_scores_ or []
        self.validation_loss_curve_ = self.validation_loss_curve_ or []
        return HeldOut(Samples(_rows(X_val, dtype), self._targets(y, dtype), None), self._compared(y))

    def _outputs(self, X: Any) -> np.ndarray:
        """(n, N_L) outputs of the fitted network."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._outputs_of(network_of(self), X)

    def _outputs_of(self, net: Network, X: Any) -> np.ndarray:
        """(n, N_L) outputs of checked samples, of which sparse ones become dense a part at a time."""
        if not hasattr(X, "toarray"):
            return net._outputs(np.require(X, net.dtype, ["C_CONTIGUOUS", "ALIGNED"]), threads(self))
        X = X.tocsr()
        parts = (dense(X[start : start + ROWS]) for start in range(0, X.shape[0], ROWS))
        return np.concatenate([net._outputs(part.astype(net.dtype, copy=False), threads(self)) for part in parts])

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {**super().__getstate__()}
        for made in ("_net", "_views", "_net_of"):
            state.pop(made, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "coefs_"):
            adopt(self, network_of(self))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _rows(X: Any, dtype: np.dtype) -> Any:
    """X with rows that can be taken: C-contiguous, or CSR."""
    if hasattr(X, "toarray"):
        return X.tocsr().astype(dtype, copy=False)
    return np.require(X, dtype, ["C_CONTIGUOUS", "ALIGNED"])
