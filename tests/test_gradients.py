"""Gradients against slopes: every activation and cost that go together, by differences of `net.cost`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.builtins.activations import cbp_activations
from cbp.builtins.costs import cbp_costs
from cbp.plugin import Activation, Cost

Array = np.ndarray[Any, Any]

SIGMAS = {spec.name: spec for spec in cbp_activations()}
COSTS = {spec.name: spec for spec in cbp_costs()}

# Where a must lie for a cost to be smooth, and where the cost's slope jumps nevertheless.
UNIT, POSITIVE = (0.0, 1.0), (0.0, np.inf)
DOMAINS = {"poisson": POSITIVE} | dict.fromkeys(
    ("cross_entropy", "binary_cross_entropy", "kl_divergence", "focal"), UNIT
)
KINKS: dict[str, Callable[..., Array]] = {
    "absolute_error": lambda a, y: a - y,
    "quantile": lambda a, y, q: a - y,
    "huber": lambda a, y, delta: np.abs(a - y) - delta,
    "hinge": lambda a, y: 1 - y * a,
    "squared_hinge": lambda a, y: 1 - y * a,
}


def default(spec: Activation | Cost) -> dict[str, float]:
    return {name: p.default for name, p in spec.params.items()}


def goes_with(sigma: Activation, cost: Cost) -> bool:
    """Whether σ answers only numbers on which the cost is smooth."""
    low, high = DOMAINS.get(cost.name, (-np.inf, np.inf))
    a = sigma.forward(np.linspace(-4, 4, 81).reshape(-1, 3), **default(sigma))
    return bool(((a > low) & (a < high)).all())


PAIRS = [(s, c) for c in COSTS.values() for s in SIGMAS.values() if goes_with(s, c)]
every_pair = pytest.mark.parametrize(("sigma", "cost"), PAIRS, ids=[f"{s.name}-{c.name}" for s, c in PAIRS])
every_sigma = pytest.mark.parametrize("sigma", SIGMAS.values(), ids=SIGMAS)


def data(net: cbp.Network, n: int, seed: int) -> tuple[Array, Array]:
    """X and targets the cost allows, in float64."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, net.sizes[0]))
    low, high = np.clip(net.cost_function.spec.target_range, -2, 1)
    return X, rng.uniform(low, high, (n, net.sizes[-1]))


def margin(net: cbp.Network, X: Array, y: Array) -> float:
    """How near the network comes to a kink, or z to where differences are no use."""
    a = net.activations(X)
    with np.errstate(all="ignore"):  # a tower of exponentials: refused for its z
        z = {l: a[l - 1] @ net.W[l].T + net.b[l] for l in net.W} | {1: X}
    near = [np.abs(z[l] - kink).min() for l in z for kink in net.layer_activations[l - 1].spec.kinks]
    if kink := KINKS.get(net.cost_function.name):
        near.append(np.abs(kink(a[net.L], y, **net.cost_function.params)).min())
    return float(min(near + [3 - np.abs(z[l]).max() for l in z]))


def away_from_kinks(make: Callable[[int], cbp.Network], n: int = 4) -> tuple[cbp.Network, Array, Array]:
    """The first of the networks make(seed) all of whose derivatives exist on its data."""
    for seed in range(10_000):
        net = make(seed)
        rng = np.random.default_rng(seed)
        net.parameters += 0.3 * rng.normal(size=net.n_parameters)
        X, y = data(net, n, seed)
        if margin(net, X, y) > 0.01:
            return net, X, y
    raise AssertionError("no network found whose derivatives exist")


def slope(f: Callable[[], float], x: Array, h: float = 1e-3) -> Array:
    """Δf/Δx for each number of x, from five points: the error is of order h⁴."""
    flat, found = x.reshape(-1), np.empty(x.size)
    assert np.shares_memory(flat, x)
    for i, before in enumerate(flat.copy()):
        values = []
        for steps in (-2, -1, 1, 2):
            flat[i] = before + steps * h
            values.append(f())
        flat[i] = before
        found[i] = np.dot([1, -8, 8, -1], values) / (12 * h)
    return found.reshape(x.shape)


def assert_slopes(net: cbp.Network, X: Array, y: Array, weights: Array | None = None) -> None:
    """Both δE/δθ and δE/δz^1 are the slopes of E."""
    got: Any = net.gradients(X, y, weights, inputs=True)
    for found, x in ((got.flat, net.parameters), (got.inputs, X)):
        want = slope(lambda: net.cost(X, y, weights), x)
        np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-8 * max(1, np.abs(want).max()))
        assert found.any()
    assert got.cost == net.cost(X, y, weights)


@every_pair
def test_gradients_are_the_slopes_of_every_pair(sigma: Activation, cost: Cost) -> None:
    net, X, y = away_from_kinks(
        lambda seed: cbp.Network(
            [3, 4, 3], "tanh", cbp.activation(sigma.name), cbp.cost(cost.name), dtype="float64", seed=seed
        )
    )
    assert_slopes(net, X, y)


@every_sigma
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradients_are_the_slopes_of_every_hidden_and_input_activation(sigma: Activation, reduction: str) -> None:
    net, X, y = away_from_kinks(
        lambda seed: cbp.Network(
            [2, 3, 3, 1],
            sigma.name,
            "identity",
            input_activation=sigma.name,
            dtype="float64",
            reduction=reduction,
            seed=seed,
        )
    )
    assert_slopes(net, X, y, weights=np.array([0.5, 0.0, 2.0, 1.0]))


def with_parameters() -> Iterator[tuple[str, str, dict[str, float]]]:
    """Each activation and cost that has parameters, with values other than the defaults."""
    for kind, specs in (("activation", SIGMAS.values()), ("cost", COSTS.values())):
        for spec in specs:
            values = {name: next(v for v in (0.3, 1.7) if p.allows(v)) for name, p in spec.params.items()}
            if values:
                yield kind, spec.name, values


@pytest.mark.parametrize(("kind", "name", "values"), list(with_parameters()))
def test_gradients_are_the_slopes_for_other_parameters(kind: str, name: str, values: dict[str, float]) -> None:
    def make(seed: int) -> cbp.Network:
        if kind == "activation":
            sigma = cbp.activation(name, **values)
            return cbp.Network([2, 3, 2], sigma, sigma, input_activation=sigma, dtype="float64", seed=seed)
        return cbp.Network([2, 3, 2], "tanh", cost=cbp.cost(name, **values), dtype="float64", seed=seed)

    net, X, y = away_from_kinks(make)
    assert_slopes(net, X, y)


@pytest.mark.parametrize("L", range(2, 7))
@pytest.mark.parametrize("n", [1, 2, 7, 33])
def test_gradients_are_the_slopes_for_any_depth_and_batch(L: int, n: int) -> None:
    rng = np.random.default_rng(10 * L + n)
    sizes = rng.integers(1, 5, L).tolist()
    net = cbp.Network(sizes, ["tanh", "silu", "softplus", "sin", "gelu"][: L - 1], dtype="float64", seed=n)
    assert_slopes(net, *data(net, n, seed=n), rng.random(n))


def test_numpy_activations_and_costs_have_the_same_slopes() -> None:
    """A plugin without a kernel goes through the same passes: elementwise, rowwise, and its cost."""
    cube = Activation("cube", lambda z: z**3, derivative=lambda z, a: 3 * z**2)
    centre = Activation(
        "centre",
        lambda z: z - z.mean(axis=1, keepdims=True),
        vjp=lambda z, a, g: g - g.mean(axis=1, keepdims=True),
    )
    quartic = Cost("quartic", lambda a, y: ((a - y) ** 4).sum(axis=1), lambda a, y: 4 * (a - y) ** 3)
    net = cbp.Network([3, 4, 3, 2], [cube, centre, cube], input_activation=centre, cost=quartic, dtype="float64")
    X, y = data(net, 5, seed=1)
    a = centre.forward(X)
    for l, sigma in ((2, cube), (3, centre), (4, cube)):
        a = sigma.forward(a @ net.W[l].T + net.b[l])
    np.testing.assert_allclose(net.predict(X), a, rtol=1e-13)
    assert net.cost(X, y) == pytest.approx(((a - y) ** 4).sum() / 5)
    assert_slopes(net, X, y, np.array([1.0, 2.0, 0.0, 0.5, 1.0]))


@every_pair
def test_float32_gradients_are_the_float64_ones(sigma: Activation, cost: Cost) -> None:
    def make(dtype: str, seed: int) -> cbp.Network:
        net = cbp.Network([9, 17, 5], "tanh", cbp.activation(sigma.name), cbp.cost(cost.name), dtype=dtype, seed=seed)
        net.parameters = net.parameters.astype("float32")
        return net

    double, X, y = away_from_kinks(lambda seed: make("float64", seed), n=3)
    double.parameters = double.parameters.astype("float32")
    X, y = X.astype("float32"), y.astype("float32")
    single = make("float32", 0)
    single.parameters = double.parameters
    got: Any = single.gradients(X, y, inputs=True)
    want: Any = double.gradients(X, y, inputs=True)
    assert got.flat.dtype == np.float32
    for g, w in [(got.flat, want.flat), (got.inputs, want.inputs)]:
        assert np.abs(g - w).max() <= 1e-5 * np.abs(w).max()
    assert got.cost == pytest.approx(want.cost, rel=1e-5, abs=1e-6)


def some_network(reduction: str = "mean", dtype: str = "float64") -> tuple[cbp.Network, Array, Array, Array]:
    net = cbp.Network([5, 9, 3], "tanh", cost="cross_entropy", dtype=dtype, reduction=reduction, seed=3)
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(600, 5)).astype(dtype), rng.integers(0, 3, 600)  # more than a chunk of 256
    return net, X, labels, rng.random(600).astype(dtype)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_batch_is_the_weighted_sum_of_its_samples(reduction: str) -> None:
    net, X, labels, weights = some_network(reduction)
    got: Any = net.gradients(X, labels, weights, per_sample=True, inputs=True)
    scale = weights / weights.sum() if reduction == "mean" else weights
    np.testing.assert_allclose(got.flat, scale @ got.per_sample, rtol=1e-10, atol=1e-13)
    for i in (0, 255, 256, 599):
        alone: Any = net.gradients(X[i], labels[i], inputs=True)
        np.testing.assert_allclose(got.per_sample[i], alone.flat, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(got.inputs[i], scale[i] * alone.inputs[0], rtol=1e-12, atol=1e-15)
    assert got.cost == pytest.approx(sum(s * net.cost(x, t) for s, x, t in zip(scale, X, labels, strict=True)))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_weight_is_a_number_of_copies(reduction: str) -> None:
    net, X, labels, _ = some_network(reduction)
    copies = np.arange(600) % 3
    got = net.gradients(X, labels, copies)
    want = net.gradients(X.repeat(copies, axis=0), labels.repeat(copies))
    np.testing.assert_allclose(got.flat, want.flat, rtol=1e-11, atol=1e-13)
    assert got.cost == pytest.approx(want.cost)


def test_labels_are_rows_of_the_costs_own_coding() -> None:
    X, labels = np.random.default_rng(1).normal(size=(20, 4)), np.arange(20) % 3
    for name, cost in COSTS.items():
        net = cbp.Network([4, 5, 3], "tanh", cost=name, dtype="float64")
        off, on = cost.labels
        rows = np.where(np.eye(3)[labels] == 1, on, off)
        by_label, by_row = net.gradients(X, labels), net.gradients(X, rows)
        assert by_label.flat.tobytes() == by_row.flat.tobytes()
        assert by_label.cost == by_row.cost


def test_a_frozen_layer_has_no_gradient_and_leaves_the_others_theirs() -> None:
    net, X, labels, _ = some_network()
    free: Any = net.gradients(X, labels, inputs=True, per_sample=True)
    net.freeze(3)
    frozen: Any = net.gradients(X, labels, inputs=True, per_sample=True)
    assert not frozen.W[3].any()
    assert not frozen.b[3].any()
    assert frozen.W[2].tobytes() == free.W[2].tobytes()
    assert frozen.inputs.tobytes() == free.inputs.tobytes()
    W3 = slice(net.W[2].size + net.b[2].size, None)
    assert not frozen.per_sample[:, W3].any()
    assert frozen.per_sample[:, : W3.start].tobytes() == free.per_sample[:, : W3.start].tobytes()


def test_gradients_share_the_parameters_layout() -> None:
    net, X, labels, _ = some_network()
    got = net.gradients(X, labels)
    start = 0
    for l in net.W:
        assert got.W[l].shape == net.W[l].shape
        block = got.flat[start : start + net.W[l].size].reshape(net.W[l].shape[::-1])
        np.testing.assert_array_equal(got.W[l], block.T)
        start += net.W[l].size
        np.testing.assert_array_equal(got.b[l], got.flat[start : start + net.b[l].size])
        start += net.b[l].size
    assert start == net.n_parameters
    assert got.inputs is None
    assert got.per_sample is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["logistic", "softmax", "exponential"])
def test_a_saturated_canonical_output_still_learns(name: str, dtype: str) -> None:
    """Far from the target σ′ is 0 in floating point; ∂C/∂z of the fused pair is not."""
    cost = {"logistic": "binary_cross_entropy", "softmax": "cross_entropy", "exponential": "poisson"}[name]
    net = cbp.Network([1, 2], cost=cost, init="zeros", dtype=dtype)
    net.b[2] = (-60.0, 60.0)
    got = net.gradients([1.0], [1.0, 0.0])
    want = np.array([-1.0, np.exp(60.0) if name == "exponential" else 1.0])
    np.testing.assert_allclose(got.b[2], want, rtol=1e-5)
    assert np.isfinite(got.cost)
