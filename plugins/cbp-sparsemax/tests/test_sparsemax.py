"""Sparsemax and its loss are what their paper says."""

from __future__ import annotations

import numpy as np
import pytest
from cbp_sparsemax import cbp_costs, sparsemax
from scipy.optimize import minimize

import cbp

LOSS = cbp_costs()[0]
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("z", RNG.normal(scale=2, size=(5, 6)))
def test_sparsemax_is_the_nearest_point_of_the_simplex(z: np.ndarray) -> None:
    """SciPy's constrained minimiser finds it too (eq 2 of the paper)."""
    found = minimize(
        lambda p: 0.5 * ((p - z) ** 2).sum(),
        np.full(6, 1 / 6),
        jac=lambda p: p - z,
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-14},
        method="SLSQP",
    )
    assert found.success
    np.testing.assert_allclose(sparsemax(z[np.newaxis])[0], found.x, atol=1e-6)


def test_for_two_classes_it_is_a_line_that_is_cut_off() -> None:
    """Section 2.2: the first of two outputs is t/2 + 1/2, kept within 0 and 1."""
    t = np.linspace(-3, 3, 61)
    a = sparsemax(np.column_stack([t, 0 * t]))
    np.testing.assert_allclose(a[:, 0], np.clip(t / 2 + 0.5, 0, 1), atol=1e-15)
    np.testing.assert_allclose(a.sum(axis=1), 1, atol=1e-15)


def test_for_two_classes_the_loss_is_the_modified_huber_loss() -> None:
    """Section 3.3, for the first of two classes, t ahead of the other."""
    t = np.linspace(-3, 3, 61)
    y = np.tile([1.0, 0.0], (61, 1))
    want = np.where(t >= 1, 0, np.where(t <= -1, -t, (1 - t) ** 2 / 4))
    np.testing.assert_allclose(LOSS.value(np.column_stack([t, 0 * t]), y), want, atol=1e-15)
    np.testing.assert_allclose(LOSS.value(np.column_stack([t + 40, 0 * t + 40]), y), want, atol=1e-13)


def test_digits_are_told_apart_with_few_classes_in_question() -> None:
    from cbp import data

    train, test = data.load("digits").split(0.2, seed=0)
    net = cbp.Network([64, 32, 10], activation="relu", cost="sparsemax_loss", seed=1)
    net.fit(train.X / 16, train.targets, epochs=20, batch_size=16, optimizer=cbp.Adam(lr=3e-3))
    z = net.predict(test.X / 16)
    p, labels = sparsemax(z), test.targets.argmax(axis=1) if test.targets.ndim > 1 else test.targets
    assert np.mean(z.argmax(axis=1) == labels) > 0.95
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert np.mean((p > 0).sum(axis=1)) < 1.5
