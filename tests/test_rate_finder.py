"""The search for a learning rate, on a problem whose largest stable rate is known."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from training_cases import network, samples

import cbp
from cbp.schedules import Cosine, find_learning_rate

Array = np.ndarray[Any, Any]
X, Y, LABELS = samples()


def least_squares(n: int = 40) -> tuple[cbp.Network, Array, Array, float]:
    """A linear network, its data, and the rate above which gradient descent on all of it diverges: 2/λ_max."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, 3)) * [1.0, 0.5, 0.25]
    y = x @ [[1.0], [-2.0], [0.5]]
    net = cbp.Network([3, 1], activation="identity", cost="squared_error", dtype="float64", seed=1)
    with_bias = np.hstack([x, np.ones((n, 1))])
    return net, x, y, 2 / np.linalg.eigvalsh(2 / n * with_bias.T @ with_bias).max()


def test_the_cost_falls_below_the_largest_stable_rate_and_the_search_ends_above_it() -> None:
    net, x, y, stable = least_squares()
    found = find_learning_rate(net, x, y, low=1e-5, batch_size=len(x))
    assert found.suggestion is not None
    assert stable / 50 < found.suggestion < stable
    assert stable < found.rates[-1] < 10
    assert found.costs[found.rates < stable].argmin() > 10
    assert found.costs[-1] > found.costs.min()


def test_the_rates_rise_by_equal_ratios_and_the_costs_are_those_of_the_steps() -> None:
    net, x, y, _ = least_squares()
    found = find_learning_rate(net, x, y, low=1e-6, high=1e-2, steps=30, batch_size=len(x))
    np.testing.assert_allclose(found.rates, np.geomspace(1e-6, 1e-2, 30))
    costs = []
    for rate in found.rates:
        costs.append(net.cost(x, y))
        net.parameters -= rate * net.gradients(x, y).flat
    window = np.array([0.5, 1.0, 0.5])  # of three steps
    means = np.convolve(costs, window)[1:-1] / np.convolve(np.ones(30), window)[1:-1]
    np.testing.assert_allclose(found.costs, means, rtol=1e-9)


def test_it_leaves_the_network_as_it_was() -> None:
    net = network()
    net.fit(X, Y, epochs=1, ema=0.9)
    assert net.average is not None
    before = net.parameters.copy(), net.average.copy(), net.epochs_trained
    find_learning_rate(net, X, Y, optimizer="adam", dropout=0.2)
    np.testing.assert_array_equal(net.parameters, before[0])
    np.testing.assert_array_equal(net.average, before[1])
    assert net.epochs_trained == before[2]


def test_batches_will_do_and_so_will_a_rate_that_is_a_schedule() -> None:
    batches = [(X[:25], Y[:25]), (X[25:], Y[25:])]
    found = find_learning_rate(network(), batches, optimizer=cbp.SGD(lr=Cosine(lr=0.1)))
    expected = find_learning_rate(network(), X, Y, batch_size=25, shuffle=False)
    assert found.suggestion == expected.suggestion


def test_where_nothing_falls_there_is_no_suggestion() -> None:
    net = network()
    found = find_learning_rate(net.freeze(2).freeze(3), X, Y)
    assert found.suggestion is None
    assert len(found.rates) == 200


def test_a_cost_that_becomes_infinite_ends_the_search() -> None:
    net, x, y, _ = least_squares()
    found = find_learning_rate(net, 1e140 * x, y, low=1e-250, high=1e250, batch_size=len(x), steps=50)
    assert len(found.rates) < 50
    assert np.isfinite(found.costs).all()
    with pytest.raises(FloatingPointError, match="the cost of the first batch is not finite, whatever"):
        find_learning_rate(net, 1e300 * x, y)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"epochs": 3}, TypeError, "epochs: a search for the learning rate takes none"),
        ({"validation": 0.2}, TypeError, "validation: a search for the learning rate takes none"),
        ({"low": 0.0}, ValueError, "low: expected"),
        ({"low": 1.0, "high": 0.1}, ValueError, "high: expected a rate above low = 1, got 0.1"),
        ({"steps": 2}, ValueError, "steps: expected a whole number >= 10, got 2"),
        ({"optimizer": "lbfgs"}, ValueError, "schedule: expected none, for LBFGS chooses how long its steps are"),
        ({"batch_sise": 3}, TypeError, "batch_sise"),
    ],
)
def test_what_it_cannot_do_is_said(options: dict[str, Any], error: Any, says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        find_learning_rate(network(), X, Y, **options)


def test_it_draws_itself() -> None:
    net, x, y, _ = least_squares()
    found = find_learning_rate(net, x, y, batch_size=len(x))
    (curve, mark) = found.plot().lines
    np.testing.assert_array_equal(curve.get_xdata(), found.rates)
    np.testing.assert_array_equal(curve.get_ydata(), found.costs)
    assert mark.get_xdata()[0] == found.suggestion  # type: ignore[index]
