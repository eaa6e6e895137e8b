"""The cost is scikit-learn's Tweedie deviance, and a network that minimises it finds means, zeros among the amounts."""

from __future__ import annotations

import numpy as np
import pytest
from cbp_tweedie import cbp_costs
from sklearn.linear_model import TweedieRegressor
from sklearn.metrics import mean_tweedie_deviance

import cbp

TWEEDIE = cbp_costs()[0]
powers = pytest.mark.parametrize("power", [1.1, 1.5, 1.9])


def amounts(seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples, a Poisson number of exponential amounts for each, and its mean."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 2))
    number = np.exp(X[:, 0])  # on average, of amounts that are 2 on average
    y = np.array([rng.exponential(2, size=k).sum() for k in rng.poisson(number)])
    return X, y, 2 * number


@powers
def test_it_is_half_the_deviance_but_for_what_the_targets_alone_say(power: float) -> None:
    rng = np.random.default_rng(0)
    a, y = rng.normal(size=(50, 1)), rng.exponential(size=(50, 1)) * (rng.random((50, 1)) < 0.6)
    constant = (y ** (2 - power) / ((1 - power) * (2 - power)))[:, 0]
    half = [mean_tweedie_deviance(y[i], np.exp(a[i]), power=power) / 2 for i in range(50)]
    np.testing.assert_allclose(TWEEDIE.value(a, y, power=power) + constant, half, rtol=1e-9, atol=1e-12)


@powers
def test_the_mean_costs_least(power: float) -> None:
    y = np.array([[0.0], [0.0], [3.0], [5.0]])
    a = np.full_like(y, np.log(2.0))
    assert TWEEDIE.gradient(a, y, power=power).sum() == pytest.approx(0, abs=1e-12)


def test_a_network_without_hidden_layers_finds_what_scikit_learn_finds() -> None:
    X, y, _ = amounts(seed=1)
    theirs = TweedieRegressor(power=1.5, alpha=0, link="log", tol=1e-10, max_iter=10000).fit(X, y)
    net = cbp.Network([2, 1], cost=cbp.cost("tweedie", power=1.5), dtype="float64", seed=1)
    net.fit(X, y, epochs=3000, batch_size=len(X), optimizer=cbp.Adam(lr=0.02))
    np.testing.assert_allclose([*net.W[2][0], *net.b[2]], [*theirs.coef_, theirs.intercept_], atol=1e-4)


def test_a_network_finds_the_means_of_amounts_half_of_which_are_0() -> None:
    X, y, mean = amounts(seed=2, n=2000)
    assert 0.3 < (y == 0).mean() < 0.5
    net = cbp.Network([2, 8, 1], activation="tanh", cost="tweedie", seed=1)
    net.fit(X, y, epochs=60, batch_size=50, optimizer=cbp.Adam(lr=3e-3))
    found = np.exp(net.predict(X))[:, 0]
    assert found.sum() == pytest.approx(y.sum(), rel=0.1)
    assert np.corrcoef(found, mean)[0, 1] > 0.95


def test_amounts_below_0_are_refused() -> None:
    with pytest.raises(ValueError, match="targets"):
        cbp.Network([1, 1], cost="tweedie").fit([[1.0], [2.0]], [[1.0], [-1.0]])
