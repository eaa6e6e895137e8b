"""Levenberg-Marquardt against scipy's, and against least squares that have a formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import least_squares
from training_cases import every_dtype, network, samples

import cbp
from cbp.training.least_squares import LeastSquares
from cbp.training.regularization import Regularization
from cbp.training.samples import Samples

Array = np.ndarray[Any, Any]

X, Y, LABELS = samples()
WEIGHTS = np.random.default_rng(3).uniform(0, 2, len(X))
LONG = cbp.LevenbergMarquardt(gtol=1e-12, ftol=0)


def linear(**options: Any) -> cbp.Network:
    return network(**{"sizes": [3, 2], "activation": "identity"} | options)


@pytest.mark.parametrize("l2", [0.0, 0.2], ids=["plain", "ridge"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_a_linear_network_learns_the_least_squares(weights: Any, l2: float) -> None:
    """The minimum of Σ w‖a - λ‖²/Σ w + ½·l2·‖W‖², biases without a penalty, solved as an augmented system."""
    w = np.ones(len(X)) if weights is None else weights
    A, penalty = np.c_[X, np.ones(len(X))], np.diag([*np.sqrt([l2 * w.sum() / 2] * 3), 0])
    root = np.sqrt(w)[:, None]
    want = np.linalg.lstsq(np.r_[root * A, penalty], np.r_[root * Y, np.zeros((4, 2))])[0]
    net = linear()
    history = net.fit(X, Y, epochs=30, optimizer=LONG, sample_weight=weights, l2=l2)
    np.testing.assert_allclose(net.parameters.reshape(4, 2), want, atol=1e-8)  # where E is flat to rounding
    assert history.epochs < 15


def problem(seed: int) -> tuple[cbp.Network, Array, Array]:
    """A network that stands near another one, which made the targets with some noise."""
    rng = np.random.default_rng(seed)
    X, net = 2 * rng.normal(size=(400, 2)), network(sizes=[2, 3, 2], activation=["tanh", "identity"])
    net.parameters = rng.normal(size=net.n_parameters)
    Y = net.predict(X) + 0.05 * rng.normal(size=(400, 2))
    net.parameters += 0.2 * rng.normal(size=net.n_parameters)
    return net, X, Y


@pytest.mark.parametrize("seed", [1, 2, 3, 4])  # with 0, two hidden units become one: a minimum nobody reaches
@pytest.mark.parametrize("scaled", [False, True])
def test_it_finds_the_minimum_that_scipy_finds(seed: int, scaled: bool) -> None:
    net, X, Y = problem(seed)

    def residuals(theta: Array) -> Array:
        W2, b2, W3, b3 = theta[:6].reshape(2, 3), theta[6:9], theta[9:15].reshape(3, 2), theta[15:]
        return np.asarray((np.tanh(X @ W2 + b2) @ W3 + b3 - Y).ravel())

    def slopes(theta: Array) -> Array:
        return np.stack([residuals(theta + 1e-30j * e).imag / 1e-30 for e in np.eye(17)], axis=1)

    theirs = least_squares(residuals, net.parameters.copy(), slopes, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    history = net.fit(X, Y, epochs=500, optimizer=cbp.LevenbergMarquardt(scaled=scaled, gtol=1e-11, ftol=0))
    assert history["cost"][-1] == pytest.approx(2 * theirs.cost / len(X), rel=1e-9)
    np.testing.assert_allclose(net.predict(X), residuals(theirs.x).reshape(Y.shape) + Y, atol=1e-5)


@pytest.mark.parametrize("mu", [1e-6, 1e-2, 10.0])
def test_a_step_is_the_damped_gauss_newton_step(mu: float) -> None:
    """The least squares of [√w·J; √κ; √μ]·p = -[√w·r; √κ·W; 0], solved by another way than normal equations."""
    net, l2 = network(), 0.3
    E = LeastSquares(net, Samples.checked(net, X, Y, WEIGHTS), 1, Regularization(l2=l2))
    here = E(net.parameters)
    root = np.sqrt(WEIGHTS)
    J = (root[:, None, None] * net.jacobian(X)).reshape(-1, net.n_parameters)
    r = (root[:, None] * (net.predict(X) - Y)).ravel()
    kappa = np.zeros(net.n_parameters)  # of the weights, in units of ½‖r‖²; E is 2/Σw times that
    for l in net.W:
        kappa[slice(*net._plan.offsets(l))] = l2 * WEIGHTS.sum() / 2
    A = np.r_[J, np.diag(np.sqrt(kappa)), np.sqrt(mu) * np.eye(net.n_parameters)]
    b = np.r_[r, np.sqrt(kappa) * net.parameters, np.zeros(net.n_parameters)]
    want = np.linalg.lstsq(A, -b)[0]
    step, gain = E.step(np.full(net.n_parameters, mu))
    assert step is not None
    np.testing.assert_allclose(step, want, rtol=1e-6, atol=1e-9)
    model = (b[: -net.n_parameters] ** 2).sum() - ((A @ want + b)[: -net.n_parameters] ** 2).sum()
    assert gain == pytest.approx(model / WEIGHTS.sum(), rel=1e-7)
    assert here.cost == pytest.approx((b**2).sum() / WEIGHTS.sum(), rel=1e-12)
    net.parameters = here.theta + step
    penalty = 0.5 * l2 * sum((net.W[l] ** 2).sum() for l in net.W)
    assert E.cost(net.parameters)[1] == pytest.approx(net.cost(X, Y, WEIGHTS) + penalty, rel=1e-12)


@every_dtype
def test_its_objective_is_the_networks_cost_and_gradient(dtype: str) -> None:
    for reduction, cost in (("mean", "squared_error"), ("sum", "quadratic")):
        net = network(dtype=dtype, reduction=reduction, cost=cost).freeze(2)
        at = LeastSquares(net, Samples.checked(net, X, LABELS, WEIGHTS), 1, Regularization())(net.parameters)
        g = net.gradients(X, LABELS, WEIGHTS)
        tolerance = 1e-5 if dtype == "float32" else 1e-12
        assert at.cost == pytest.approx(g.cost, rel=tolerance)
        np.testing.assert_allclose(at.gradient, g.flat, rtol=10 * tolerance, atol=tolerance)
        assert at.mean == pytest.approx(g.cost / (WEIGHTS.sum() if reduction == "sum" else 1), rel=tolerance)


def test_scaled_it_does_not_mind_the_units_of_the_inputs() -> None:
    units = np.array([1.0, 1e3, 1e-3])
    costs = []
    for scale in (np.ones(3), units):
        net = network()
        net.W[2] /= scale
        history = net.fit(X * scale, Y, epochs=12, optimizer=cbp.LevenbergMarquardt(scaled=True, gtol=0, ftol=0))
        costs.append(history["cost"])
    np.testing.assert_allclose(costs[1], costs[0], rtol=1e-6)


def test_more_parameters_than_residuals_are_no_hindrance() -> None:
    net = network(sizes=[3, 60, 2])
    history = net.fit(X[:20], Y[:20], epochs=100, optimizer=LONG)
    assert history["cost"][-1] < 1e-18


def test_where_the_damping_is_too_small_it_grows_until_the_cost_falls() -> None:
    for damping in (1e-300, 1e-12, 1e12):
        net = network(sizes=[3, 20, 2])
        before = net.cost(X, Y)
        history = net.fit(X, Y, epochs=20, optimizer=cbp.LevenbergMarquardt(damping=damping))
        assert (np.diff([before, *history["cost"]]) < 0).all()


@pytest.mark.parametrize(
    ("constants", "reason"),
    [
        ({"gtol": 1e-3}, "no derivative of the cost is above gtol=0.001"),
        ({"gtol": 0, "ftol": 1e-3}, "an iteration lowered the cost by no more than ftol=0.001 of it"),
        ({"gtol": 0, "ftol": 0}, "no step lowers the cost"),
    ],
)
def test_it_says_why_it_stops(constants: dict[str, Any], reason: str) -> None:
    history = linear().fit(X, Y, epochs=500, optimizer=cbp.LevenbergMarquardt(**constants))
    assert history.stopped == reason
    assert history.epochs < 100


def test_a_plugins_cost_that_says_squares_is_learned_as_a_built_in_one() -> None:
    own = cbp.plugin.Cost("own_half", lambda a, y: 0.5 * ((a - y) ** 2).sum(axis=-1), lambda a, y: a - y, squares=0.5)
    one, other = network(cost=own), network(cost="quadratic")
    for net in (one, other):
        net.fit(X, Y, epochs=5, optimizer="lm")
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-10)


@pytest.mark.parametrize("cost", ["huber", "cross_entropy", "log_cosh"])
def test_other_costs_are_refused_with_those_that_work(cost: str) -> None:
    net = network(cost=cost)
    with pytest.raises(
        ValueError,
        match=rf"optimizer: LevenbergMarquardt is for costs that are sums of squares, 'squared_error' and 'quadratic', "
        rf"not for '{cost}'; 'lbfgs' takes any cost",
    ):
        net.fit(X, LABELS, optimizer="levenberg_marquardt")


def test_a_network_too_large_is_refused_and_frozen_layers_do_not_count() -> None:
    net = network(sizes=[3, 200, 30, 2])
    with pytest.raises(
        ValueError, match=r"takes up to max_parameters=5000 that learn, .* this network has 6892; 'lbfgs'"
    ):
        net.fit(X, Y, optimizer="lm")
    net.freeze(3).fit(X, Y, epochs=1, optimizer=cbp.LevenbergMarquardt(max_parameters=862))


def test_samples_that_are_not_in_memory_are_refused(tmp_path: Path) -> None:
    in_file = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float64, X.shape)
    in_file[...] = X
    for data in ((in_file, Y), (lambda: [(X, Y)], None)):
        with pytest.raises(ValueError, match=r"X: expected samples and targets in memory, for Lev.*; 'lbfgs' takes"):
            network().fit(*data, optimizer="lm")
        assert network().fit(*data, epochs=2, optimizer="lbfgs").epochs == 2


def test_its_constants_are_checked() -> None:
    for constants, message in (
        ({"damping": 0.0}, "damping: expected a number above 0, got 0.0"),
        ({"ftol": -1.0}, "ftol: expected a number >= 0, got -1.0"),
        ({"max_parameters": 1e3}, "max_parameters: expected a whole number >= 1, got 1000.0"),
    ):
        with pytest.raises(ValueError, match=message):
            cbp.optimizer("lm", **constants)
