"""What scikit-learn's estimators do not do."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.utils._testing import assert_allclose

import cbp
from cbp.plugin import Activation, Cost, Optimizer
from cbp.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = datasets.load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
X_diabetes, y_diabetes = datasets.load_diabetes(return_X_y=True)
X_diabetes, y_diabetes = X_diabetes * 20, (y_diabetes - y_diabetes.mean()) / y_diabetes.std()


def test_each_hidden_layer_has_its_activation() -> None:
    model = MLPClassifier((8, 6), activation=["gelu", "tanh"], random_state=0).fit(X, y)
    assert [str(sigma) for sigma in model.network().layer_activations[1:]] == ["gelu", "tanh", "softmax"]
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("name", sorted(cbp.activations()))
def test_every_registered_activation_learns(name: str) -> None:
    model = MLPRegressor(hidden_layer_sizes=8, activation=name, random_state=0, max_iter=30).fit(X_diabetes, y_diabetes)
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_an_activation_with_a_parameter() -> None:
    model = MLPClassifier(8, activation=cbp.activation("leaky_relu", alpha=0.3), random_state=0).fit(X, y)
    assert str(clone(model).fit(X, y).network().layer_activations[1]) == "leaky_relu(alpha=0.3)"


def test_lists_of_activations_are_one_for_each_hidden_layer() -> None:
    with pytest.raises(ValueError, match=r"one entry for each of the 3 hidden layers\. Got 2"):
        MLPClassifier((8, 6, 4), activation=["gelu", "tanh"]).fit(X, y)


@pytest.mark.parametrize(("parameter", "name"), [("activation", "rleu"), ("loss", "hubber"), ("solver", "adma")])
def test_a_name_nobody_knows_is_an_error_of_that_parameter(parameter: str, name: str) -> None:
    settings: dict[str, Any] = {parameter: name}
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of MLPRegressor must be .*{name}"):
        MLPRegressor(**settings).fit(X_diabetes, y_diabetes)


@pytest.mark.parametrize("name", ["huber", "absolute_error", "log_cosh", "quantile"])
def test_a_regressor_minimises_any_cost(name: str) -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": 16, "solver": "lbfgs", "alpha": 0, "random_state": 0}
    model = MLPRegressor(loss=name, **settings).fit(X_diabetes, y_diabetes)
    usual = MLPRegressor(max_iter=20, **settings).fit(X_diabetes, y_diabetes)
    targets = y_diabetes[:, None]
    assert model.loss_ == pytest.approx(model.network().cost(X_diabetes, targets))
    cost = cbp.Network([10, 16, 1], ["relu", "identity"], cost=name, dtype="float64")
    cost.parameters = usual.network().parameters
    assert model.loss_ < cost.cost(X_diabetes, targets)


def test_the_quantile_cost_puts_so_many_samples_below() -> None:
    model = MLPRegressor(cbp.cost("quantile", q=0.9), 8, random_state=0, max_iter=400)
    below = y_diabetes < model.fit(X_diabetes, y_diabetes).predict(X_diabetes)
    assert 0.85 < below.mean() < 0.95


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "quadratic", "focal", "binary_cross_entropy"])
def test_a_classifier_minimises_any_cost(loss: str) -> None:
    model = MLPClassifier(8, loss=loss, random_state=0, learning_rate_init=0.01).fit(X, y)
    assert model.score(X, y) > 0.9
    assert hasattr(model, "predict_proba") == ("hinge" not in loss)


@pytest.mark.parametrize("loss", ["hinge", "quadratic", "binary_cross_entropy"])
def test_two_classes_with_any_cost_of_independent_outputs(loss: str) -> None:
    names = np.array(["no", "yes"])[(y > 0).astype(int)]
    model = MLPClassifier(8, loss=loss, random_state=0, learning_rate_init=0.01).fit(X, names)
    assert model.score(X, names) > 0.9


def test_a_cost_of_exclusive_classes_is_refused_for_two() -> None:
    with pytest.raises(ValueError, match="must be a cost of independent outputs for two classes"):
        MLPClassifier(loss="focal").fit(X, y > 0)


def test_class_weights_are_sample_weights() -> None:
    rare = (y == 2) & (np.arange(len(y)) < 110)
    kept = (y != 2) | rare
    weights = {0: 1.0, 1: 2.0, 2: 7.0}
    by_class = MLPClassifier(8, random_state=0, class_weight=weights).fit(X[kept], y[kept])
    by_sample = MLPClassifier(8, random_state=0).fit(X[kept], y[kept], sample_weight=np.vectorize(weights.get)(y[kept]))
    assert_allclose(by_class.coefs_[0], by_sample.coefs_[0])
    plain = MLPClassifier(8, random_state=0, max_iter=60).fit(X[kept], y[kept])
    balanced = MLPClassifier(8, random_state=0, max_iter=60, class_weight="balanced").fit(X[kept], y[kept])
    recalls = [recall_score(y, model.predict(X), average=None)[2] for model in (plain, balanced)]
    assert recalls[1] > recalls[0]


def test_balanced_weights_need_all_of_the_data() -> None:
    with pytest.raises(ValueError, match="expected weights of the classes for partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1, 2])


def test_validation_data_is_measured_after_every_epoch() -> None:
    model = MLPClassifier(8, random_state=0, max_iter=20).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == model.n_iter_ == 20
    assert model.validation_loss_curve_[-1] == pytest.approx(log_loss(y[1::2], model.predict_proba(X[1::2])))
    assert model.validation_scores_[-1] == model.score(X[1::2], y[1::2])


def test_early_stopping_restores_the_best_weights_on_the_validation_data() -> None:
    model = MLPClassifier(8, random_state=0, early_stopping=True, n_iter_no_change=5, learning_rate_init=0.05)
    model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert model.score(X[1::2], y[1::2]) == model.best_validation_score_ == max(model.validation_scores_)
    assert len(model.validation_scores_) == model.n_iter_ < model.max_iter


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "nadam"])
def test_early_stopping_restores_the_best_weights_with_every_solver(solver: str) -> None:
    settings: dict[str, Any] = {"solver": solver, "learning_rate_init": 0.02, "n_iter_no_change": 5}
    model = MLPRegressor(hidden_layer_sizes=50, early_stopping=True, random_state=0, max_iter=1000, **settings)
    model.fit(X_diabetes[::2], y_diabetes[::2], X_val=X_diabetes[1::2], y_val=y_diabetes[1::2])
    assert model.score(X_diabetes[1::2], y_diabetes[1::2]) == model.best_validation_score_
    assert model.best_validation_score_ == max(model.validation_scores_) > model.validation_scores_[-1]
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_ < 100


def test_early_stopping_of_lbfgs_holds_out_what_that_of_adam_does() -> None:
    models = [
        MLPClassifier(8, solver=solver, early_stopping=True, random_state=0, max_iter=3).fit(X, y)
        for solver in ("lbfgs", "adam")
    ]
    assert all(len(model.validation_scores_) == len(model.validation_loss_curve_) == 3 for model in models)
    assert all(round(score * 15, 6).is_integer() for model in models for score in model.validation_scores_)


def test_the_curves_of_lbfgs_have_every_iteration() -> None:
    model = MLPClassifier(8, solver="lbfgs", random_state=0, max_iter=20)
    model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert len(model.loss_curve_) == len(model.validation_loss_curve_) == model.n_iter_ == 20
    assert model.loss_curve_ == sorted(model.loss_curve_, reverse=True)
    assert model.loss_curve_[-1] == pytest.approx(model.loss_)
    assert model.validation_loss_curve_[-1] == pytest.approx(log_loss(y[1::2], model.predict_proba(X[1::2])))


def swish(z: np.ndarray) -> np.ndarray:
    return np.asarray(z / (1 + np.exp(-z)))


def swish_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    s = 1 / (1 + np.exp(-z))
    return np.asarray(s + a * (1 - s))


def quartic(a: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(((a - y) ** 4).sum(axis=1))


def quartic_gradient(a: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(4 * (a - y) ** 3)


def test_an_activation_and_a_cost_of_ones_own() -> None:
    sigma = Activation("my_swish", forward=swish, derivative=swish_derivative, init="he_uniform")
    cost = Cost("my_quartic", value=quartic, gradient=quartic_gradient)
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 20}
    ours = MLPRegressor(loss=cost, activation=[sigma], **settings).fit(X_diabetes, y_diabetes)
    built_in = MLPRegressor(loss=cost, activation="swish", **settings).fit(X_diabetes, y_diabetes)
    assert ours.loss_curve_[-1] < ours.loss_curve_[0]
    assert_allclose(ours.loss_curve_, built_in.loss_curve_)
    twin = clone(ours).fit(X_diabetes, y_diabetes)
    np.testing.assert_array_equal(twin.predict(X_diabetes), ours.predict(X_diabetes))


@pytest.mark.parametrize("solver", ["adamw", "nadam", "rmsprop", "lion", "rprop", cbp.AMSGrad(lr=0.01)])
def test_every_optimiser_is_a_solver(solver: Any) -> None:
    model = MLPClassifier(8, solver=solver, random_state=0, learning_rate_init=0.01).fit(X, y)
    assert model.score(X, y) > 0.9


def test_an_optimiser_in_python_is_a_solver() -> None:
    class Descent:
        lr = 0.1

        def init(self, parameters: np.ndarray) -> None:
            return None

        def update(self, gradient: np.ndarray, state: None, parameters: np.ndarray, learning_rate: float) -> None:
            parameters -= learning_rate * gradient

    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 20}
    ours = MLPClassifier(solver=Descent(), **settings).fit(X, y)
    usual = MLPClassifier(solver="sgd", momentum=0, learning_rate_init=0.1, **settings).fit(X, y)
    assert_allclose(ours.coefs_[0], usual.coefs_[0])


def test_a_schedule_is_a_learning_rate_of_every_solver() -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 20}
    falling = MLPClassifier(learning_rate=cbp.schedules.Step(5, gamma=1e-9), **settings).fit(X, y)
    five = MLPClassifier(**settings | {"max_iter": 5}).fit(X, y)
    assert_allclose(falling.coefs_[0], five.coefs_[0], atol=1e-9)


def test_warm_start_optimizer_is_one_fit_and_true_begins_anew() -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "shuffle": False, "random_state": 0}
    whole = MLPClassifier(max_iter=20, **settings).fit(X, y)
    parts = [MLPClassifier(max_iter=10, warm_start=how, **settings).fit(X, y).fit(X, y) for how in ("optimizer", True)]
    np.testing.assert_array_equal(parts[0].coefs_[0], whole.coefs_[0])
    assert not np.array_equal(parts[1].coefs_[0], whole.coefs_[0])


@pytest.mark.parametrize("solver", ["lbfgs", cbp.LBFGS(memory=5)], ids=str)
def test_lbfgs_goes_on_with_its_memory_too(solver: Any) -> None:
    """scikit-learn's issue 13656: fits of one iteration each are one long fit, which those that forget are not."""
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "solver": solver, "random_state": 0, "activation": "logistic"}
    whole = MLPRegressor(max_iter=30, warm_start="optimizer", **settings).fit(X_diabetes, y_diabetes)
    parts = [MLPRegressor(max_iter=1, warm_start=how, **settings) for how in ("optimizer", True)]
    for _ in range(30):
        parts = [pickle.loads(pickle.dumps(part.fit(X_diabetes, y_diabetes))) for part in parts]
    np.testing.assert_array_equal(parts[0].coefs_[0], whole.coefs_[0])
    assert parts[0].loss_curve_ == whole.loss_curve_
    assert parts[1].loss_ > whole.loss_
    usual = MLPRegressor(max_iter=30, **settings | {"solver": "lbfgs"}).fit(X_diabetes, y_diabetes)
    assert whole.loss_ == pytest.approx(usual.loss_, rel=0.1)


@pytest.mark.parametrize("fun", [{"max_fun": 7}, {"max_iter": 7}, {"tol": 1e-2}], ids=str)
def test_lbfgs_with_its_memory_ends_where_it_is_told_to(fun: dict[str, Any]) -> None:
    model = MLPRegressor(hidden_layer_sizes=8, solver=cbp.LBFGS(gtol=fun.get("tol", 1e-9)), random_state=0, **fun)
    model.fit(X_diabetes, y_diabetes)
    assert 1 < model.n_iter_ == len(model.loss_curve_)
    assert model.n_iter_ <= 7 or "tol" in fun
    if "tol" in fun:
        gradient = model.network().gradients(X_diabetes, y_diabetes[:, None]).flat
        assert np.abs(gradient).max() < 0.011  # alpha's part is not in it


def test_the_memory_of_another_lbfgs_is_not_taken_up() -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": 8, "max_iter": 3, "random_state": 0, "warm_start": "optimizer"}
    model = MLPRegressor(solver="lbfgs", **settings).fit(X_diabetes, y_diabetes)
    other = MLPRegressor(solver=cbp.LBFGS(memory=3), **settings).set_weights(model.coefs_, model.intercepts_)
    model.set_params(solver=cbp.LBFGS(memory=3)).fit(X_diabetes, y_diabetes)
    np.testing.assert_array_equal(model.coefs_[0], other.fit(X_diabetes, y_diabetes).coefs_[0])


@pytest.mark.parametrize("options", [{}, {"frozen_layers": [0]}], ids=str)
def test_levenberg_marquardt_is_a_solver_of_squared_errors(options: dict[str, Any]) -> None:
    """It ends where L-BFGS does, which need not know of squares."""
    settings: dict[str, Any] = {
        "hidden_layer_sizes": 4,
        "activation": "tanh",
        "random_state": 0,
        "tol": 1e-7,
        "alpha": 2,
    }
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y_diabetes))
    ours = MLPRegressor(solver="lm", **settings | options).fit(X_diabetes, y_diabetes, sample_weight=weights)
    net = ours.network()
    gradient = net.gradients(X_diabetes, y_diabetes[:, None], weights).flat
    for l in net.W:
        if l not in net.frozen:
            block = slice(*net._plan.offsets(l))
            gradient[block] += ours.alpha / weights.sum() * net.parameters[block]
    assert np.abs(gradient).max() < 1e-5
    again = MLPRegressor(solver=cbp.LBFGS(gtol=1e-9), max_iter=5, **settings | options)
    again.set_weights(ours.coefs_, ours.intercepts_).set_params(warm_start=True)
    assert again.fit(X_diabetes, y_diabetes, sample_weight=weights).loss_ == pytest.approx(ours.loss_, rel=1e-6)
    assert not np.allclose(ours.coefs_[1], clone(ours).set_params(max_iter=1).fit(X_diabetes, y_diabetes).coefs_[1])


def test_levenberg_marquardt_says_what_it_is_not_for() -> None:
    with pytest.raises(
        ValueError, match=r"LevenbergMarquardt is for costs that are sums of squares.*'lbfgs' takes any"
    ):
        MLPClassifier(8, solver="lm").fit(X, y)
    with pytest.raises(ValueError, match=r"up to max_parameters=10 that learn.*this network has 97"):
        MLPRegressor(hidden_layer_sizes=8, solver=cbp.LevenbergMarquardt(max_parameters=10)).fit(X_diabetes, y_diabetes)


def test_a_plugins_optimiser_of_all_samples_at_once_is_a_solver() -> None:
    class Downhill:
        def init(self, parameters: np.ndarray) -> int:
            return 0

        def iterate(self, objective: Any, here: Any, state: int) -> tuple[Any, int, str | None]:
            return objective(here.theta - 0.1 * here.gradient), state + 1, "it is tired" if state == 4 else None

    cbp.register(Optimizer("downhill_of_this_test", Downhill))
    model = MLPRegressor(hidden_layer_sizes=8, solver="downhill_of_this_test", random_state=0, alpha=0.0)
    usual = MLPRegressor(
        hidden_layer_sizes=8, solver="sgd", momentum=0, learning_rate_init=0.1, batch_size=len(X_diabetes),
        max_iter=5, random_state=0, alpha=0.0,
    )  # fmt: skip
    assert not hasattr(model, "partial_fit")
    assert_allclose(model.fit(X_diabetes, y_diabetes).coefs_[0], usual.fit(X_diabetes, y_diabetes).coefs_[0])
    assert model.n_iter_ == 5


def test_the_bits_do_not_depend_on_the_threads() -> None:
    X, y = datasets.load_digits(return_X_y=True)
    models = [MLPClassifier((256, 128), max_iter=2, random_state=0, n_threads=n).fit(X, y) for n in (1, 2, 3)]
    for model in models[1:]:
        np.testing.assert_array_equal(model.network().parameters, models[0].network().parameters)


@pytest.mark.parametrize("solver", ["adam", "sgd", "nadam", "lbfgs"])
def test_frozen_layers_do_not_learn(solver: str) -> None:
    model = MLPClassifier((8, 6), solver=solver, random_state=0, max_iter=3, warm_start=True).fit(X, y)
    before = [W.copy() for W in [*model.coefs_, *model.intercepts_]]
    model.set_params(frozen_layers=[0]).fit(X, y)
    moved = [not np.array_equal(W, old) for W, old in zip([*model.coefs_, *model.intercepts_], before, strict=True)]
    assert moved == [False, True, True, False, True, True]


def test_hidden_activations_are_what_the_layers_make() -> None:
    model = MLPClassifier((8, 6), activation="tanh", random_state=0, max_iter=5).fit(X, y)
    first = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
    assert_allclose(model.hidden_activations(X, 0), first)
    assert_allclose(model.hidden_activations(X), np.tanh(first @ model.coefs_[1] + model.intercepts_[1]))
    with pytest.raises(IndexError, match="2 hidden layers, got 2"):
        model.hidden_activations(X, 2)


def test_transform_is_the_last_hidden_layer_for_the_next_step_of_a_pipeline() -> None:
    model = MLPClassifier((8, 6), random_state=0, max_iter=30, learning_rate_init=0.01)
    features = clone(model).fit_transform(X, y)
    assert_allclose(features, clone(model).fit(X, y).hidden_activations(X))
    pipeline = make_pipeline(model, LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) == LogisticRegression().fit(features, y).score(features, y) > 0.8
    named = model.fit(X, y).set_output(transform="pandas").transform(X)
    assert list(named) == [f"mlpclassifier{i}" for i in range(6)]
    assert model.fit(X.astype(np.float32), y).set_output(transform="default").transform(X).dtype == np.float32
    with pytest.raises(IndexError, match="an index of 0 hidden layers"):
        MLPClassifier((), max_iter=1).fit(X, y).transform(X)


def test_input_gradients_are_finite_differences() -> None:
    model = MLPClassifier(8, activation="tanh", random_state=0, max_iter=5).fit(X, y)

    def losses(samples: np.ndarray) -> np.ndarray:
        return -np.asarray(model.predict_log_proba(samples)[np.arange(len(y)), y])

    step = 1e-6 * np.eye(4)
    expected = np.stack([(losses(X + h) - losses(X - h)) / 2e-6 for h in step], axis=1)
    assert_allclose(model.input_gradients(X, y), expected, rtol=1e-5, atol=1e-8)


def test_weights_from_elsewhere_predict_without_a_fit() -> None:
    names = np.array(["setosa", "versicolor", "virginica"])
    model = MLPClassifier(8, random_state=0).fit(X, names[y])
    copy = MLPClassifier(8).set_weights(model.coefs_, model.intercepts_, classes=names)
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(copy.partial_fit(X, names[y]).classes_, names)
    regressor = MLPRegressor(hidden_layer_sizes=4).set_weights([np.eye(4), np.ones((4, 1))], [np.zeros(4), np.zeros(1)])
    assert_allclose(regressor.predict(X), np.maximum(X, 0).sum(axis=1))


def test_weights_written_by_hand_are_used() -> None:
    model = MLPRegressor(hidden_layer_sizes=4, random_state=0, max_iter=3).fit(X_diabetes, y_diabetes)
    model.coefs_[-1][...] = 0.0
    assert_allclose(model.predict(X_diabetes), np.full(len(y_diabetes), model.intercepts_[-1][0]))
    model.intercepts_[-1] = np.array([5.0])
    assert_allclose(model.predict(X_diabetes), np.full(len(y_diabetes), 5.0))


def test_a_divergence_says_what_to_do() -> None:
    model = MLPRegressor(solver="sgd", learning_rate_init=1e3, random_state=0)
    with pytest.raises(ValueError, match=r"non-finite.*epoch \d+, batch \d+ is not finite: .*learning_rate_init"):
        model.fit(X_diabetes * 1e6, y_diabetes)
