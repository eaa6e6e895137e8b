"""The same parameters and the same random_state give what scikit-learn gives, to rounding."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn
import sklearn.neural_network as theirs
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._testing import assert_allclose

import cbp.sklearn as ours

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
VERSION = tuple(map(int, re.findall(r"\d+", sklearn.__version__)[:2]))

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "alpha": {"alpha": 3.0, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3},
    "two layers": {"hidden_layer_sizes": (9, 7), "activation": "logistic", "batch_size": 33},
    "tanh": {"activation": "tanh", "shuffle": False},
    "identity": {"activation": "identity", "n_iter_no_change": 2, "tol": 1e-2},
    "nesterov": {"solver": "sgd", "learning_rate_init": 0.05},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.05},
    "no momentum": {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.05},
    "momentum 1": {"solver": "sgd", "momentum": 1.0, "learning_rate_init": 1e-4},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 2, "tol": 1e-2},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5, "power_t": 0.3},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 3},
    "lbfgs": {"solver": "lbfgs"},
}


def scaled(load: Any) -> tuple[np.ndarray, np.ndarray]:
    X, y = load(return_X_y=True)
    return X / np.abs(X).max(axis=0).clip(1e-9), y


def fitted(name: str, X: np.ndarray, y: np.ndarray, settings: dict[str, Any], *more: Any) -> tuple[Any, Any]:
    """(scikit-learn's, ours)."""
    models = [getattr(package, name)(max_iter=25, random_state=3, **settings) for package in (theirs, ours)]
    return models[0].fit(X, y, *more), models[1].fit(X, y, *more)


def assert_same(a: Any, b: Any, rtol: float = 1e-9) -> None:
    assert (a.n_iter_, a.t_, a.n_layers_, a.out_activation_) == (b.n_iter_, b.t_, b.n_layers_, b.out_activation_)
    assert_allclose(b.loss_, a.loss_, rtol=rtol)
    for name in ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
        expected = getattr(a, name, None)
        ours_alone = a.solver == "lbfgs" and name in ("loss_curve_", "best_loss_")
        assert (getattr(b, name, None) is None) == (expected is None) or ours_alone
        if expected is not None:
            assert_allclose(getattr(b, name), expected, rtol=rtol, err_msg=name)
    for expected, got in zip([*a.coefs_, *a.intercepts_], [*b.coefs_, *b.intercepts_], strict=True):
        assert_allclose(got, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("data", ["digits", "iris", "wine", "breast_cancer"])
def test_a_classifier_learns_the_same(data: str, settings: dict[str, Any]) -> None:
    X, y = scaled(getattr(datasets, f"load_{data}"))
    a, b = fitted("MLPClassifier", X, y, settings)
    assert_same(a, b, 1e-5 if settings.get("solver") == "lbfgs" else 1e-9)
    np.testing.assert_array_equal(b.predict(X), a.predict(X))


def images() -> tuple[np.ndarray, np.ndarray]:
    """28×28 images: the 8×8 digits, enlarged and set into a frame."""
    X, y = datasets.load_digits(return_X_y=True)
    return np.pad(X.reshape(-1, 8, 8).repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2))).reshape(-1, 784), y


@pytest.mark.parametrize("data", ["digits", "iris", "wine", "breast_cancer", "diabetes", "images"])
def test_scores_are_equal_within_what_the_seed_makes_of_them(data: str) -> None:
    """Held-out scores of standardised data after training to the end, where rounding has had its time to grow."""
    X, y = images() if data == "images" else getattr(datasets, f"load_{data}")(return_X_y=True)
    settings: dict[str, Any] = {"hidden_layer_sizes": 16, "learning_rate_init": 0.01, "max_iter": 60}
    name = "MLPRegressor" if data == "diabetes" else "MLPClassifier"
    y = (y - y.mean()) / y.std() if data == "diabetes" else y
    scores = np.array([
        [
            make_pipeline(StandardScaler(), getattr(package, name)(random_state=seed, **settings))
            .fit(X[::2], y[::2])
            .score(X[1::2], y[1::2])
            for package in (theirs, ours)
        ]
        for seed in range(4)
    ])  # fmt: skip
    assert np.ptp(scores[:, 0]) > 0
    assert abs(scores[:, 0].mean() - scores[:, 1].mean()) < scores[:, 0].std(ddof=1)
    assert scores.min() > (0.3 if data == "diabetes" else 0.85)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_regressor_learns_the_same(settings: dict[str, Any]) -> None:
    X, y = scaled(datasets.load_diabetes)
    a, b = fitted("MLPRegressor", X, y / 100, settings)
    assert_same(a, b, 1e-5 if settings.get("solver") == "lbfgs" else 1e-9)


def test_two_outputs_learn_the_same() -> None:
    X, y = scaled(datasets.load_diabetes)
    assert_same(*fitted("MLPRegressor", X, np.c_[y, np.sqrt(y)] / 100, {}))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_network_without_hidden_layers_learns_the_same(solver: str) -> None:
    X, y = scaled(datasets.load_iris)
    settings = {"hidden_layer_sizes": (), "solver": solver}
    assert_same(*fitted("MLPClassifier", X, y, settings), 1e-5 if solver == "lbfgs" else 1e-9)


def test_multilabel_targets_learn_the_same() -> None:
    X, y = datasets.make_multilabel_classification(random_state=0)
    assert_same(*fitted("MLPClassifier", X, y, {}))


def test_float32_learns_the_same_in_float32() -> None:
    X, y = scaled(datasets.load_iris)
    a, b = fitted("MLPClassifier", X.astype(np.float32), y, {})
    assert_same(a, b, 1e-3)
    assert b.coefs_[0].dtype == a.coefs_[0].dtype == np.float32


@pytest.mark.skipif(VERSION < (1, 7), reason="scikit-learn's MLP has sample weights and Poisson loss from 1.7 on")
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weighted_samples_learn_the_same(loss: str, solver: str) -> None:
    X, y = scaled(datasets.load_diabetes)
    weights = np.random.default_rng(0).uniform(size=len(y))
    a, b = fitted("MLPRegressor", X, y / 100, {"loss": loss, "solver": solver}, weights)
    assert_same(a, b, 1e-5 if solver == "lbfgs" else 1e-9)


def test_partial_fit_and_warm_start_go_on_as_scikit_learns_do() -> None:
    X, y = scaled(datasets.load_iris)
    models = [p.MLPClassifier(max_iter=4, random_state=3, warm_start=True) for p in (theirs, ours)]
    for model in models:
        model.fit(X, y).fit(X, y)
        for _ in range(3):
            model.partial_fit(X, y)
    assert_same(*models)


def test_sparse_samples_learn_what_dense_ones_do() -> None:
    from scipy.sparse import csr_array

    X, y = scaled(datasets.load_digits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        a, b = (ours.MLPClassifier(max_iter=5, random_state=0).fit(samples, y) for samples in (X, csr_array(X)))
    assert_same(a, b)
    np.testing.assert_array_equal(b.predict(csr_array(X)), a.predict(X))


def test_the_mean_squared_error_of_two_outputs_is_minimised_by_lbfgs() -> None:
    """scikit-learn's L-BFGS is told a loss of the outputs' mean and the gradient of their sum; ours both of the sum."""
    X, y = scaled(datasets.load_diabetes)
    a, b = fitted("MLPRegressor", X, np.c_[y, np.sqrt(y)] / 100, {"solver": "lbfgs", "alpha": 0.0})
    assert b.loss_ == pytest.approx(0.5 * np.mean((b.predict(X) - np.c_[y, np.sqrt(y)] / 100) ** 2))
    assert b.loss_ < 1.1 * a.loss_
