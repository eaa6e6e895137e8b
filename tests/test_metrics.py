"""Metrics against scikit-learn's, what they say of targets they are not for, and where `fit` shows them."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from sklearn.preprocessing import label_binarize
from training_cases import network, samples

import cbp.callbacks
import cbp.schedules
from cbp.metrics import Answers, named
from cbp.training.watched import is_score

Array = np.ndarray[Any, Any]
CLASSES = ["accuracy", "top_3", "f1", "precision", "recall", "balanced_accuracy", "auc", "average_precision"]
NUMBERS = ["r2", "rmse", "mae"]
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])


def value(name: str, outputs: Array, targets: Array, weights: Array | None = None) -> float:
    return named(name)[name](Answers(outputs, targets, weights))


def drawn(k: int, n: int = 300) -> tuple[Array, Array, Array]:
    """Outputs that are right more often than not, labels, weights."""
    rng = np.random.default_rng(k)
    labels = rng.integers(0, k, n)
    outputs = rng.random((n, k)) + 0.5 * np.eye(k)[labels]
    return outputs / outputs.sum(axis=1, keepdims=True), labels, rng.random(n) + 0.1


def expected(name: str, outputs: Array, labels: Array, weights: Array | None) -> float:
    """What scikit-learn computes for labels 0 .. k-1."""
    m, k, predicted = sklearn.metrics, outputs.shape[1], outputs.argmax(axis=1)
    average: Any = "binary" if k == 2 else "macro"
    rows = labels if k == 2 else label_binarize(labels, classes=range(k))
    score = outputs[:, 1] if k == 2 else outputs
    answers = {
        "accuracy": lambda: m.accuracy_score(labels, predicted, sample_weight=weights),
        "top_3": lambda: m.top_k_accuracy_score(labels, outputs, k=3, sample_weight=weights),
        "f1": lambda: m.f1_score(labels, predicted, average=average, sample_weight=weights),
        "precision": lambda: m.precision_score(labels, predicted, average=average, sample_weight=weights),
        "recall": lambda: m.recall_score(labels, predicted, average=average, sample_weight=weights),
        "balanced_accuracy": lambda: m.balanced_accuracy_score(labels, predicted, sample_weight=weights),
        "auc": lambda: m.roc_auc_score(labels, score, multi_class="ovr", sample_weight=weights),
        "average_precision": lambda: m.average_precision_score(rows, score, sample_weight=weights),
    }
    return float(answers[name]())


@weighted
@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("name", CLASSES)
def test_metrics_of_labels_are_scikit_learns(name: str, k: int, weighted: bool) -> None:
    outputs, labels, weights = drawn(k)
    if name == "top_3" and k == 2:
        with pytest.raises(ValueError, match="at least 3 for each sample, got 2 outputs"):
            value(name, outputs, labels)
        return
    ours = value(name, outputs, labels, weights if weighted else None)
    assert ours == pytest.approx(expected(name, outputs, labels, weights if weighted else None), abs=1e-12)
    assert 0.3 < ours < 1


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(("no", "yes"), [(0, 1), (-1, 1)])
def test_one_hot_rows_are_labels(name: str, no: float, yes: float) -> None:
    outputs, labels, weights = drawn(5)
    rows = np.where(np.eye(5)[labels] == 1, yes, no)
    assert value(name, outputs, rows, weights) == value(name, outputs, labels, weights)


@pytest.mark.parametrize("name", sorted({*CLASSES} - {"top_3"}))
def test_one_output_is_the_probability_of_class_1(name: str) -> None:
    outputs, labels, weights = drawn(2)
    assert value(name, outputs[:, 1:], labels[:, None].astype(float), weights) == pytest.approx(
        value(name, outputs, labels, weights), abs=1e-12
    )


@weighted
def test_rows_with_several_ones_are_independent_labels(weighted: bool) -> None:
    rng = np.random.default_rng(3)
    true = rng.integers(0, 2, (200, 3))
    outputs, weights = 0.4 * true + 0.6 * rng.random((200, 3)), rng.random(200) if weighted else None
    m, predicted = sklearn.metrics, outputs > 0.5
    given = {"sample_weight": weights}
    assert value("accuracy", outputs, true, weights) == pytest.approx(m.accuracy_score(true, predicted, **given))
    assert value("f1", outputs, true, weights) == pytest.approx(m.f1_score(true, predicted, average="macro", **given))
    assert value("auc", outputs, true, weights) == pytest.approx(m.roc_auc_score(true, outputs, **given))


@weighted
@pytest.mark.parametrize("name", NUMBERS)
def test_metrics_of_numbers_are_scikit_learns(name: str, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    targets = rng.normal(5, 2, (100, 3))
    outputs, weights = targets + rng.normal(0, 1, (100, 3)), rng.random(100) if weighted else None
    m = sklearn.metrics
    square = m.mean_squared_error(targets, outputs, sample_weight=weights, multioutput="raw_values")
    answers = {
        "r2": m.r2_score(targets, outputs, sample_weight=weights),
        "rmse": np.sqrt(square).mean(),
        "mae": m.mean_absolute_error(targets, outputs, sample_weight=weights),
    }
    assert value(name, outputs, targets, weights) == pytest.approx(answers[name])


def test_only_one_class_of_a_column_is_classes_all_the_same() -> None:
    assert value("accuracy", np.array([[0.2], [0.7]]), np.zeros((2, 1))) == 0.5
    assert value("accuracy", np.array([[0.2], [0.7]]), np.ones((2, 1))) == 0.5


@pytest.mark.parametrize("name", ["f1", "auc"])
def test_outputs_that_are_not_finite_have_no_score(name: str) -> None:
    outputs, labels, _ = drawn(5)
    outputs[3] = np.nan
    assert np.isnan(value(name, outputs, labels))
    assert value("top_1", outputs, labels) < 1


@pytest.mark.parametrize(
    ("metrics", "error", "says"),
    [
        ("accurracy", ValueError, "metrics: there is no 'accurracy': did you mean 'accuracy'"),
        (["f1", "f1"], ValueError, "expected each once, got 'f1' twice"),
        (["accuracy", 3], TypeError, "expected names such as 'accuracy', or functions of (targets, outputs); got 3"),
        ([lambda t, a: 0.0], ValueError, "a lambda has no name; pass a mapping"),
        ("top_0", ValueError, "top_0: expected a whole number >= 1"),
        ("r2", ValueError, "metrics: r2: expected numbers as targets, got labels"),
        ("top_3", ValueError, "metrics: top_3: expected one class of at least 3 for each sample, got 2 outputs"),
    ],
)
def test_what_cannot_be_computed_is_said_before_anything_has_changed(metrics: Any, error: Any, says: str) -> None:
    X, _, labels = samples()
    net = network(cost="cross_entropy")
    before = net.parameters.copy()
    with pytest.raises(error, match=re.escape(says)):
        net.fit(X, labels, epochs=1, validation=0.2, metrics=metrics)
    np.testing.assert_array_equal(net.parameters, before)


def test_classes_of_numbers_are_refused() -> None:
    X, y, _ = samples()
    with pytest.raises(ValueError, match="metrics: accuracy: expected classes as targets: integer labels, or 0 and 1"):
        network().evaluate(X, y, "accuracy")


def test_auc_of_a_class_that_never_comes_is_refused() -> None:
    outputs, labels, _ = drawn(5)
    with pytest.raises(ValueError, match="expected samples that are of class 4 and samples that are not"):
        value("auc", outputs[labels < 4], labels[labels < 4])


def test_metrics_need_data() -> None:
    X, y, _ = samples()
    with pytest.raises(ValueError, match="expected validation data to compute them on; pass validation="):
        network().fit(X, y, metrics="r2")


def test_without_scikit_learn_its_metrics_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.delitem(sys.modules, "sklearn.metrics")
    with pytest.raises(ImportError, match=re.escape("'f1' is scikit-learn's, which is not there")) as raised:
        named(["accuracy", "f1"])
    assert str(raised.value).endswith("install it with pip install 'cbp[sklearn]'")
    assert list(named(["accuracy", "r2"])) == ["accuracy", "r2"]


def within_a_half(targets: Array, outputs: Array) -> float:
    return float((np.abs(targets - outputs) < 0.5).mean())


def test_the_history_has_a_column_for_each_metric() -> None:
    X, y, _ = samples()
    net = network()
    asked = ["r2", within_a_half]
    history = net.fit(X[:40], y[:40], epochs=3, validation=(X[40:], y[40:]), metrics=asked, train_metrics=True)
    scores = ["r2", "within_a_half", "validation_cost", "validation_r2", "validation_within_a_half"]
    assert list(history) == ["cost", "seconds", *scores]
    outputs = net.predict(X)
    assert history["r2"][-1] == pytest.approx(sklearn.metrics.r2_score(y[:40], outputs[:40]))
    assert history["validation_r2"][-1] == pytest.approx(sklearn.metrics.r2_score(y[40:], outputs[40:]))
    assert history["validation_within_a_half"][-1] == within_a_half(y[40:], outputs[40:])
    assert net.evaluate(X[40:], y[40:], asked) == {
        "cost": history["validation_cost"][-1],
        "r2": history["validation_r2"][-1],
        "within_a_half": history["validation_within_a_half"][-1],
    }


def test_metrics_change_nothing_of_the_training() -> None:
    X, _, labels = samples()
    plain, measured = network(cost="cross_entropy"), network(cost="cross_entropy")
    plain.fit(X, labels, epochs=4, validation=0.2)
    measured.fit(X, labels, epochs=4, validation=0.2, metrics=["f1", "auc"], train_metrics=True)
    np.testing.assert_array_equal(plain.parameters, measured.parameters)


def test_labels_have_their_accuracy_unasked() -> None:
    X, _, labels = samples()
    net = network(cost="cross_entropy")
    history = net.fit(X, labels, epochs=2, validation=(X, labels), train_metrics=True)
    right = (net.predict(X).argmax(axis=1) == labels).mean()
    assert history["accuracy"][-1] == history["validation_accuracy"][-1] == right
    assert net.evaluate(X, labels)["accuracy"] == right


def test_validation_data_has_weights_and_a_function_that_knows_them_is_given_them() -> None:
    X, y, labels = samples()
    weights = np.random.default_rng(2).random(len(X))
    net = network(cost="cross_entropy")
    asked = {"mine": lambda targets, outputs, sample_weight: float(sample_weight.sum()), "f1": "f1"}
    history = net.fit(X, labels, epochs=1, validation=(X, labels, weights), metrics=asked)
    predicted = net.predict(X).argmax(axis=1)
    assert history["validation_mine"] == [pytest.approx(weights.sum())]
    assert history["validation_f1"] == [
        pytest.approx(sklearn.metrics.f1_score(labels, predicted, sample_weight=weights))
    ]
    assert history["validation_accuracy"] == [pytest.approx(np.average(predicted == labels, weights=weights))]
    assert history["validation_cost"] == [pytest.approx(net.cost(X, labels, weights))]
    with pytest.raises(TypeError, match=re.escape("(X, targets), or (X, targets, weights); got")):
        net.fit(X, labels, validation=(X, labels, weights, y))


def test_weights_of_classes_weigh_the_cost_of_held_out_samples_but_not_their_metrics() -> None:
    X, _, labels = samples()
    net = network(cost="cross_entropy")
    history = net.fit(X, labels, epochs=1, validation=0.4, class_weight={0: 0.0, 1: 1.0}, metrics="f1")
    plain = network(cost="cross_entropy")
    plain.parameters = net.parameters
    held = np.sort(np.random.default_rng(1).permutation(len(X))[:20])
    assert history["validation_accuracy"] == [plain.evaluate(X[held], labels[held])["accuracy"]]
    assert history["validation_cost"] == [pytest.approx(net.cost(X[held], labels[held], labels[held]))]


@pytest.mark.parametrize("name", [*CLASSES, *NUMBERS])
def test_it_is_known_whether_more_is_better(name: str) -> None:
    assert is_score(f"validation_{name}") == (name not in ("rmse", "mae"))


@pytest.mark.parametrize("monitor", ["validation_top_1", "validation_r2", "validation_rmse"])
def test_metrics_can_be_watched(monitor: str) -> None:
    X, y, labels = samples()
    classes = "top" in monitor
    net = network(cost="cross_entropy" if classes else "squared_error")
    stop = cbp.callbacks.EarlyStopping(3, monitor=monitor)
    history = net.fit(
        X,
        labels if classes else y,
        epochs=30,
        validation=0.3,
        metrics=monitor.removeprefix("validation_"),
        callbacks=stop,
        schedule=cbp.schedules.Plateau(monitor=monitor),
    )
    column = history[monitor]
    assert stop.best == (min if monitor.endswith("rmse") else max)(column)


def test_the_progress_says_every_metric(capsys: pytest.CaptureFixture[str]) -> None:
    X, _, labels = samples()
    net = network(cost="cross_entropy")
    net.fit(X, labels, epochs=1, validation=0.3, metrics=["f1", "top_2"], progress=True)
    said = capsys.readouterr().err
    assert re.search(
        r"epoch 1/1: cost \S+, validation accuracy \S+%, validation f1 \S+, validation top 2 100.0%\n", said
    )
