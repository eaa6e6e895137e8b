"""scikit-learn's checks of estimators, none of them expected to fail."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from cbp.sklearn import MLPClassifier, MLPRegressor


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        MLPClassifier(),
        MLPRegressor(),
        MLPClassifier(solver="lbfgs", max_iter=100),
        MLPRegressor(solver="lbfgs", max_iter=100),
        MLPClassifier(solver="sgd"),
        MLPClassifier((8, 6), activation=["gelu", "tanh"], solver="adamw", ema=0.9),
    ]
)
def test_the_estimator_keeps_scikit_learns_rules(estimator: Any, check: Callable[[Any], None]) -> None:
    try:
        check(estimator)
    except unittest.SkipTest as reason:  # which pytest 9.0.0 takes for a failure
        pytest.skip(str(reason))
