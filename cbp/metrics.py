"""How good outputs are in one number: what ``fit(metrics=)`` and `Network.evaluate` compute, by name.

accuracy
    The part of the samples whose class is predicted right.
top_3, or another number
    The part whose class is among the 3 largest outputs.
f1, precision, recall
    Of class 1 where there are two, else the mean over the classes.
balanced_accuracy
    The mean over the classes of their recall.
auc, average_precision
    The areas under the ROC and under the precision-recall curve; of class 1 where there are two, else the mean over the
    classes, each against the others.
r2, rmse, mae
    1 - Σ(a - λ)²/Σ(λ - mean λ)², the root of the mean of (a - λ)², the mean of abs(a - λ); the mean over the outputs.

Classes are integer labels; or rows of 0 and a single 1 (or any two numbers, the larger means yes); or, with one output,
a column of such. Rows with several ones are independent labels: ``accuracy`` then wants all of them right, and outputs
above the middle mean yes. f1 to average_precision are scikit-learn's (``pip install cbp[sklearn]``). A sample counts by
its weight.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from .inputs import as_whole
from .scores import ClassScore, NumberScore
from .suggestions import did_you_mean

__all__ = ["Answers", "Metric", "named"]


class Answers:
    """A network's outputs beside the targets.

    Parameters
    ----------
    outputs : (n, N_L) array
    targets : (n,) int64 array of labels, or (n, N_L) array
    weights : (n,) array or None
        Of the samples.
    """

    def __init__(self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> None:
        self.outputs, self.targets, self.weights = outputs, targets, weights

    @cached_property
    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """The true and the predicted class of each sample, (n,); or, of independent labels, 0 and 1, (n, N_L).

        Raises
        ------
        ValueError
            The targets are no classes.
        """
        if self.targets.ndim == 1:
            return self.targets, self.outputs.argmax(axis=1)
        no, yes = self.targets.min(), self.targets.max()
        if no == yes:
            no, yes = (0, yes) if yes > 0 else (no, 1)
        true = self.targets == yes
        if not (true | (self.targets == no)).all():
            raise ValueError("expected classes as targets: integer labels, or 0 and 1; got other numbers too")
        if true.shape[1] > 1 and (true.sum(axis=1) == 1).all():
            return true.argmax(axis=1), self.outputs.argmax(axis=1)
        predicted = self.outputs > (no + yes) / 2
        return (true[:, 0] * 1, predicted[:, 0] * 1) if true.shape[1] == 1 else (true * 1, predicted * 1)

    @cached_property
    def k(self) -> int:
        """The number of classes, or of independent labels."""
        return max(2, int(self.outputs.shape[1]))

    @cached_property
    def numbers(self) -> NumberScore:
        """How far the outputs are from the targets."""
        if self.targets.ndim == 1:
            raise ValueError("expected numbers as targets, got labels")
        return NumberScore.of(self.outputs, self.targets, self.weights)


Metric = Callable[[Answers], float]


def named(metrics: Any) -> dict[str, Metric]:
    """The metrics that a user asks for, by the name of their column.

    Parameters
    ----------
    metrics : None, str, callable, or an iterable of these; or a mapping of name to callable or str
        A callable takes (targets, outputs), and ``sample_weight=`` if it has such a parameter and samples have weights.

    Raises
    ------
    ValueError, TypeError
        An unknown name, two of one name, something that is no metric.
    ImportError
        One is scikit-learn's, which is not installed.
    """
    pairs = metrics.items() if isinstance(metrics, Mapping) else [(_name(each), each) for each in _listed(metrics)]
    found: dict[str, Metric] = {}
    for name, metric in pairs:
        if name in found:
            raise ValueError(
                f"metrics: expected each once, got {name!r} twice; a mapping of name to metric renames them"
            )
        found[name] = partial(_call, metric) if callable(metric) else _find(metric)
    return found


def _listed(metrics: Any) -> Iterable[Any]:
    if metrics is None:
        return ()
    return (metrics,) if isinstance(metrics, str) or callable(metrics) or not isinstance(metrics, Iterable) else metrics


def _name(metric: Any) -> str:
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
    if not (isinstance(metric, str) or callable(metric)):
        raise TypeError(
            f"metrics: expected names such as 'accuracy', or functions of (targets, outputs); got {metric!r:.80}"
        )
    if name == "<lambda>":
        raise ValueError("metrics: a lambda has no name; pass a mapping, {'name': lambda targets, outputs: ...}")
    return str(name)


def _find(name: Any) -> Metric:
    """The metric of this name."""
    if top := re.fullmatch(r"top_(\d+)", str(name)):
        return partial(_top, as_whole(int(top[1]), str(name)))
    if name in _OWN:
        return _OWN[name]
    if name not in _SCIKIT_LEARNS:
        hint = did_you_mean(str(name), [*_OWN, *_SCIKIT_LEARNS, "top_3"], "see help(cbp.metrics)")
        raise ValueError(f"metrics: there is no {name!r}: {hint}")
    try:
        import sklearn.metrics
    except ImportError as error:
        raise ImportError(
            f"metrics: {name!r} is scikit-learn's, which is not there ({error}); install it with "
            "pip install 'cbp[sklearn]'"
        ) from error
    function, compute = _SCIKIT_LEARNS[name]
    return partial(compute, getattr(sklearn.metrics, function))


def _call(function: Callable[..., Any], answers: Answers) -> float:
    """A user's function."""
    weights = {} if answers.weights is None or not _weighs(function) else {"sample_weight": answers.weights}
    return float(function(answers.targets, answers.outputs, **weights))


def _weighs(function: Callable[..., Any]) -> bool:
    try:
        return "sample_weight" in inspect.signature(function).parameters
    except ValueError:  # written in C without a signature
        return False


def _accuracy(answers: Answers) -> float:
    true, predicted = answers.classes
    if true.ndim == 1:
        return ClassScore.between(true, predicted, answers.k, answers.weights).accuracy
    return float(np.average((true == predicted).all(axis=1), weights=answers.weights))


def _top(k: int, answers: Answers) -> float:
    labels, n_outputs = answers.classes[0], answers.outputs.shape[1]
    if labels.ndim > 1 or n_outputs < max(k, 2):
        raise ValueError(f"expected one class of at least {k} for each sample, got {n_outputs} outputs")
    own = answers.outputs[np.arange(len(labels)), labels][:, None]
    right = ((answers.outputs > own).sum(axis=1) < k) & np.isfinite(own[:, 0])
    return float(np.average(right, weights=answers.weights))


def _of_classes(function: Callable[..., Any], answers: Answers, **options: Any) -> float:
    """One of scikit-learn's scores of predicted classes."""
    if not np.isfinite(answers.outputs).all():
        return float("nan")
    true, predicted = answers.classes
    return float(function(true, predicted, sample_weight=answers.weights, **options))


def _averaged(function: Callable[..., Any], answers: Answers) -> float:
    average = "binary" if answers.k == 2 and answers.classes[0].ndim == 1 else "macro"
    return _of_classes(function, answers, average=average, zero_division=0.0)


def _of_outputs(function: Callable[..., Any], answers: Answers) -> float:
    """One of scikit-learn's scores of the outputs as they are."""
    true = answers.classes[0]
    if true.ndim == 1:
        true = true[:, None] == (np.arange(answers.k) if answers.k > 2 else [1])
    if (missing := np.flatnonzero(true.all(axis=0) | ~true.any(axis=0))).size:
        raise ValueError(f"expected samples that are of class {missing[-1]} and samples that are not")
    if not np.isfinite(answers.outputs).all():
        return float("nan")
    return float(function(true, answers.outputs[:, -true.shape[1] :], sample_weight=answers.weights, average="macro"))


_OWN: dict[str, Metric] = {
    "accuracy": _accuracy,
    "r2": lambda answers: float(answers.numbers.r2.mean()),
    "rmse": lambda answers: float(answers.numbers.rmse.mean()),
    "mae": lambda answers: float(answers.numbers.mae.mean()),
}
_SCIKIT_LEARNS: dict[str, tuple[str, Callable[..., float]]] = {
    "f1": ("f1_score", _averaged),
    "precision": ("precision_score", _averaged),
    "recall": ("recall_score", _averaged),
    "balanced_accuracy": ("balanced_accuracy_score", _of_classes),
    "auc": ("roc_auc_score", _of_outputs),
    "average_precision": ("average_precision_score", _of_outputs),
}
