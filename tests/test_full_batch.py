"""`fit` with optimisers that look at all samples at once: L-BFGS and Levenberg-Marquardt."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_cases import every_dtype, network, samples

import cbp
from cbp.callbacks import Callback, EarlyStopping
from cbp.optimizers import Point

Array = np.ndarray[Any, Any]

PAGE = (Path(__file__).parents[1] / "docs" / "full-batch.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

X, Y, LABELS = samples()
OPTIMIZERS: list[Any] = [cbp.LBFGS(gtol=0, ftol=0), cbp.LevenbergMarquardt(gtol=0, ftol=0)]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["lbfgs", "lm"])


@every_optimizer
@every_dtype
def test_an_epoch_is_an_iteration_that_never_raises_the_cost(optimizer: Any, dtype: str) -> None:
    net = network(dtype=dtype)
    before = net.cost(X, Y)
    history = net.fit(X, Y, epochs=12, optimizer=optimizer)
    assert (history.epochs, net.epochs_trained) == (12, 12)
    assert (np.diff([before, *history["cost"]]) < 0).all()
    assert history["cost"][-1] == pytest.approx(net.cost(X, Y), rel=1e-5 if dtype == "float32" else 1e-12)


@every_optimizer
def test_float32_learns_what_float64_does(optimizer: Any) -> None:
    costs = [network(dtype=dtype).fit(X, Y, epochs=15, optimizer=optimizer)["cost"] for dtype in ("float32", "float64")]
    np.testing.assert_allclose(costs[0], costs[1], rtol=0.05)


@every_optimizer
@every_dtype
def test_any_number_of_threads_gives_the_same_bits(optimizer: Any, dtype: str) -> None:
    X, Y, _ = samples(1500 if isinstance(optimizer, cbp.LBFGS) else 300, 21, 3)
    weights = np.random.default_rng(0).uniform(0, 2, len(X))
    found = set()
    for threads in (1, 2, 3):
        net = network(sizes=[21, 40, 3], dtype=dtype)
        net.fit(X, Y, epochs=3, optimizer=optimizer, threads=threads, sample_weight=weights, l2=1e-3)
        found.add(net.parameters.tobytes())
    assert len(found) == 1


@every_optimizer
def test_batch_size_shuffle_and_seed_mean_nothing(optimizer: Any) -> None:
    found = set()
    for options in ({}, {"batch_size": 7}, {"shuffle": False}, {"seed": 5}):
        net = network()
        net.fit(X, Y, epochs=3, optimizer=optimizer, **options)
        found.add(net.parameters.tobytes())
    assert len(found) == 1


@every_optimizer
def test_a_weight_of_two_is_the_sample_twice(optimizer: Any) -> None:
    weights = np.where(np.arange(len(X)) < 9, 2.0, 1.0)
    one, other = network(), network()
    one.fit(X, Y, epochs=4, optimizer=optimizer, sample_weight=weights)
    other.fit(np.r_[X, X[:9]], np.r_[Y, Y[:9]], epochs=4, optimizer=optimizer)
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-8, atol=1e-10)


@every_optimizer
def test_labels_are_rows(optimizer: Any) -> None:
    one, other = network(), network()
    one.fit(X, LABELS, epochs=4, optimizer=optimizer, class_weight={0: 1.0, 1: 3.0})
    other.fit(X, np.eye(2)[LABELS], epochs=4, optimizer=optimizer, sample_weight=np.where(LABELS, 3.0, 1.0))
    assert one.parameters.tobytes() == other.parameters.tobytes()


@every_optimizer
def test_frozen_layers_stay_and_the_others_learn(optimizer: Any) -> None:
    net = network(sizes=[3, 6, 5, 2]).freeze(3)
    before = {l: net.W[l].copy() for l in net.W}
    history = net.fit(X, Y, epochs=5, optimizer=optimizer, l2=0.1)
    np.testing.assert_array_equal(net.W[3], before[3])
    assert (net.W[2] != before[2]).all()
    assert (net.W[4] != before[4]).all()
    assert history["cost"][-1] < history["cost"][0]


@every_optimizer
def test_where_nothing_learns_it_stops_at_once(optimizer: Any) -> None:
    net = network().freeze(2).freeze(3)
    before = net.parameters.tobytes()
    history = net.fit(X, Y, epochs=5, optimizer=optimizer)
    assert net.parameters.tobytes() == before
    assert (history.epochs, history.stopped) == (1, "no derivative of the cost is above gtol=0")


@every_optimizer
def test_the_sum_of_costs_has_the_minimum_of_their_mean(optimizer: Any) -> None:
    predictions = []
    for reduction, l2 in (("mean", 0.1), ("sum", 0.1 * len(X))):
        net = network(sizes=[3, 2], activation="identity", reduction=reduction)
        history = net.fit(X, Y, epochs=40, optimizer=optimizer, l2=l2)
        assert history["cost"][-1] == pytest.approx(((net.predict(X) - Y) ** 2).sum(axis=1).mean(), rel=1e-10)
        predictions.append(net.predict(X))
    np.testing.assert_allclose(predictions[0], predictions[1], rtol=1e-6, atol=1e-8)


@every_optimizer
def test_a_mean_of_another_training_is_forgotten(optimizer: Any) -> None:
    net = network()
    net.fit(X, Y, epochs=2, ema=0.9)
    assert net.average is not None
    net.fit(X, Y, epochs=2, optimizer=optimizer)
    assert net.average is None


class Interrupted(BaseException):
    pass


@every_optimizer
@pytest.mark.parametrize("call", [1, 2, 10, 17])
def test_whatever_breaks_an_iteration_off_leaves_the_parameters_of_the_last_whole_one(
    optimizer: Any, call: int
) -> None:
    calls = 0

    def value(a: Array, y: Array) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Interrupted
        return ((a - y) ** 2).sum(axis=-1)

    def gradient(a: Array, y: Array) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Interrupted
        return 2 * (a - y)

    net, whole = network(cost=cbp.plugin.Cost("breaks_off", value, gradient, squares=1.0)), network()
    with pytest.raises(Interrupted):
        net.fit(X, Y, epochs=50, optimizer=optimizer)
    assert net.epochs_trained < 50
    if net.epochs_trained:
        whole.fit(X, Y, epochs=net.epochs_trained, optimizer=optimizer)
    np.testing.assert_allclose(net.parameters, whole.parameters, rtol=1e-9)


@every_optimizer
def test_a_cost_that_is_not_finite_at_the_beginning_is_an_error(optimizer: Any) -> None:
    net = network(sizes=[3, 4, 4, 2], activation=["tanh", "exponential", "identity"])
    net.b[3] = np.full(4, 800.0)
    before = net.parameters.tobytes()
    with pytest.raises(FloatingPointError, match="the cost of epoch 1, or its gradient, is not finite"):
        net.fit(X, Y, optimizer=optimizer)
    assert net.parameters.tobytes() == before


def test_the_layer_that_overflows_is_named() -> None:
    net = network(sizes=[3, 4, 4, 2], activation=["tanh", "exponential", "identity"])
    net.b[3] = np.full(4, 800.0)
    with pytest.raises(FloatingPointError, match=r"\(layer 3 is the first that is not\): scale the data"):
        net.fit(X, Y, optimizer="lbfgs")


@every_optimizer
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "cosine"}, "schedule: expected none, for {} chooses how long its steps are; got 'cosine'"),
        ({"l1": 0.1}, "l1: expected none, for {} minimises one smooth function .* got 0.1; it takes l2"),
        ({"clip_norm": 1.0}, "clip_norm: expected none, for {}"),
        ({"max_norm": 3.0}, "max_norm: expected none, for {}"),
        ({"dropout": np.array([0.5])}, "dropout: expected none, for {}"),
        ({"input_noise": 0.1}, "input_noise: expected none, for {}"),
        ({"ema": 0.9}, "ema: expected none, for {}"),
    ],
)
def test_options_that_are_about_steps_are_refused(optimizer: Any, options: dict[str, Any], message: str) -> None:
    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(ValueError, match=message.format(type(optimizer).__name__)) as refusal:
        net.fit(X, Y, optimizer=optimizer, **options)
    assert "\n" not in str(refusal.value)
    assert net.parameters.tobytes() == before


@every_optimizer
def test_callbacks_hear_of_each_iteration_and_can_end_it(optimizer: Any) -> None:
    heard = []

    class Ends(Callback):
        def on_batch_end(self, run: Any) -> None:
            heard.append((run.epoch, run.step, run.batch, run.batch_cost == run.cost))

        def on_epoch_end(self, run: Any) -> None:
            if run.epoch == 4:
                run.stop("enough")

    history = network().fit(X, Y, epochs=50, optimizer=optimizer, callbacks=Ends(), validation=0.2)
    assert heard == [(i, i + 1, 1, True) for i in range(4)]
    assert (history.epochs, history.stopped) == (4, "enough")
    assert len(history["validation_cost"]) == 4


@every_optimizer
def test_early_stopping_brings_the_best_parameters_back(optimizer: Any) -> None:
    net, held_out = network(sizes=[3, 30, 2]), samples(40)[:2]
    noise = np.random.default_rng(0).normal(size=Y.shape)
    stops = EarlyStopping(patience=10)
    history = net.fit(X, Y + noise, epochs=300, optimizer=optimizer, validation=held_out, callbacks=stops)
    assert history.epochs < 300
    assert net.cost(*held_out) == pytest.approx(min(history["validation_cost"]), rel=1e-12)


@every_optimizer
def test_it_goes_on_from_parameters_that_a_callback_has_changed(optimizer: Any) -> None:
    class Shrinks(Callback):
        def on_epoch_end(self, run: Any) -> None:
            if run.epoch == 2:
                run.net.parameters *= 0.5

    net, two = network(), network()
    net.fit(X, Y, epochs=3, optimizer=optimizer, callbacks=Shrinks())
    two.fit(X, Y, epochs=2, optimizer=optimizer)
    two.parameters *= 0.5
    assert net.cost(X, Y) < two.cost(X, Y)


def test_one_of_ones_own_needs_init_and_iterate() -> None:
    class Descent:
        def init(self, parameters: Array) -> int:
            return 0

        def iterate(self, objective: Any, here: Point, state: int) -> tuple[Point, int, str | None]:
            return objective(here.theta - 0.1 * here.gradient), state + 1, "three" if state == 2 else None

    cbp.register(cbp.plugin.Optimizer("descent_of_this_test", Descent))
    net, steps = network(), network()
    history = net.fit(X, Y, epochs=10, optimizer="descent_of_this_test")
    steps.fit(X, Y, epochs=3, batch_size=len(X), optimizer=cbp.SGD(lr=0.1))
    assert (history.epochs, history.stopped) == (3, "three")
    np.testing.assert_allclose(net.parameters, steps.parameters, rtol=1e-10)


def test_the_pages_python_runs() -> None:
    names: dict[str, Any] = {}
    assert len(BLOCKS) >= 4
    for block in BLOCKS:
        exec(block, names)


def test_the_page_says_every_constant() -> None:
    for optimizer in OPTIMIZERS:
        name = type(optimizer).__name__
        written = re.search(rf"`cbp\.{name}\(([^)]*)\)`", PAGE)
        assert written is not None
        assert re.findall(r"(\w+)=", written[1]) == [field.name for field in dataclasses.fields(optimizer)]
