"""The objective that L-BFGS minimises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.sparse import csr_array
from sklearn.utils._testing import assert_allclose

import cbp
from cbp.sklearn.batches import Samples
from cbp.sklearn.full_batch import ROWS, Objective

rng = np.random.default_rng(0)


def problem(n: int, weighted: bool) -> tuple[cbp.Network, Samples]:
    net = cbp.Network([5, 4, 3], ["tanh", "softmax"], cost="cross_entropy", dtype="float64", seed=1)
    targets = np.eye(3)[rng.integers(3, size=n)]
    return net, Samples(rng.normal(size=(n, 5)), targets, rng.uniform(0, 2, n) if weighted else None)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_its_gradient_is_its_finite_difference(alpha: float, weighted: bool) -> None:
    net, samples = problem(20, weighted)
    objective, theta = Objective(net, samples, alpha), rng.normal(size=net.n_parameters)
    error = check_grad(lambda t: objective(t)[0], lambda t: objective(t)[1], theta)
    assert error < 1e-6 * np.linalg.norm(objective(theta)[1])


@pytest.mark.parametrize("weighted", [False, True])
def test_a_sparse_matrix_in_parts_gives_what_the_dense_one_does(weighted: bool) -> None:
    net, samples = problem(2 * ROWS + 100, weighted)
    sparse = Samples(csr_array(samples.X), samples.targets, samples.weights)
    theta = rng.normal(size=net.n_parameters)
    (a, da), (b, db) = (Objective(net, each, 0.5)(theta) for each in (samples, sparse))
    assert a == pytest.approx(b, rel=1e-12)
    assert_allclose(da, db, rtol=1e-10, atol=1e-12)
