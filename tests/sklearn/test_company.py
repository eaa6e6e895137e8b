"""With the rest of scikit-learn: pipelines, searches in threads and processes, pickles, data frames."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array, csr_array
from sklearn import datasets
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = datasets.load_iris(return_X_y=True)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_grid_search_finds_the_same_in_threads_and_processes(backend: str) -> None:
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(8, random_state=0, max_iter=100))
    grid = {"mlpclassifier__activation": ["relu", "gelu"], "mlpclassifier__learning_rate_init": [1e-3, 1e-2]}
    alone = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    with joblib.parallel_backend(backend, n_jobs=2):
        together = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    np.testing.assert_array_equal(together.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert alone.best_score_ > 0.9


def test_cross_validation_predicts() -> None:
    predicted = cross_val_predict(make_pipeline(StandardScaler(), MLPClassifier(max_iter=50, random_state=0)), X, y)
    assert (predicted == y).mean() > 0.85


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_as_the_original_does(copied: Any) -> None:
    model = MLPClassifier(8, random_state=0, max_iter=5).fit(X, y)
    other = copied(model)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    before = model.coefs_[0].copy()
    other.partial_fit(X, y)
    np.testing.assert_array_equal(model.coefs_[0], before)
    model.partial_fit(X, y)
    np.testing.assert_array_equal(other.coefs_[0], model.coefs_[0])
    assert other.coefs_[0].flags.writeable


def test_a_memory_mapped_model_predicts(tmp_path: Any) -> None:
    model = MLPClassifier(8, random_state=0, max_iter=5).fit(X, y)
    joblib.dump(model, tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(X), model.predict_proba(X))


def test_clone_takes_parameters_and_no_weights() -> None:
    model = MLPRegressor(hidden_layer_sizes=(8, 4), activation=["gelu", "tanh"], loss="huber", max_iter=5)
    twin = clone(model.fit(X, y))
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "coefs_")


def test_column_names_are_kept_and_checked() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = MLPClassifier(8, random_state=0, max_iter=5).fit(frame, pd.Series(y).map({0: "x", 1: "y", 2: "z"}))
    assert list(model.feature_names_in_) == list("abcd")
    assert set(model.predict(frame)) <= {"x", "y", "z"}
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"a": "e"}))


@pytest.mark.parametrize("container", [csr_array, csc_array])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_samples_are_learnt_and_predicted(container: Any, solver: str) -> None:
    many = np.repeat(X, 40, axis=0)
    model = MLPClassifier(8, solver=solver, random_state=0, max_iter=5, early_stopping=solver == "adam")
    dense = clone(model).fit(many, np.repeat(y, 40))
    sparse = model.fit(container(many), np.repeat(y, 40), sample_weight=np.ones(len(many)))
    np.testing.assert_allclose(sparse.predict_proba(container(many)), dense.predict_proba(many), rtol=1e-6)


def test_several_networks_learn_at_once_in_threads() -> None:
    def fitted(seed: int) -> np.ndarray:
        return np.asarray(MLPClassifier(8, random_state=seed, max_iter=20).fit(X, y).coefs_[0])

    together = joblib.Parallel(n_jobs=4, prefer="threads")(joblib.delayed(fitted)(seed) for seed in range(4))
    for seed, W in enumerate(together):
        np.testing.assert_array_equal(W, fitted(seed))


def test_a_message_of_the_loop_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for solver in ("adam", "lbfgs"):
        MLPRegressor(hidden_layer_sizes=4, solver=solver, verbose=True, max_iter=2, random_state=0).fit(X, y)
        assert "Iteration 2, loss = " in capsys.readouterr().out
