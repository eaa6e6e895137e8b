"""L-BFGS against scipy's, and against its definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LbfgsInvHessProduct, check_grad, minimize
from training_cases import network, samples

import cbp
from cbp.core import isa
from cbp.optimizers import Point
from cbp.optimizers.line_search import descend
from cbp.training.feeds import Whole
from cbp.training.objective import Objective
from cbp.training.regularization import Regularization
from cbp.training.samples import Samples

Array = np.ndarray[Any, Any]

X, Y, LABELS = samples()
WEIGHTS = np.random.default_rng(3).uniform(0, 2, len(X))
NEVER = cbp.LBFGS(gtol=0, ftol=0)  # stops at the last epoch alone


def objective(net: cbp.Network, *data: Any, l2: float = 0.0) -> Objective:
    return Objective(net, Whole(Samples.checked(net, *data), 1024, False, 0), 1, Regularization(l2=l2))


@pytest.mark.parametrize("n", [1, 15, 16, 17, 1000])
def test_a_product_is_exact_to_rounding(n: int) -> None:
    a, b = np.random.default_rng(n).normal(size=(2, n))
    assert isa.updates.dot(a, b) == pytest.approx(math.fsum(a * b), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("steps", [0, 1, 3, 4, 11])
def test_the_recursion_is_scipys(steps: int) -> None:
    """Of more steps than are remembered, too; scipy's begins with the identity, ours with γ = s·y / y·y."""
    rng = np.random.default_rng(steps)
    n, memory = 37, 4
    s, root = rng.normal(size=(steps, n)), rng.normal(size=(n, n))
    y, q = s @ root.T @ root, rng.normal(size=n)
    state = cbp.LBFGS(memory=memory).init(q)
    for k in range(steps):
        row = k % len(state["sy"])
        state["s"][row], state["y"][row], state["sy"][row] = s[k], y[k], s[k] @ y[k]
    want = q.copy()
    if steps:
        gamma = (s[-1] @ y[-1]) / (y[-1] @ y[-1])
        want = gamma * LbfgsInvHessProduct(s[-memory:] / gamma, y[-memory:]).matvec(q)
    isa.updates.inverse_hessian_times(q, state["s"], state["y"], state["sy"], np.empty(memory), steps)
    np.testing.assert_allclose(q, want, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_the_objective_is_the_networks_cost_and_its_gradient_a_difference(weights: Any, reduction: str) -> None:
    net = network(activation=["tanh", "softmax"], cost="cross_entropy", reduction=reduction)
    E, theta = objective(net, X, LABELS, weights, l2=0.3), np.random.default_rng(0).normal(size=net.n_parameters)
    at, before = E(theta), net.parameters.copy()
    assert net.parameters.tobytes() == before.tobytes()
    assert check_grad(lambda t: E(t).cost, lambda t: E(t).gradient, theta) < 1e-6 * np.linalg.norm(at.gradient)
    net.parameters = theta
    weight = (len(X) if weights is None else weights.sum()) if reduction == "sum" else 1
    penalty = 0.15 * sum((net.W[l] ** 2).sum() for l in net.W)
    assert at.cost == pytest.approx(net.cost(X, LABELS, weights) + penalty, rel=1e-12)
    assert at.mean == pytest.approx(net.cost(X, LABELS, weights) / weight, rel=1e-12)


def test_more_samples_than_the_core_takes_at_once_are_all_seen() -> None:
    X, Y, _ = samples(3000)
    net = network()
    at, g = objective(net, X, Y)(net.parameters), net.gradients(X, Y)
    assert at.cost == pytest.approx(g.cost, rel=1e-13)
    np.testing.assert_allclose(at.gradient, g.flat, rtol=1e-11, atol=1e-14)


def test_it_finds_the_minimum_that_scipy_finds() -> None:
    """Of a penalised softmax regression, which has one; scipy minimises a formula that knows nothing of cbp."""
    net = cbp.Network([3, 4], cost="cross_entropy", dtype="float64")
    labels = np.random.default_rng(1).integers(4, size=len(X))

    def E(theta: Array) -> Any:
        W, b = theta[:12].reshape(3, 4), theta[12:]
        z = X @ W + b
        log_a = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        delta = WEIGHTS[:, None] * (np.exp(log_a) - np.eye(4)[labels]) / WEIGHTS.sum()
        cost = -(WEIGHTS * log_a[np.arange(len(X)), labels]).sum() / WEIGHTS.sum() + 0.05 * (W**2).sum()
        return cost, np.concatenate([(X.T @ delta + 0.1 * W).ravel(), delta.sum(axis=0)])

    found = minimize(E, np.zeros(16), jac=True, method="L-BFGS-B", options={"gtol": 1e-10, "ftol": 0})
    history = net.fit(X, labels, epochs=200, optimizer=cbp.LBFGS(gtol=1e-10, ftol=0), sample_weight=WEIGHTS, l2=0.1)
    np.testing.assert_allclose(net.parameters[:12], found.x[:12], atol=1e-7)
    np.testing.assert_allclose(net.b[2] - net.b[2].mean(), found.x[12:] - found.x[12:].mean(), atol=1e-7)
    assert history["cost"][-1] == pytest.approx(found.fun - 0.05 * (found.x[:12] ** 2).sum(), rel=1e-8)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_it_needs_about_as_many_evaluations_as_scipys(activation: str) -> None:
    X, Y, _ = samples(300)
    ratios = []
    for seed in range(5):
        net = network(sizes=[3, 15, 2], activation=[activation, "identity"], seed=seed)
        E, start = objective(net, X, Y), net.parameters.copy()
        seen: list[float] = []

        def watched(theta: Array, E: Objective = E, seen: list[float] = seen) -> Any:
            at = E(theta)
            seen.append(at.cost)
            return at.cost, at.gradient

        minimize(
            watched, start, jac=True, method="L-BFGS-B", options={"maxfun": 150, "maxiter": 150, "gtol": 0, "ftol": 0}
        )
        theirs, here, state = len(seen), E(start), NEVER.init(start)
        E.evaluations = 0
        while here.cost > min(seen) and E.evaluations < 3 * theirs:
            here, state, _ = NEVER.iterate(E, here, state)
        ratios.append(E.evaluations / theirs)
    assert np.median(ratios) < 1.25


def test_what_is_left_of_an_iteration_that_is_broken_off_is_the_state_before() -> None:
    net = network()
    E = objective(net, X, Y)
    here, state = E(net.parameters), NEVER.init(net.parameters)
    for _ in range(15):
        once, after, _ = NEVER.iterate(E, here, state)
        again, after, _ = NEVER.iterate(E, here, state)
        assert once.theta.tobytes() == again.theta.tobytes()
        here, state = again, after


def test_a_memory_that_misleads_is_forgotten() -> None:
    net = network()
    E = objective(net, X, Y)
    here, state = E(net.parameters), NEVER.init(net.parameters)
    state["s"][0], state["y"][0], state["sy"][0], state["k"] = -here.gradient, -1e-30 * here.gradient, 1e-30, 1
    there, state, reason = NEVER.iterate(E, here, state)
    assert there.cost < here.cost
    assert (state["k"], reason) == (1, None)


@pytest.mark.parametrize("first", [1e-4, 1.0, 1e4])
def test_a_step_satisfies_the_wolfe_conditions(first: float) -> None:
    net = network(activation=["relu", "identity"])
    E = objective(net, X, Y)
    here = E(net.parameters)
    there = descend(E, here, -here.gradient, first, 50)
    assert there is not None
    slope, length = -(here.gradient @ here.gradient), np.linalg.norm(there.theta - here.theta)
    length /= np.linalg.norm(here.gradient)
    assert there.cost <= here.cost + 1e-4 * length * slope
    assert -(there.gradient @ here.gradient) >= 0.9 * slope


def test_a_cost_that_overflows_on_the_way_is_walked_back_from() -> None:
    net = network(sizes=[3, 4, 2], activation=["exponential", "identity"])
    E = objective(net, X, Y)
    here = E(net.parameters)
    there = descend(E, here, -here.gradient, 1e6, 50)
    assert math.isinf(E(here.theta - 1e6 * here.gradient).cost)
    assert there is not None
    assert there.cost < here.cost


def test_along_no_descent_there_is_no_step() -> None:
    net = network()
    E = objective(net, X, Y)
    here = E(net.parameters)
    assert descend(E, here, here.gradient, 1.0, 20) is None
    assert descend(E, Point(here.theta, -1.0, here.gradient, 0.0), -here.gradient, 1.0, 20) is None


@pytest.mark.parametrize(
    ("constants", "reason"),
    [
        ({"gtol": 1e-2}, "no derivative of the cost is above gtol=0.01"),
        ({"gtol": 0, "ftol": 1e-2}, "an iteration lowered the cost by no more than ftol=0.01 of it"),
        ({"gtol": 0, "ftol": 0, "max_evaluations": 1}, "no step along the gradient lowers the cost"),
    ],
)
def test_it_says_why_it_stops(constants: dict[str, Any], reason: str) -> None:
    net = network(sizes=[3, 2], activation="identity")
    history = net.fit(X, 1e3 * Y, epochs=500, optimizer=cbp.LBFGS(**constants))
    assert history.stopped == reason
    assert history.epochs < 500


def test_its_constants_are_checked() -> None:
    for constants, message in (
        ({"memory": 0}, "memory: expected a whole number >= 1, got 0"),
        ({"memory": 2.0}, "memory: expected a whole number >= 1, got 2.0"),
        ({"gtol": -1.0}, "gtol: expected a number >= 0, got -1.0"),
        ({"max_evaluations": True}, "max_evaluations: expected a whole number >= 1, got True"),
    ):
        with pytest.raises(ValueError, match=message):
            cbp.optimizer("lbfgs", **constants)
