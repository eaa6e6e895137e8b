"""What scikit-learn's estimators do not do: weights from elsewhere, hidden activations, gradients by the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .batches import dense
from .versions import validate_data
from .weights import adopt, network_of

__all__ = ["Beyond"]


class Beyond(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Methods that both estimators have besides scikit-learn's."""

    def network(self) -> Any:
        """The fitted `cbp.Network`, with everything it can do; its parameters are coefs_ and intercepts_.

        Returns
        -------
        cbp.Network

        Raises
        ------
        sklearn.exceptions.NotFittedError
        """
        check_is_fitted(self)
        return network_of(self)

    def transform(self, X: ArrayLike) -> np.ndarray:
        """What the last hidden layer makes of the samples, for the next step of a pipeline.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        (n_samples, hidden_layer_sizes[-1]) array
        """
        return self.hidden_activations(X)

    @property
    def _n_features_out(self) -> int:
        return int(self.coefs_[-1].shape[0])

    def hidden_activations(self, X: ArrayLike, layer: int = -1) -> np.ndarray:
        """What a hidden layer makes of the samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        layer : int
            Index of the hidden layer, as in hidden_layer_sizes; -1 is the last.

        Returns
        -------
        (n_samples, hidden_layer_sizes[layer]) array

        Raises
        ------
        IndexError
            No such hidden layer.
        """
        net, ready = self._ready(X)
        hidden = range(2, net.L)
        if not -len(hidden) <= layer < len(hidden):
            raise IndexError(f"layer: expected an index of {len(hidden)} hidden layers, got {layer!r}")
        return np.asarray(net.activations(ready)[hidden[layer]])

    def input_gradients(self, X: ArrayLike, y: Any) -> np.ndarray:
        """The derivatives of every sample's loss by its features: what the input would have to change.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like
            As in fit.

        Returns
        -------
        (n_samples, n_features) array
        """
        net, ready = self._ready(X)
        _, y = self._validate_input(X, y, True, False)
        targets = self._targets(y.reshape(len(ready), -1), net.dtype)
        return np.asarray(net.gradients(ready, targets, inputs=True).inputs) * len(ready)

    def _ready(self, X: ArrayLike) -> tuple[Any, np.ndarray]:
        """The network, and checked samples for it."""
        net = self.network()
        checked = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return net, dense(checked).astype(net.dtype, copy=False)

    def _take_weights(self, coefs: Sequence[ArrayLike], intercepts: Sequence[ArrayLike]) -> Self:
        """Make the network of these weights."""
        estimator: Any = self
        estimator.coefs_ = [np.asarray(W, dtype=_float(W)) for W in coefs]
        estimator.intercepts_ = [np.asarray(b, dtype=_float(b)) for b in intercepts]
        estimator.n_layers_, estimator.n_features_in_ = len(estimator.coefs_) + 1, len(estimator.coefs_[0])
        estimator.out_activation_ = estimator._choose_output()
        estimator.n_iter_ = estimator.t_ = 0
        adopt(estimator, network_of(estimator))
        return self


def _float(values: ArrayLike) -> type:
    return np.float32 if np.asarray(values).dtype == np.float32 else np.float64
