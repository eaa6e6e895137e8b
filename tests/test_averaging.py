"""`fit(ema=)`: the running mean of the parameters is what it should be, and what is measured; it changes no step."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from training_cases import OPTIMIZERS, Array, every_dtype, every_optimizer, network, samples

import cbp
from cbp.callbacks import Checkpoint, EarlyStopping


class Recorder:
    """The parameters after every step, and them and their mean after every epoch."""

    def __init__(self) -> None:
        self.seen: list[Array] = []
        self.epochs: list[tuple[Array, Array]] = []

    def on_epoch_end(self, run: Any) -> None:
        if run.net.average is not None:
            self.epochs.append((run.net.parameters.copy(), run.net.average.copy()))

    def on_batch_end(self, run: Any) -> None:
        self.seen.append(run.net.parameters.astype(np.float64))


def mean(seen: list[Array], decay: float) -> Array:
    """optax.ema with its debiasing: the newest weighs 1, that of k steps before decay^k."""
    weights = decay ** np.arange(len(seen) - 1, -1, -1.0)
    return np.asarray(np.average(seen, axis=0, weights=weights))


def average(net: cbp.Network) -> Array:
    assert net.average is not None
    return net.average


def fitted(net: cbp.Network | None = None, **options: Any) -> tuple[cbp.Network, list[Array]]:
    net, recorder, (X, targets, _) = net or network(), Recorder(), samples()
    settings: dict[str, Any] = {"batch_size": 8, "callbacks": [recorder], "epochs": 2} | options
    net.fit(X, targets, **settings)
    return net, recorder.seen


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99, 0.9999])
@pytest.mark.parametrize("epochs", [1, 3])
def test_the_average_weighs_every_step_by_its_age(decay: float, epochs: int) -> None:
    net, seen = fitted(ema=decay, epochs=epochs, optimizer=cbp.SGD(lr=0.3))
    np.testing.assert_allclose(average(net), mean(seen, decay), rtol=1e-9, atol=1e-12)
    assert np.abs(seen[-1] - seen[0]).max() > 0.01


@every_optimizer
@every_dtype
def test_every_optimiser_is_averaged(optimizer: Any, dtype: str) -> None:
    net, seen = fitted(network(dtype=dtype), ema=0.9, optimizer=optimizer, max_norm=0.8, clip_norm=0.5)
    assert average(net).dtype == dtype
    np.testing.assert_allclose(average(net), mean(seen, 0.9), rtol=1e-5 if dtype == "float32" else 1e-9, atol=1e-6)


def test_an_optimiser_in_python_is_averaged() -> None:
    class Descent:
        lr = 0.1

        def init(self, parameters: Array) -> None:
            return None

        def update(self, gradient: Array, state: None, parameters: Array, learning_rate: float) -> None:
            parameters -= learning_rate * gradient

    net, seen = fitted(ema=0.9, optimizer=Descent())
    np.testing.assert_allclose(average(net), mean(seen, 0.9), rtol=1e-9, atol=1e-12)


def test_frozen_layers_are_averaged_as_what_they_are() -> None:
    net, seen = fitted(network(sizes=[3, 7, 6, 2]).freeze(3), ema=0.9, optimizer=cbp.SGD(lr=0.3))
    np.testing.assert_allclose(average(net), mean(seen, 0.9), rtol=1e-9, atol=1e-12)


@every_dtype
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[0], OPTIMIZERS[3]], ids=str)
def test_any_number_of_threads_averages_to_the_same_bits(dtype: str, optimizer: Any) -> None:
    def averaged(threads: int) -> bytes:
        net = cbp.Network([61, 150, 90, 7], "tanh", cost="cross_entropy", dtype=dtype, seed=3)
        rng = np.random.default_rng(5)
        net.fit(
            rng.normal(size=(150, 61)), rng.integers(0, 7, 150),
            epochs=2, batch_size=67, optimizer=optimizer, threads=threads, ema=0.7, max_norm=0.9,
        )  # fmt: skip
        return average(net).tobytes()

    alone = averaged(1)
    for threads in (2, 3, 4):
        assert averaged(threads) == alone


def test_the_steps_are_not_different() -> None:
    net, _ = fitted(ema=0.9)
    plain, _ = fitted()
    X, targets, _ = samples()
    np.testing.assert_array_equal(net.parameters, plain.parameters)
    assert net.cost(X, targets) == plain.cost(X, targets)


def test_a_network_takes_its_average_when_it_is_told_to() -> None:
    net, _ = fitted(ema=0.9)
    X, _, _ = samples()
    before = net.predict(X)
    net.parameters = average(net)
    np.testing.assert_array_equal(net.parameters, average(net))
    assert (net.predict(X) != before).any()


def test_every_fit_has_an_average_of_its_own_or_none() -> None:
    net, _ = fitted(ema=0.9)
    first = average(net)
    kept = first.copy()
    fitted(net, ema=0.5)
    assert net.average is not first
    np.testing.assert_array_equal(first, kept)
    fitted(net)
    assert net.average is None
    assert network().average is None


def with_parameters(parameters: Array) -> cbp.Network:
    net = network(cost="cross_entropy")
    net.parameters = parameters
    return net


def test_validation_and_metrics_are_of_the_mean() -> None:
    """In a training whose steps are so long that the mean is something else."""
    net, recorder, (X, _, labels) = network(cost="cross_entropy"), Recorder(), samples()
    history = net.fit(
        X, labels, epochs=4, batch_size=8, optimizer=cbp.SGD(lr=1.0), ema=0.95, callbacks=recorder,
        validation=(X[::3], labels[::3]), metrics=["auc", "f1"], train_metrics=True,
    )  # fmt: skip
    for k, (parameters, mean) in enumerate(recorder.epochs):
        expected = with_parameters(mean).evaluate(X[::3], labels[::3], ["auc", "f1"])
        assert {name: history[f"validation_{name}"][k] for name in expected} == expected
        assert history["f1"][k] == with_parameters(mean).evaluate(X, labels, "f1")["f1"]
        assert with_parameters(parameters).cost(X[::3], labels[::3]) != expected["cost"]
    assert len(recorder.epochs) == 4


def test_early_stopping_brings_back_the_best_mean_and_the_parameters_beside_it(tmp_path: Path) -> None:
    X, _, labels = samples()
    net, recorder, early = network(sizes=[3, 30, 2], cost="cross_entropy"), Recorder(), EarlyStopping(4)
    history = net.fit(
        X[:12], labels[:12], epochs=200, batch_size=4, optimizer="adam", ema=0.9, validation=(X[12:], labels[12:]),
        callbacks=[early, recorder, Checkpoint(tmp_path / "last", best=tmp_path / "best")],
    )  # fmt: skip
    assert len(history["cost"]) == early.best_epoch + 4 < 200
    parameters, mean = recorder.epochs[early.best_epoch - 1]
    np.testing.assert_array_equal(net.parameters, parameters)
    np.testing.assert_array_equal(average(net), mean)
    best = cbp.load(tmp_path / "best")
    np.testing.assert_array_equal(best.parameters, parameters)
    np.testing.assert_array_equal(average(best), mean)
    net.parameters = average(net)
    assert net.cost(X[12:], labels[12:]) == early.best == min(history["validation_cost"])
    np.testing.assert_array_equal(average(cbp.load(tmp_path / "last")), recorder.epochs[-1][1])


def test_a_plateau_is_one_of_the_mean() -> None:
    """Whose validation cost falls on while that of the parameters jumps about."""
    X, _, labels = samples()
    options: dict[str, Any] = {
        "epochs": 12, "batch_size": 8, "optimizer": cbp.SGD(lr=3.0), "validation": (X, labels),
        "schedule": cbp.schedules.Plateau(patience=0),
    }  # fmt: skip
    smooth, plain = (network(cost="cross_entropy").fit(X, labels, ema=ema, **options)["lr"] for ema in (0.98, None))
    assert smooth[-1] > plain[-1]


def test_a_checkpoint_without_an_average_has_none(tmp_path: Path) -> None:
    fitted(callbacks=[Checkpoint(tmp_path / "run")])
    assert cbp.load(tmp_path / "run").average is None


def test_an_average_of_another_network_is_refused(tmp_path: Path) -> None:
    fitted(ema=0.9, callbacks=[Checkpoint(tmp_path / "run")])
    with safe_open(tmp_path / "run", framework="np") as file:
        metadata = {name: text for name, text in file.metadata().items() if "checksum" not in name}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    save_file(tensors | {"run/solver/average": np.zeros(3)}, tmp_path / "run", metadata)
    with pytest.raises(cbp.files.ModelError, match=r"expected an average of 44 numbers of float64, got .* \(3,\)"):
        cbp.load(tmp_path / "run")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_have_the_average_too(copied: Any) -> None:
    net, _ = fitted(ema=0.9)
    np.testing.assert_array_equal(copied(net).average, net.average)


def test_a_training_that_diverges_leaves_no_average_that_is_not_finite() -> None:
    net, (X, targets, _) = network(activation="identity"), samples()
    with pytest.raises(FloatingPointError):
        net.fit(X, targets, epochs=200, batch_size=8, optimizer=cbp.SGD(lr=1e100), ema=0.9)
    assert net.average is None or np.isfinite(net.average).all()
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("ema", [1.0, -0.1, np.nan, "0.9"])
def test_a_decay_that_is_none_is_refused(ema: Any) -> None:
    net, (X, targets, _) = network(), samples()
    with pytest.raises(ValueError, match=r"ema: expected a number in \[0, 1\), got"):
        net.fit(X, targets, ema=ema)
