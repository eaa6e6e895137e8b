"""Between labels and outputs: classes to targets, outputs to classes, and the loss that fits them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import _check_sample_weight

from ..registry.chosen import Chosen, choose
from .parameters import checked_choice
from .probabilities import PROBABILITIES
from .versions import validate_data

__all__ = ["Labels"]


class Labels:
    """What only the classifier has of the steps that `Perceptron` takes."""

    loss: Any
    class_weight: Any
    out_activation: Any
    warm_start: bool | str
    out_activation_: str
    n_outputs_: int
    _label_binarizer: LabelBinarizer
    _begin_record: Any
    _take_weights: Any

    def _cost(self) -> Chosen:
        several = self._label_binarizer.y_type_ == "multiclass"
        if not (isinstance(self.loss, str) and self.loss == "log_loss"):
            return self._fitting(checked_choice(self, "loss", "cost", self.loss), several)
        return choose("cost", "cross_entropy" if several else "binary_cross_entropy")

    def _fitting(self, cost: Chosen, several: bool) -> Chosen:
        """The cost, if it can tell these classes apart."""
        if cost.spec.canonical == "softmax" and not several:
            raise InvalidParameterError(
                f"The 'loss' parameter of MLPClassifier must be a cost of independent outputs for two classes or "
                f"multilabel targets, such as 'log_loss'. Got {cost.name!r} instead, which is of exclusive classes."
            )
        return cost

    def _choose_output(self) -> str:
        if self.out_activation is not None:
            return str(checked_choice(self, "out_activation", "activation", self.out_activation).name)
        usual = "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"
        return str(self._cost().spec.canonical or usual)

    def _output_activation(self) -> Chosen:
        if self.out_activation is not None:
            chosen: Chosen = checked_choice(self, "out_activation", "activation", self.out_activation)
            return chosen
        return choose("activation", self.out_activation_)

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, np.ndarray]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=reset
        )
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y), incremental)
        return X, self._label_binarizer.transform(y).astype(bool)

    def _check_classes(self, classes: np.ndarray, incremental: bool) -> None:
        """ValueError for classes that do not fit those of the call before."""
        if self.warm_start and not incremental:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _weighted(self, y: Any, sample_weight: Any, incremental: bool = False) -> Any:
        """sample_weight times the classes' weights."""
        if self.class_weight is None:
            return sample_weight
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight: expected weights of the classes for partial_fit, which does not see how often each "
                "occurs in all of the data; got 'balanced'"
            )
        weights = compute_sample_weight(self.class_weight, y)
        return weights if sample_weight is None else weights * _check_sample_weight(sample_weight, weights)

    def _stratifies(self) -> bool:
        return self.n_outputs_ == 1

    def _targets(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """The cost's numbers for False and True."""
        off, on = self._cost().spec.labels
        return np.where(y, dtype.type(on), dtype.type(off))

    def _compared(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(self._label_binarizer.inverse_transform(y.astype(int)))

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        """The classes with the largest outputs; of independent outputs, those nearer to True."""
        off, on = self._cost().spec.labels if self.out_activation_ not in PROBABILITIES else (0.0, 1.0)
        scores = (outputs - off) / (on - off) if (off, on) != (0.0, 1.0) else outputs
        return np.asarray(self._label_binarizer.inverse_transform(scores.ravel() if self.n_outputs_ == 1 else scores))

    def set_weights(self, coefs: Sequence[ArrayLike], intercepts: Sequence[ArrayLike], classes: ArrayLike) -> Self:
        """Make a fitted model of weights from elsewhere, without fitting.

        Parameters
        ----------
        coefs : sequence of (fan_in, fan_out) array_like
        intercepts : sequence of (fan_out,) array_like
            One output for two classes, else one for each.
        classes : array of shape (n_classes,)

        Returns
        -------
        MLPClassifier
            Itself.
        """
        binarizer, n_outputs = LabelBinarizer().fit(np.asarray(classes)), len(np.asarray(intercepts[-1]))
        expected = 1 if len(binarizer.classes_) == 2 else len(binarizer.classes_)
        if n_outputs != expected:
            raise ValueError(f"intercepts: expected {expected} outputs for these classes, got {n_outputs}")
        self._label_binarizer, self.classes_, self.n_outputs_ = binarizer, binarizer.classes_, n_outputs
        self._begin_record()
        return self._take_weights(coefs, intercepts)

    def _score_of(self, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> float:
        return float(accuracy_score(y, predicted, sample_weight=weights))
