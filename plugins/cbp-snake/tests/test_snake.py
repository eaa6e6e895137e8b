"""Snake is what its paper says: a line with a ripple, which goes on where the data end."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cbp_snake import cbp_activations

import cbp
from cbp.plugin import Activation

SNAKE = cbp_activations()[0]


@pytest.mark.parametrize("alpha", [0.5, 7.0])
def test_it_is_a_line_with_a_ripple(alpha: float) -> None:
    z = np.linspace(-3, 3, 101, dtype=np.longdouble)
    ripple = (1 - np.cos(2 * alpha * z)) / (2 * alpha)
    np.testing.assert_allclose(SNAKE.forward(z, alpha=alpha), z + ripple, atol=1e-15)


@pytest.mark.parametrize("alpha", [0.5, 7.0])
def test_it_never_falls_and_repeats_its_slope(alpha: float) -> None:
    assert SNAKE.derivative is not None
    z = np.linspace(-3, 3, 1001)
    slope = SNAKE.derivative(z, None, alpha=alpha)
    assert ((slope >= 0) & (slope <= 2)).all()
    np.testing.assert_allclose(SNAKE.derivative(z + np.pi / alpha, None, alpha=alpha), slope, atol=1e-13)


@pytest.mark.parametrize(("dtype", "atol"), [("float32", 1e-5), ("float64", 1e-13)])
def test_kernel_and_numpy_functions_train_alike(dtype: str, atol: float) -> None:
    X = np.linspace(-1, 1, 200)[:, np.newaxis]

    def trained(spec: Activation) -> np.ndarray:
        net = cbp.Network([1, 16, 16, 1], activation=spec, output_activation="identity", dtype=dtype, seed=2)
        net.fit(X, np.sin(9 * X), epochs=10, batch_size=10, optimizer=cbp.SGD(lr=0.01))
        return net.parameters

    np.testing.assert_allclose(trained(SNAKE), trained(replace(SNAKE, kernel=None)), rtol=0, atol=atol)


def test_it_continues_a_sine_where_relu_runs_away() -> None:
    """The claim of the paper: both fit the data, but beyond them relu goes on along a line."""
    near, beyond = (np.linspace(*ends, 300)[:, np.newaxis] for ends in ((-4, 4), (4, 8)))

    def error(activation: Any) -> float:
        net = cbp.Network([1, 64, 1], activation=activation, output_activation="identity", seed=0)
        net.fit(near, np.sin(2 * near), epochs=1000, batch_size=50, optimizer=cbp.Adam(lr=5e-3))
        assert np.mean((net.predict(near) - np.sin(2 * near)) ** 2) < 0.05
        return float(np.mean((net.predict(beyond) - np.sin(2 * beyond)) ** 2))

    assert error(cbp.activation("snake", alpha=5)) < 0.2 < 2 < error("relu")


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.inf])
def test_it_refuses_an_alpha_that_is_not_above_0(alpha: float) -> None:
    with pytest.raises(ValueError, match="'snake': alpha must be a number above 0"):
        cbp.activation("snake", alpha=alpha)
