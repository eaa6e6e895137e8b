"""The von Mises cost is that distribution's likelihood, and directions are points of a sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cbp_circular import cbp_activations, cbp_costs
from scipy import stats

import cbp

VON_MISES, DIRECTION = cbp_costs()[0], cbp_activations()[0]


@pytest.mark.parametrize("kappa", [0.5, 1.0, 12.0])
def test_von_mises_is_a_negative_log_likelihood(kappa: float) -> None:
    """SciPy's distribution; the constant log 2πI₀(κ) - κ cancels between two samples."""
    rng = np.random.default_rng(0)
    a, y = rng.uniform(-9, 9, (2, 50, 3))
    value = VON_MISES.value(a, y, kappa=kappa)
    surprisal = -stats.vonmises.logpdf(y, kappa, loc=a).sum(axis=1)
    np.testing.assert_allclose(value - value[0], surprisal - surprisal[0], atol=1e-12)


def test_von_mises_takes_no_notice_of_whole_turns() -> None:
    rng = np.random.default_rng(0)
    a, y = rng.uniform(-3, 3, (2, 50, 3))
    turns = 2 * np.pi * rng.integers(-3, 4, (2, 50, 3))
    for function in (VON_MISES.value, VON_MISES.gradient):
        turned = function(a + turns[0], y + turns[1], kappa=2)
        np.testing.assert_allclose(turned, function(a, y, kappa=2), atol=1e-13)


def test_von_mises_learns_angles_across_the_cut() -> None:
    """Angles near ±π, written on one branch: least squares sees two clusters, von Mises one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    angle = np.pi + 0.7 * np.tanh(X @ [1.0, -0.5])
    branch = np.arctan2(np.sin(angle), np.cos(angle))

    def error(cost: Any) -> float:
        net = cbp.Network([2, 16, 1], activation="tanh", output_activation="identity", cost=cost, seed=1)
        net.b[3] = [np.angle(np.exp(1j * branch).mean())]
        net.fit(X, branch, epochs=100, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
        return float(np.mean(1 - np.cos(net.predict(X)[:, 0] - angle)))

    assert error("von_mises") < 0.001 < 0.05 < error("squared_error")


def test_direction_learns_an_angle_that_goes_all_the_way_round() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    angle = np.arctan2(X[:, 1], X[:, 0])
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    net = cbp.Network([2, 16, 2], "tanh", "direction", "squared_error", seed=1)
    net.fit(X, unit, epochs=60, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
    a = net.predict(X)
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, rtol=1e-6)
    assert np.mean((a * unit).sum(axis=1)) > 0.99


def test_direction_of_nothing_is_nothing() -> None:
    assert DIRECTION.vjp is not None
    zero = np.zeros((1, 3), np.float32)
    assert (DIRECTION.forward(zero) == 0).all()
    assert (DIRECTION.vjp(zero, zero, np.ones_like(zero)) == 0).all()
