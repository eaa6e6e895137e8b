"""Scores against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics

from cbp.scores import ClassScore, NumberScore


def test_class_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    outputs, labels = rng.random((200, 5)), rng.integers(0, 4, 200)  # the last class never comes
    score = ClassScore.of(outputs, labels)
    predicted = outputs.argmax(axis=1)
    expected = sklearn.metrics.confusion_matrix(labels, predicted, labels=range(5))
    np.testing.assert_array_equal(score.confusion, expected)
    assert score.accuracy == pytest.approx(sklearn.metrics.accuracy_score(labels, predicted))


def test_number_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    targets = rng.normal(5, 2, (100, 3))
    outputs = targets + rng.normal(0, 1, (100, 3))
    score = NumberScore.of(outputs, targets)
    np.testing.assert_allclose(score.r2, sklearn.metrics.r2_score(targets, outputs, multioutput="raw_values"))
    square = sklearn.metrics.mean_squared_error(targets, outputs, multioutput="raw_values")
    np.testing.assert_allclose(score.rmse, np.sqrt(square))
    absolute = sklearn.metrics.mean_absolute_error(targets, outputs, multioutput="raw_values")
    np.testing.assert_allclose(score.mae, absolute)


def test_r2_of_constant_targets_is_undefined() -> None:
    score = NumberScore.of(np.zeros((3, 1)), np.ones((3, 1)))
    assert str(score) == "R² undefined, RMSE 1, MAE 1"
    assert score.to_json() == {"samples": 3, "r2": [None], "rmse": [1.0], "mae": [1.0]}
