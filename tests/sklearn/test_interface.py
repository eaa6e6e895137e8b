"""Parameters, methods and attributes are scikit-learn's: what is more stands behind them."""

from __future__ import annotations

import inspect
import numbers
import re
from typing import Any

import numpy as np
import pytest
import sklearn
import sklearn.neural_network as theirs
from sklearn import datasets

import cbp.sklearn as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
VERSION = tuple(map(int, re.findall(r"\d+", sklearn.__version__)[:2]))
today = pytest.mark.skipif(VERSION < (1, 7), reason="1.7 put sample_weight before classes, and loss before all")
every_estimator = pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.default, each.kind) for each in inspect.signature(function).parameters.values()]


@today
@every_estimator
def test_every_parameter_has_scikit_learns_place_and_default(name: str) -> None:
    expected, got = parameters(getattr(theirs, name)), parameters(getattr(ours, name))
    there = {each[0] for each in expected}
    assert [each for each in got if each[0] in there] == expected
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for each, _, kind in got if each not in there)


@today
@every_estimator
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "score"])
def test_every_method_takes_what_scikit_learns_takes(name: str, method: str) -> None:
    expected, got = (getattr(getattr(package, name)(), method, None) for package in (theirs, ours))
    assert (expected is None) == (got is None)
    if expected is not None:
        known = parameters(expected)
        assert parameters(got)[: len(known)] == known


def kind(value: Any) -> Any:
    """What matters of a type: a number is one, whether it is Python's or NumPy's."""
    for abstract in (numbers.Integral, numbers.Real):
        if isinstance(value, abstract):
            return abstract
    return [kind(each) for each in value] if isinstance(value, list) else type(value)


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_every_attribute_is_there(name: str, solver: str, early_stopping: bool) -> None:
    data: Any = datasets.load_iris(as_frame=True)
    X, y = data.data, data.target
    settings = {"hidden_layer_sizes": 4, "solver": solver, "early_stopping": early_stopping, "max_iter": 5}
    models = [getattr(package, name)(random_state=0, **settings).fit(X, y) for package in (theirs, ours)]
    expected, got = (
        {key: kind(value) for key, value in vars(model).items() if key.endswith("_") and not key.startswith("_")}
        for model in models
    )
    assert {key: got.get(key) for key in expected} == expected
    assert [W.shape for W in models[1].coefs_] == [W.shape for W in models[0].coefs_]
    np.testing.assert_array_equal(models[1].feature_names_in_, models[0].feature_names_in_)
