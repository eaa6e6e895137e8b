"""Penalties, clipping, bounds on the weights: against their formulas, and the same bits for any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from training_cases import OPTIMIZERS, Array, every_dtype, every_optimizer, network, samples

import cbp

EVERYTHING: dict[str, Any] = {"l1": 0.003, "l2": 0.02, "clip_value": 0.2, "clip_norm": 0.3, "max_norm": 0.9}


class InPython:
    """Gradient descent as a plugin might write it."""

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.norms: list[float] = []

    def __str__(self) -> str:
        return "in Python"

    def init(self, parameters: Array) -> None:
        return None

    def update(self, gradient: Array, state: None, parameters: Array, learning_rate: float) -> None:
        self.norms.append(float(np.linalg.norm(gradient)))
        parameters -= learning_rate * gradient


def weights(net: cbp.Network) -> Array:
    """True where a parameter is a weight of a layer that learns."""
    found = np.zeros(net.n_parameters, bool)
    for l in net.W:
        if l not in net.frozen:
            found[slice(*net._plan.offsets(l))] = True
    return found


def learning(net: cbp.Network) -> Array:
    """True where a parameter learns."""
    found = weights(net)
    for l in net.b:
        start = net._plan.offsets(l)[1]
        found[start : start + net.sizes[l - 1]] = l not in net.frozen
    return found


def stepped(net: cbp.Network, optimizer: Any = None, **options: Any) -> Array:
    """The change of the parameters in one step with all samples."""
    X, targets, _ = samples()
    before = net.parameters.copy()
    net.fit(X, targets, epochs=1, batch_size=len(X), optimizer=optimizer or cbp.SGD(lr=1.0), shuffle=False, **options)
    change: Array = net.parameters - before
    return change


def clipped_by_norm(g: Array, limit: float) -> Array:
    """optax.clip_by_global_norm, Pascanu et al. 2013."""
    norm = np.sqrt((g**2).sum())
    return g if norm < limit else g / norm * limit


def looped(net: cbp.Network, optimizer: Any, epochs: int, batch_size: int, options: dict[str, Any]) -> None:
    """`fit` without shuffling, step by step in NumPy, but for E's gradient and the optimiser's formula."""
    X, targets, _ = samples()
    is_weight, learns = weights(net), learning(net)
    theta = net.parameters.copy()
    state = optimizer.init(theta)
    for start in [*range(0, len(X), batch_size)] * epochs:
        g = net.gradients(X[start : start + batch_size], targets[start : start + batch_size]).flat
        g = g + is_weight * (options.get("l1", 0) * np.sign(theta) + options.get("l2", 0) * theta)
        g = np.clip(g, -options.get("clip_value", np.inf), options.get("clip_value", np.inf)) * learns
        g = clipped_by_norm(g, options.get("clip_norm", np.inf))
        before = theta.copy()
        optimizer.update(g, state, theta, optimizer.lr)
        theta[~learns] = before[~learns]
        net.parameters = theta
        for l in net.W:
            norms = np.sqrt((net.W[l] ** 2).sum(axis=1, keepdims=True))
            if l not in net.frozen:
                net.W[l][...] *= np.minimum(1, options.get("max_norm", np.inf) / norms)
        theta[...] = net.parameters


# ---- formulas ------------------------------------------------------------------------------------------------


def test_penalties_add_the_derivative_of_the_cost_with_them() -> None:
    """By central differences of E + l1·Σ|W| + ½·l2·ΣW²."""
    net, (X, targets, _), l1, l2 = network(), samples(), 0.3, 0.7
    is_weight = weights(net)

    def penalized(theta: Array) -> float:
        net.parameters = theta
        W = theta[is_weight]
        return net.cost(X, targets) + l1 * float(np.abs(W).sum()) + 0.5 * l2 * float((W**2).sum())

    theta, h = net.parameters.copy(), 1e-5
    slope = [(penalized(theta + h * e) - penalized(theta - h * e)) / (2 * h) for e in np.eye(len(theta))]
    net.parameters = theta
    np.testing.assert_allclose(stepped(net, l1=l1, l2=l2), -np.array(slope), rtol=1e-6, atol=1e-8)


def test_a_weight_of_zero_feels_no_l1() -> None:
    net, without = network(), network()
    net.W[2][0] = without.W[2][0] = 0
    zero = net.parameters == 0
    change = stepped(net, l1=0.5) - stepped(without)
    np.testing.assert_allclose(change[zero], 0, atol=1e-15)
    np.testing.assert_allclose(np.abs(change[~zero]), 0.5, rtol=1e-12)


@pytest.mark.parametrize("options", [{name: value} for name, value in EVERYTHING.items()] + [EVERYTHING], ids=str)
@every_optimizer
def test_every_step_is_the_formulas(optimizer: Any, options: dict[str, Any]) -> None:
    net, reference, (X, targets, _) = network(), network(), samples()
    for each in (net, reference):
        each.b[2][...] = np.linspace(-1, 1, 7)
    net.fit(X, targets, epochs=3, batch_size=8, optimizer=optimizer, shuffle=False, **options)
    looped(reference, optimizer, 3, 8, options)
    np.testing.assert_allclose(net.parameters, reference.parameters, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("option", EVERYTHING)
def test_every_option_of_these_tests_shows(option: str) -> None:
    assert not np.allclose(stepped(network()), stepped(network(), **{option: EVERYTHING[option]}), rtol=1e-3)


def test_weight_decay_is_l2_on_biases_too() -> None:
    """torch.optim's convention beside scikit-learn's."""
    net, decayed = network(), network()
    net.b[2][...] = decayed.b[2][...] = 3.0
    change, of_decay = stepped(net, l2=0.1), stepped(decayed, cbp.SGD(lr=1.0, weight_decay=0.1))
    is_weight = weights(net)
    np.testing.assert_allclose(change[is_weight], of_decay[is_weight], rtol=1e-12)
    np.testing.assert_allclose((change - of_decay)[~is_weight], [0.1 * 3.0] * 7 + [0.0] * 2, atol=1e-12)


@pytest.mark.parametrize("optimizer", [cbp.SGD(lr=1e-6, momentum=0.9), cbp.AdamW(lr=1e-6, weight_decay=1e5)], ids=str)
def test_a_gradient_that_is_short_enough_is_left_as_it_is(optimizer: Any) -> None:
    """To the bit."""
    limits = {"clip_value": 1e3, "clip_norm": 1e3, "max_norm": 1e3}
    np.testing.assert_array_equal(stepped(network(), optimizer, **limits), stepped(network(), optimizer))


@pytest.mark.parametrize("n_out", [1, 2, 15, 16, 17, 40])
@every_dtype
def test_the_norm_is_that_of_the_whole_gradient(n_out: int, dtype: str) -> None:
    """Rows of every length, biases with them."""
    net = network(sizes=[5, n_out, 3], dtype=dtype)
    X, targets, _ = samples(n_in=5, n_out=3)
    g = net.gradients(X, targets).flat.astype(np.float64)
    before = net.parameters.copy()
    net.fit(X, targets, epochs=1, batch_size=len(X), optimizer=cbp.SGD(lr=1.0), clip_norm=1e-2)
    went = before.astype(np.float64) - net.parameters
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(went, 1e-2 * g / np.linalg.norm(g), rtol=0, atol=tolerance)


@every_dtype
@every_optimizer
def test_no_weights_into_a_unit_are_longer_than_max_norm(dtype: str, optimizer: Any) -> None:
    net, (X, targets, _) = network(dtype=dtype), samples()
    for l in net.W:
        net.W[l][...] *= 3
    net.fit(X, targets, epochs=1, batch_size=16, optimizer=optimizer, max_norm=0.7)
    norms = np.concatenate([np.linalg.norm(W.astype(np.float64), axis=1) for W in (net.W[2], net.W[3])])
    assert norms.max() <= 0.7 * (1 + np.finfo(dtype).eps * 4)
    assert (norms > 0.69).sum() > 1


# ---- what takes no part --------------------------------------------------------------------------------------


@every_optimizer
def test_frozen_layers_stay_and_do_not_count(optimizer: Any) -> None:
    net, reference, (X, targets, _) = network(sizes=[3, 7, 6, 2]), network(sizes=[3, 7, 6, 2]), samples()
    before = net.freeze(3).parameters.copy()
    net.fit(X, targets, epochs=2, batch_size=9, optimizer=optimizer, shuffle=False, **EVERYTHING)
    looped(reference.freeze(3), optimizer, 2, 9, EVERYTHING)
    np.testing.assert_allclose(net.parameters, reference.parameters, rtol=1e-9, atol=1e-11)
    stays = ~learning(net)
    np.testing.assert_array_equal(net.parameters[stays], before[stays])


def test_the_cost_of_the_history_is_without_penalties() -> None:
    net, (X, targets, _) = network(), samples()
    cost = net.cost(X, targets)
    history = net.fit(X, targets, epochs=1, batch_size=len(X), l1=1.0, l2=1.0)
    assert history["cost"] == [pytest.approx(cost)]


def test_an_optimiser_in_python_is_given_the_gradient_that_is_left() -> None:
    options, in_python = EVERYTHING | {"clip_norm": 0.05}, InPython(lr=1.0)
    compiled = stepped(network(), **options)
    np.testing.assert_allclose(stepped(network(), in_python, **options), compiled, rtol=1e-12, atol=1e-15)
    assert in_python.norms == [pytest.approx(0.05)]


# ---- threads, and what is refused ----------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, InPython(lr=0.05)], ids=str)
def test_any_number_of_threads_regularises_to_the_same_bits(dtype: str, frozen: bool, optimizer: Any) -> None:
    def trained(threads: int) -> bytes:
        net = cbp.Network([61, 150, 90, 7], "tanh", cost="cross_entropy", dtype=dtype, seed=3)
        rng = np.random.default_rng(5)
        if frozen:
            net.freeze(3)
        net.fit(
            rng.normal(size=(150, 61)), rng.integers(0, 7, 150),
            epochs=2, batch_size=67, optimizer=optimizer, threads=threads, **(EVERYTHING | {"clip_norm": 0.1}),
        )  # fmt: skip
        return net.parameters.tobytes()

    alone = trained(1)
    for threads in (2, 3, 4):
        assert trained(threads) == alone


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"l1": -0.1}, "l1: expected a number >= 0, got -0.1"),
        ({"l2": np.nan}, "l2: expected a number >= 0, got nan"),
        ({"l2": "much"}, "l2: expected a number >= 0, got 'much'"),
        ({"max_norm": 0}, "max_norm: expected a number above 0, got 0"),
        ({"clip_value": -1.0}, "clip_value: expected a number above 0, got -1.0"),
        ({"clip_norm": np.inf}, "clip_norm: expected a number above 0, got inf"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(option: dict[str, Any], message: str) -> None:
    net, (X, targets, _) = network(), samples()
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=message):
        net.fit(X, targets, **option)
    np.testing.assert_array_equal(net.parameters, before)
