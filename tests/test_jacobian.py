"""`Network.jacobian`, and the normal equations that the core makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from training_cases import every_dtype, network, samples

import cbp
from cbp.core.normal import NormalEquations

Array = np.ndarray[Any, Any]

X, Y, _ = samples(60, 3, 2)
SHAPES: list[Any] = [
    {"sizes": [3, 2], "activation": "logistic"},
    {"sizes": [3, 7, 2], "activation": ["tanh", "identity"]},
    {"sizes": [3, 6, 5, 2], "activation": ["gelu", "softplus", "softmax"]},  # an output that mixes a row
    {"sizes": [3, 20, 2], "activation": "tanh", "input_activation": "logistic"},
]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape["sizes"])))


def with_biases(net: cbp.Network) -> cbp.Network:
    net.parameters += 0.3 * np.random.default_rng(2).normal(size=net.n_parameters)
    return net


@every_shape
def test_it_is_the_slope_of_every_output(shape: Any) -> None:
    net, step = with_biases(network(**shape)), 1e-5
    J, theta = net.jacobian(X), net.parameters.copy()
    assert J.shape == (60, 2, net.n_parameters)
    for k in range(net.n_parameters):
        there = []
        for sign in (1, -1):
            net.parameters[k] = theta[k] + sign * step
            there.append(net.predict(X))
        net.parameters = theta
        np.testing.assert_allclose(J[:, :, k], (there[0] - there[1]) / (2 * step), rtol=1e-6, atol=1e-9)


@every_shape
@every_dtype
def test_pulled_back_it_is_the_gradient(shape: Any, dtype: str) -> None:
    """δC_i/δθ = δC_i/δa^L · J_i, of a sample alone and among more than the core takes at once too."""
    X, Y, _ = samples(600, 3, 2)
    net = with_biases(network(**shape, dtype=dtype))
    pulled = np.einsum("ij,ijk->ik", 2 * (net.predict(X) - Y), net.jacobian(X))
    want: Any = net.gradients(X, Y, per_sample=True).per_sample
    np.testing.assert_allclose(pulled, want, rtol=1e-9, atol=1e-12 if dtype == "float64" else 1e-5)
    one = net.jacobian(X[0])
    assert one.shape == (2, net.n_parameters)
    np.testing.assert_allclose(one, net.jacobian(X)[0], rtol=1e-4, atol=1e-6)


def test_frozen_layers_have_none() -> None:
    net = network(sizes=[3, 6, 5, 2]).freeze(3)
    whole, (start, stop) = network(sizes=[3, 6, 5, 2]).jacobian(X), (24, 24 + 35)
    J = net.jacobian(X)
    assert not J[:, :, start:stop].any()
    np.testing.assert_array_equal(
        np.delete(J, range(start, stop), axis=2), np.delete(whole, range(start, stop), axis=2)
    )


def test_data_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"X: expected samples as rows, shape \(n, 3\)"):
        network().jacobian(np.zeros((4, 2)))


@pytest.mark.parametrize("frozen", [(), (2,), (3,)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hidden", [1, 4, 9, 30])  # less than a stripe of equations, a whole number of them, more
def test_normal_equations_are_those_of_the_jacobian(hidden: int, weighted: bool, frozen: tuple[int, ...]) -> None:
    net = with_biases(network(sizes=[3, hidden, 2]))
    for l in frozen:
        net.freeze(l)
    learns = [k for l in net.W if l not in frozen for k in range(*_block(net, l))]
    rng = np.random.default_rng(hidden)
    weights = rng.uniform(0, 2, len(X)) if weighted else np.ones(len(X))
    roots = np.sqrt(weights) if weighted else None
    J = np.sqrt(weights)[:, None, None] * net.jacobian(X)[:, :, learns]
    J, r = J.reshape(-1, len(learns)), (np.sqrt(weights)[:, None] * (net.predict(X) - Y)).ravel()
    shift, pull = rng.uniform(0.1, 2, len(learns)), rng.normal(size=len(learns))
    bits = set()
    for threads in (1, 2, 3):
        normal = NormalEquations(net._plan, 25, threads)
        assert normal.parameters == len(learns)
        normal.begin()
        for start in range(0, len(X), 25):
            rows = slice(start, start + 25)
            normal.add(X[rows], Y[rows], None if roots is None else roots[rows], net.parameters)
        diagonal, gradient, step = np.empty((3, len(learns)))
        assert normal.read(diagonal, gradient) == pytest.approx(r @ r, rel=1e-12)
        np.testing.assert_allclose(diagonal, (J**2).sum(axis=0), rtol=1e-11)
        np.testing.assert_allclose(gradient, J.T @ r, rtol=1e-9, atol=1e-11)
        assert normal.solve(shift, pull, step)
        np.testing.assert_allclose(
            step, np.linalg.solve(J.T @ J + np.diag(shift), -(J.T @ r + pull)), rtol=1e-7, atol=1e-9
        )
        bits.add(step.tobytes())
    assert len(bits) == 1


def _block(net: cbp.Network, l: int) -> tuple[int, int]:
    start, b = net._plan.offsets(l)
    return start, b + net.sizes[l - 1]


@pytest.mark.parametrize("bad", [0, 40, 60])
def test_a_matrix_that_is_not_positive_definite_is_not_solved(bad: int) -> None:
    net = network(sizes=[3, 10, 2])  # 62 parameters: two stripes
    normal = NormalEquations(net._plan, len(X), 1)
    normal.begin()
    normal.add(X, Y, None, net.parameters)
    shift, pull, step = np.ones(62), np.zeros(62), np.empty(62)
    assert normal.solve(shift, pull, step)
    for value in (-1e6, np.nan):
        shift[bad] = value
        assert not normal.solve(shift, pull, step)
