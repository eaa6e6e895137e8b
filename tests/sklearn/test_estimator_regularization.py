"""Penalties, clipping, dropout and noise in the estimators: what `Network.fit` does, in scikit-learn's convention."""

from __future__ import annotations

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
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8, 6), "activation": "tanh", "random_state": 0, "max_iter": 3}


def as_network(model: Any) -> cbp.Network:
    """The network that the model begins with."""
    begun = clone(model).set_params(max_iter=1, learning_rate_init=1e-300, max_norm=None).fit(X[:N], y[:N])
    net: cbp.Network = begun.network()
    return net


@pytest.mark.parametrize(
    "options",
    [{"l1": 5.0}, {"alpha": 3.0}, {"l1": 5.0, "alpha": 3.0, "clip_norm": 0.1}, {"clip_value": 0.01}, {"max_norm": 0.5}],
    ids=str,
)
def test_a_step_is_that_of_a_network_with_penalties_over_the_samples(options: dict[str, Any]) -> None:
    """Batches of 40, 40 and 40 of 120, with scikit-learn's plain gradient descent."""
    model = MLPRegressor(
        solver="sgd", momentum=0.0, shuffle=False, batch_size=40, learning_rate_init=0.1, **{"alpha": 0.0} | options,
        **SETTINGS,
    )  # fmt: skip
    net = as_network(model)
    penalties = {"l1": options.get("l1", 0.0) / 40, "l2": options.get("alpha", 0.0) / 40}
    limits = {name: value for name, value in options.items() if "_" in name}
    net.fit(
        X[:N], y[:N, None], epochs=3, batch_size=40, optimizer=cbp.SGD(lr=0.1), shuffle=False, **penalties, **limits
    )
    model.fit(X[:N], y[:N])
    assert_allclose(model.network().parameters, net.parameters, rtol=1e-10)
    plain = clone(model).set_params(alpha=0.0, l1=0.0, clip_norm=None, clip_value=None, max_norm=None)
    assert not np.allclose(plain.fit(X[:N], y[:N]).coefs_[0], model.coefs_[0])


@pytest.mark.parametrize("rows", [120, 100])  # batches of 40; and one of 20 left over, with twice the part
def test_the_loss_has_the_penalties_in_it(rows: int) -> None:
    model = MLPRegressor(solver="sgd", learning_rate_init=1e-300, alpha=3.0, l1=5.0, batch_size=40, **SETTINGS)
    model.fit(X[:rows], y[:rows])
    W = np.concatenate([W.ravel() for W in model.coefs_])
    batches = -(-rows // 40)
    penalty = (1.5 * (W**2).sum() + 5.0 * np.abs(W).sum()) * batches / rows
    assert model.loss_ == pytest.approx(0.5 * np.mean((model.predict(X[:rows]) - y[:rows]) ** 2) + penalty)


def test_l1_makes_weights_small_that_are_not_needed() -> None:
    noisy = np.hstack([X, np.random.default_rng(0).normal(size=(len(X), 10))])
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 300}
    plain, sparse = (MLPRegressor(l1=l1, **settings).fit(noisy, y).coefs_[0] for l1 in (0.0, 5.0))
    assert np.abs(sparse[10:]).mean() < 0.25 * np.abs(plain[10:]).mean()
    assert np.abs(sparse[:10]).max() > 0.1


def test_dropped_inputs_move_no_weights_and_kept_ones_move_them_more() -> None:
    """One step for one sample of ones, no hidden layer: δW = -η·m ⊗ δ."""
    settings: dict[str, Any] = {
        "hidden_layer_sizes": (), "alpha": 0.0, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 1e-3,
        "batch_size": 1, "max_iter": 1, "random_state": 0, "activation": "identity",
    }  # fmt: skip
    ones = np.ones((1, 400))
    began = MLPRegressor(**settings | {"learning_rate_init": 1e-300}).fit(ones, [100.0])
    moved = MLPRegressor(dropout={1: 0.25}, **settings).fit(ones, [100.0]).coefs_[0] - began.coefs_[0]
    kept = moved != 0
    assert 0.65 < kept.mean() < 0.85
    assert np.ptp(moved[kept]) < 1e-12
    assert moved.max() > 0


@pytest.mark.parametrize("options", [{"dropout": 0.4}, {"dropout": [0.0, 0.5], "input_noise": 0.3}], ids=str)
def test_chance_depends_on_random_state_alone(options: dict[str, Any]) -> None:
    """Not on the threads, nor on how the samples lie in memory; and it is another in every epoch."""
    first = MLPRegressor(**SETTINGS, **options, n_threads=1).fit(X, y)
    again = MLPRegressor(**SETTINGS, **options, n_threads=2).fit(X, y)
    np.testing.assert_array_equal(again.network().parameters, first.network().parameters)
    weighted = MLPRegressor(**SETTINGS, **options).fit(X, y, sample_weight=np.ones(len(y)))
    assert_allclose(weighted.coefs_[0], first.coefs_[0], rtol=1e-9)
    sparse = MLPRegressor(**SETTINGS, **options).fit(csr_array(X), y)
    assert_allclose(sparse.coefs_[0], first.coefs_[0], rtol=1e-9)
    for other in ({}, options | {"random_state": 1}):
        assert not np.allclose(MLPRegressor(**SETTINGS | other).fit(X, y).coefs_[0], first.coefs_[0])
    np.testing.assert_array_equal(first.predict(X), first.predict(X))


def test_partial_fit_drops_others_each_time() -> None:
    """As many calls are one fit, although each begins with the same random_state."""
    settings: dict[str, Any] = SETTINGS | {"shuffle": False, "dropout": 0.4}
    whole, parts = MLPRegressor(**settings).fit(X, y), MLPRegressor(**settings)
    with_seed = parts.partial_fit(X, y).coefs_[0].copy()
    np.testing.assert_array_equal(with_seed, MLPRegressor(**settings | {"max_iter": 1}).fit(X, y).coefs_[0])
    losses = [parts.partial_fit(X, y).loss_ for _ in range(2)]
    assert losses[0] != losses[1]
    assert not np.array_equal(parts.coefs_[0], with_seed)
    assert whole.t_ == parts.t_


def test_a_classifier_learns_with_all_of_them() -> None:
    X, labels = datasets.load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = MLPClassifier(
        (16, 16), dropout=0.2, input_noise=0.1, l1=0.01, max_norm=3.0, clip_value=1.0, clip_norm=1.0, random_state=0,
        learning_rate_init=0.01, max_iter=60,
    )  # fmt: skip
    assert model.fit(X, labels).score(X, labels) > 0.9
    assert np.linalg.norm(model.coefs_[0], axis=0).max() <= 3.0 + 1e-9


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dropout": [0.5]}, "a number for each of the 2 hidden layers, got 1"),
        ({"dropout": 1.0}, "The 'dropout' parameter of MLPRegressor must be"),
        ({"l1": -1.0}, "The 'l1' parameter of MLPRegressor must be"),
        ({"clip_norm": 0.0}, "The 'clip_norm' parameter of MLPRegressor must be"),
        ({"ema": 1.0}, "The 'ema' parameter of MLPRegressor must be"),
        ({"solver": "lbfgs", "ema": 0.9}, "ema: expected none with solver='lbfgs'"),
        ({"solver": "lm", "learning_rate": cbp.schedules.Cosine()}, "expected no schedule with solver='lm'"),
        ({"solver": "lbfgs", "dropout": 0.5}, "dropout: expected none with solver='lbfgs', which .* got 0.5"),
        ({"solver": "lbfgs", "l1": 1.0}, "l1: expected none with solver='lbfgs'"),
        ({"solver": "lbfgs", "clip_norm": 1.0}, "clip_norm: expected none with solver='lbfgs'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MLPRegressor(**SETTINGS | options).fit(X, y)
