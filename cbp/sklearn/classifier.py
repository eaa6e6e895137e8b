"""MLPClassifier: scikit-learn's, on cbp's core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target

from .labels import Labels
from .perceptron import Perceptron
from .probabilities import Probabilities

__all__ = ["MLPClassifier"]


class MLPClassifier(ClassifierMixin, Probabilities, Labels, Perceptron):
    """Classification by a fully connected network: scikit-learn's MLPClassifier, on cbp's core.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, \
shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, early_stopping, validation_fraction, \
beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As scikit-learn's, with its defaults. And more: `activation` may be any of ``cbp.activations()`` or a list with
        one for each hidden layer; `solver` the name of any optimiser of cbp, made with `learning_rate_init`, or one
        with its constants, such as ``cbp.AdamW(lr=1e-3)``; `learning_rate` one of `cbp.schedules`, for every
        stochastic solver; ``warm_start="optimizer"`` goes on with the optimiser's memory (L-BFGS's, too), which
        True begins anew.
    loss : str, or a cost
        ``"log_loss"``: the cross-entropy of softmax for several classes, of the logistic for two and for multilabel
        targets. Or any of ``cbp.costs()``, such as ``"hinge"`` or ``cbp.cost("focal", gamma=2)``.
    class_weight : dict, ``"balanced"``, list of dict, optional
        Weights of the classes, as elsewhere in scikit-learn; multiplies `sample_weight`.
    out_activation : str, optional
        The output layer's activation; by default what fits the loss.
    l1 : float
        Strength of a penalty l1·Σ|W|, which like alpha's is divided by the samples of the batch.
    dropout : float, sequence of float, or mapping of layer to float
        The probability that a unit of a hidden layer is left out of a step: one for all of them, one for each, or
        ``{1: 0.2, 2: 0.5}`` by layer, where 1 is the input.
    input_noise : float
        The standard deviation of noise that is added to X in each step.
    max_norm, clip_value, clip_norm : float, optional
        The largest norm of the weights into a unit after a step; the largest size of a number of the gradient; the
        largest norm of all of it.
    ema : float, optional
        d from 0 to below 1: coefs_ and intercepts_ are the running mean of the weights that take the steps, in which
        those of k steps ago weigh d^k. Validation and early stopping are of the mean; loss_curve_ is of the steps'
        weights, with which `partial_fit` and ``warm_start="optimizer"`` go on, too.
    frozen_layers : sequence of int
        Indices of coefs_ that do not learn, nor their intercepts_.
    n_threads : int, optional
        At most so many share a pass over samples that is large enough; the result has the same bits for any number.
        By default ``CBP_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the cores of this process.

    Attributes
    ----------
    classes_, coefs_, intercepts_, loss_, loss_curve_, best_loss_, validation_scores_, best_validation_score_, \
n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_
        As scikit-learn's; coefs_ and intercepts_ are views of one vector, which may be written to.
    validation_loss_curve_ : list of float, or None
        The loss on the held-out samples after each epoch.

    Examples
    --------
    >>> from cbp.sklearn import MLPClassifier
    >>> model = MLPClassifier((4,), solver="lbfgs", random_state=0).fit([[0.0], [1.0], [2.0]], ["a", "a", "b"])
    >>> model.predict([[0.2], [1.9]])
    array(['a', 'b'], dtype='<U1')
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        **Perceptron._parameter_constraints,
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool | str = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: Any = "log_loss",
        class_weight: Any = None,
        out_activation: Any = None,
        l1: float = 0.0,
        dropout: float | Sequence[float] | Mapping[int, float] = 0.0,
        input_noise: float = 0.0,
        max_norm: float | None = None,
        clip_value: float | None = None,
        clip_norm: float | None = None,
        ema: float | None = None,
        frozen_layers: Sequence[int] = (),
        n_threads: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.class_weight = class_weight
        self.out_activation = out_activation
        self.l1 = l1
        self.dropout = dropout
        self.input_noise = input_noise
        self.max_norm = max_norm
        self.clip_value = clip_value
        self.clip_norm = clip_norm
        self.ema = ema
        self.frozen_layers = frozen_layers
        self.n_threads = n_threads

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or the indicator matrix of several labels a sample.
        sample_weight : array-like of shape (n_samples,), optional
        X_val, y_val : as `X` and `y`, optional
            Validation data: measured after each epoch, and what early_stopping holds out instead of a fraction.

        Returns
        -------
        MLPClassifier
            Itself.
        """
        return self._fit(X, y, self._weighted(y, sample_weight), False, X_val, y_val)

    @available_if(lambda self: self._check_solver())
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, classes: ArrayLike | None = None
    ) -> Self:
        """Take one epoch over the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), optional
        classes : array of shape (n_classes,), optional
            Every class of all calls; the first call needs it.

        Returns
        -------
        MLPClassifier
            Itself.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer().fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, self._weighted(y, sample_weight, True), True)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        (n_samples,) or (n_samples, n_classes) array
        """
        return self._decide(self._outputs(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _more_tags(self) -> dict[str, bool]:  # scikit-learn 1.5
        return {"multilabel": True}
