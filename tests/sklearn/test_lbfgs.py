"""The objective that L-BFGS minimises, and the threads that compute it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.sparse import csr_array
from sklearn.utils._testing import assert_allclose

import cbp
from cbp.sklearn import MLPClassifier, MLPRegressor, full_batch
from cbp.sklearn.batches import Samples
from cbp.sklearn.full_batch import ROWS, Objective

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)


def problem(n: int, weighted: bool) -> tuple[cbp.Network, Samples]:
    net = cbp.Network([5, 4, 3], ["tanh", "softmax"], cost="cross_entropy", dtype="float64", seed=1)
    targets = np.eye(3)[rng.integers(3, size=n)]
    return net, Samples(rng.normal(size=(n, 5)), targets, rng.uniform(0, 2, n) if weighted else None)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_its_gradient_is_its_finite_difference(alpha: float, weighted: bool) -> None:
    net, samples = problem(20, weighted)
    objective, theta = Objective(net, samples, alpha, 1), rng.normal(size=net.n_parameters)
    error = check_grad(lambda t: objective(t)[0], lambda t: objective(t)[1], theta)
    assert error < 1e-6 * np.linalg.norm(objective(theta)[1])


@pytest.mark.parametrize("weighted", [False, True])
def test_a_sparse_matrix_in_parts_gives_what_the_dense_one_does(weighted: bool) -> None:
    net, samples = problem(2 * ROWS + 100, weighted)
    sparse = Samples(csr_array(samples.X), samples.targets, samples.weights)
    theta = rng.normal(size=net.n_parameters)
    (a, da), (b, db) = (Objective(net, each, 0.5, 1)(theta) for each in (samples, sparse))
    assert a == pytest.approx(b, rel=1e-12)
    assert_allclose(da, db, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("solver", ["lbfgs", cbp.LBFGS(), "lm"], ids=str)
@pytest.mark.parametrize("kind", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_any_number_of_threads_learns_the_same_bits(kind: Any, solver: Any) -> None:
    X = np.where(rng.random((3000, 20)) < 0.5, rng.normal(size=(3000, 20)), 0.0)
    settings: dict[str, Any] = {"hidden_layer_sizes": 16, "solver": solver, "max_iter": 4, "random_state": 0}
    alone, *shared = (
        MLPRegressor(**settings, n_threads=n).fit(kind(X), np.sin(X[:, 0]), X_val=kind(X[:999]), y_val=X[:999, 1])
        for n in (1, 2, 3)
    )
    for model in shared:
        assert model.network().parameters.tobytes() == alone.network().parameters.tobytes()
        assert model.validation_loss_curve_ == alone.validation_loss_curve_
        assert model.predict(kind(X)).tobytes() == alone.predict(kind(X)).tobytes()


def test_so_many_threads_share_an_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Seen(Objective):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(full_batch, "Objective", Seen)
    X, y = rng.normal(size=(1500, 60)), rng.integers(2, size=1500)
    for n in (1, 3):
        MLPClassifier(64, solver="lbfgs", max_iter=1, n_threads=n).fit(X, y)
        assert made.pop().search._epochs.threads == n


@pytest.mark.parametrize("solver", ["lbfgs", cbp.LBFGS()], ids=str)
def test_a_loss_that_is_not_finite_at_the_start_says_what_to_do(solver: Any) -> None:
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    with pytest.raises(ValueError, match="begins with is not finite: scale the data"):
        MLPRegressor(hidden_layer_sizes=8, solver=solver, random_state=0).fit(X, 1e200 * y)
