"""ema=: the model's weights are the mean of those that take the steps, wherever a fit ends or goes on."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn import datasets
from sklearn.base import clone
from sklearn.utils._testing import assert_allclose

import cbp
from cbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = datasets.load_diabetes(return_X_y=True)
X, y = X * 20, (y - y.mean()) / y.std()
N = 120
SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (8, 6), "activation": "tanh", "random_state": 0, "max_iter": 4, "shuffle": False,
    "batch_size": 40, "learning_rate_init": 0.1, "ema": 0.9,
}  # fmt: skip
SGD: dict[str, Any] = SETTINGS | {"solver": "sgd", "momentum": 0.0, "alpha": 0.0}


def parameters(model: Any) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = model.network().parameters
    return found


def itself(model: Any) -> Any:
    return model


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))


def test_the_weights_are_the_mean_of_a_networks_and_the_losses_those_of_its_steps() -> None:
    begun = MLPRegressor(**SGD | {"learning_rate_init": 1e-300, "ema": None}).fit(X[:N], y[:N])
    net: cbp.Network = begun.network()
    net.fit(X[:N], y[:N, None], epochs=4, batch_size=40, optimizer=cbp.SGD(lr=0.1), shuffle=False, ema=0.9)
    model, plain = (MLPRegressor(**SGD | {"ema": ema}).fit(X[:N], y[:N]) for ema in (0.9, None))
    assert net.average is not None
    assert_allclose(parameters(model), net.average, rtol=1e-10)
    assert model.loss_curve_ == plain.loss_curve_
    assert not np.allclose(parameters(model), parameters(plain))


@pytest.mark.parametrize("solver", ["adam", "sgd", "nadam"])
def test_the_mean_is_what_is_validated_and_what_early_stopping_restores(solver: str) -> None:
    settings: dict[str, Any] = SETTINGS | {"max_iter": 60, "solver": solver, "learning_rate_init": 0.03}
    model = MLPRegressor(**settings | {"max_iter": 5}).fit(X[:N], y[:N], X_val=X[N:], y_val=y[N:])
    assert model.validation_scores_[-1] == model.score(X[N:], y[N:])
    assert model.validation_loss_curve_[-1] == pytest.approx(np.mean((model.predict(X[N:]) - y[N:]) ** 2) / 2)
    stopped = MLPRegressor(**settings, early_stopping=True, n_iter_no_change=5)
    stopped.fit(X[:N], y[:N], X_val=X[N:], y_val=y[N:])
    assert stopped.n_iter_ < 60
    assert max(stopped.validation_scores_) == stopped.best_validation_score_ == stopped.score(X[N:], y[N:])


@pytest.mark.parametrize("kept", [itself, copy.deepcopy, pickled])
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
def test_calls_of_partial_fit_are_one_fit(solver: str, kept: Callable[[Any], Any]) -> None:
    whole = MLPRegressor(**SETTINGS | {"solver": solver}).fit(X, y)
    model: Any = MLPRegressor(**SETTINGS | {"solver": solver})
    for _ in range(4):
        model = kept(model).partial_fit(X, y)
    np.testing.assert_array_equal(parameters(model), parameters(whole))


@pytest.mark.parametrize("kept", [itself, pickled])
def test_a_warm_start_with_the_optimisers_memory_goes_on_as_one_fit(kept: Callable[[Any], Any]) -> None:
    whole = MLPRegressor(**SETTINGS).fit(X, y)
    model: Any = MLPRegressor(**SETTINGS | {"max_iter": 2, "warm_start": "optimizer"}).fit(X, y)
    np.testing.assert_array_equal(parameters(kept(model).fit(X, y)), parameters(whole))


def test_a_warm_start_without_it_begins_with_the_mean() -> None:
    model = MLPRegressor(**SGD, warm_start=True).fit(X, y)
    other = clone(model).set_weights([W.copy() for W in model.coefs_], [b.copy() for b in model.intercepts_])
    np.testing.assert_array_equal(parameters(model.fit(X, y)), parameters(other.fit(X, y)))


def test_weights_written_by_hand_take_the_next_steps() -> None:
    """Two epochs of one step with d = 0, whose mean is the newest: as if there were none."""
    models = [MLPRegressor(**SGD | {"ema": ema, "batch_size": len(X)}).partial_fit(X, y) for ema in (0.0, None, 0.9)]
    for model in models:
        model.coefs_[0][...] = 0.25
        model.partial_fit(X, y)
    np.testing.assert_array_equal(parameters(models[0]), parameters(models[1]))
    moved = np.abs(models[2].coefs_[0] - 0.25).max()
    assert 0 < moved < np.abs(models[1].coefs_[0] - 0.25).max()


def test_the_bits_depend_on_neither_threads_nor_storage() -> None:
    wide: dict[str, Any] = SETTINGS | {"hidden_layer_sizes": (200, 100), "batch_size": 200, "max_iter": 2}
    alone, *others = (parameters(MLPRegressor(**wide, n_threads=n).fit(X, y)) for n in (1, 2, 3))
    for other in others:
        np.testing.assert_array_equal(other, alone)
    assert_allclose(parameters(MLPRegressor(**wide).fit(csr_array(X), y)), alone, rtol=1e-9)


def test_an_optimiser_in_python_is_averaged_and_frozen_layers_stay() -> None:
    class Descent:
        lr = 0.1

        def init(self, parameters: Any) -> None:
            return None

        def update(self, gradient: Any, state: None, parameters: Any, learning_rate: float) -> None:
            parameters -= learning_rate * gradient

    for frozen in ((), (1,)):
        models = [
            MLPRegressor(**SGD | {"solver": solver, "frozen_layers": frozen}).fit(X, y) for solver in (Descent(), "sgd")
        ]
        assert_allclose(parameters(models[0]), parameters(models[1]), rtol=1e-10)
    begun = MLPRegressor(**SGD | {"learning_rate_init": 1e-300}).fit(X, y)
    np.testing.assert_array_equal(models[0].coefs_[1], begun.coefs_[1])
    assert not np.allclose(models[0].coefs_[0], begun.coefs_[0])


def test_a_classifier_in_float32_learns_with_it() -> None:
    X, labels = datasets.load_iris(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    model = MLPClassifier(16, ema=0.95, batch_size=16, random_state=0, learning_rate_init=0.01, max_iter=60)
    model.fit(X, labels)
    assert model.coefs_[0].dtype == np.float32
    assert model.score(X, labels) > 0.9


def test_a_divergence_leaves_the_best_mean_or_says_what_to_do() -> None:
    wild: dict[str, Any] = SGD | {"activation": "relu", "learning_rate_init": 1e3, "max_iter": 50}
    with pytest.raises(ValueError, match="lower learning_rate_init, or clip the gradient with clip_norm"):
        MLPRegressor(**wild).fit(X, y)
    assert np.isfinite(MLPRegressor(**wild, clip_norm=1e-3).fit(X, y).loss_)
    schedule = cbp.schedules.Step(step_size=3, gamma=1e9)
    tamed = wild | {"learning_rate_init": 1e-2, "learning_rate": schedule, "early_stopping": True}
    with pytest.warns(match="is not finite. The weights are those of the best validation score"):
        model = MLPRegressor(**tamed).fit(X, y, X_val=X, y_val=y)
    assert model.score(X, y) == model.best_validation_score_
