"""scikit-learn's callbacks (1.9 and newer) hear of every epoch, and may end the training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from cbp.sklearn import MLPClassifier, MLPRegressor

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = datasets.load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


class Listener:
    """Writes down what it hears, and ends the fit after an epoch."""

    def __init__(self, last: int = -1) -> None:
        self.heard: list[str] = []
        self.scores: list[float] = []
        self.last = last

    def setup(self, estimator: Any, context: Any) -> None:
        self.heard.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.heard.append(f"{context.task_name} begins")

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any = None, y: Any = None, fitted_estimator: Any = None
    ) -> bool:
        self.heard.append(f"{context.task_name} ends")
        if context.task_name == "epoch" and fitted_estimator is not None:
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == self.last


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_every_epoch_is_a_task_of_fit(solver: str) -> None:
    listener = Listener()
    MLPClassifier(8, solver=solver, max_iter=3, random_state=0).set_callbacks(listener).fit(X, y)
    epochs = ["epoch begins", "epoch ends"] * 3
    assert listener.heard == ["setup", "fit begins", *epochs, "fit ends", "teardown"]


def test_every_iteration_of_lbfgs_is_a_task_and_one_more_begins() -> None:
    listener = Listener()
    model = MLPClassifier(8, solver="lbfgs", max_iter=5, random_state=0).set_callbacks(listener).fit(X, y)
    assert listener.heard.count("epoch begins") == listener.heard.count("epoch ends") == model.n_iter_ + 1
    assert len(listener.scores) == model.n_iter_ == 5


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_fitted_estimator_is_the_model_of_that_epoch(solver: str) -> None:
    listener = Listener()
    model = MLPClassifier(8, solver=solver, max_iter=4, random_state=0).set_callbacks(listener).fit(X, y)
    fewer = [MLPClassifier(8, solver=solver, max_iter=n, random_state=0).fit(X, y).score(X, y) for n in (1, 2, 3, 4)]
    assert listener.scores == fewer
    assert listener.scores[-1] == model.score(X, y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_callback_ends_the_training(solver: str) -> None:
    model = MLPClassifier(8, solver=solver, random_state=0).set_callbacks(Listener(last=3)).fit(X, y)
    three = MLPClassifier(8, solver=solver, random_state=0, max_iter=3).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 3
    np.testing.assert_allclose(model.coefs_[0], three.coefs_[0])


def test_scikit_learns_monitor_scores_every_epoch() -> None:
    monitor = callback.ScoringMonitor(scoring="r2")
    model = MLPRegressor(hidden_layer_sizes=8, max_iter=4, random_state=0).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 4
    assert rows[-1]["r2"] == pytest.approx(model.score(X, y))


def test_callbacks_do_not_change_what_is_learnt_and_clones_have_them() -> None:
    model = MLPClassifier(8, max_iter=4, random_state=0)
    plain = clone(model).fit(X, y)
    listened = clone(model.set_callbacks(listener := Listener())).fit(X, y)
    np.testing.assert_array_equal(listened.coefs_[0], plain.coefs_[0])
    assert listener.heard[0] == "setup"


def test_a_search_passes_them_on() -> None:
    class Propagated(Listener):
        max_propagation_depth = None

    search = GridSearchCV(MLPClassifier(8, max_iter=2, random_state=0), {"alpha": [0.0, 1.0]}, cv=2)
    search.set_callbacks(listener := Propagated()).fit(X, y)
    assert listener.heard.count("epoch ends") == (2 * 2 + 1) * 2
