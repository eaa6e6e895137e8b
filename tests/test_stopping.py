"""How `fit` refuses what it cannot use, and what it leaves behind when it is stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from training_cases import every_dtype, every_optimizer, network, samples

import cbp

X, Y, LABELS = samples()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs: expected a whole number >= 1, got 0"),
        ({"epochs": 2.5}, ValueError, "epochs: expected a whole number >= 1, got 2.5"),
        ({"epochs": "ten"}, ValueError, "epochs: expected a whole number >= 1, got 'ten'"),
        ({"epochs": None}, ValueError, "epochs: expected a whole number >= 1, got None"),
        ({"batch_size": 0}, ValueError, "batch_size: expected a whole number >= 1, got 0"),
        ({"batch_size": -5}, ValueError, "batch_size: expected a whole number >= 1, got -5"),
        ({"batch_size": float("nan")}, ValueError, "batch_size: expected a whole number >= 1, got nan"),
        ({"seed": -1}, ValueError, "seed: expected a whole number from 0 to 18446744073709551615, got -1"),
        ({"optimizer": "adm"}, ValueError, r"unknown optimizer 'adm': did you mean 'adam'\?"),
        ({"optimizer": "zzzz"}, ValueError, "unknown optimizer 'zzzz': there are sgd, adam, adamw"),
        (
            {"optimizer": cbp.Adam},
            TypeError,
            "optimizer: expected a name or an object with init and update or iterate, got <class",
        ),
        (
            {"optimizer": None},
            TypeError,
            "optimizer: expected a name or an object with init and update or iterate, got None",
        ),
        (
            {"validation": 0.0},
            ValueError,
            "validation: expected a fraction that leaves samples on both sides, got 0.0 of 50",
        ),
        ({"validation": 1.0}, ValueError, "validation: expected a fraction"),
        ({"validation": 0.001}, ValueError, "validation: expected a fraction"),
        ({"validation": float("nan")}, ValueError, "validation: expected a fraction"),
        ({"progress": "bar"}, TypeError, "progress: expected True, False, or a function .*; got 'bar'"),
        (
            {"validation": "some"},
            TypeError,
            r"validation: expected a fraction such as 0.2, \(X, targets\), or \(X, targets, weights\); got 'some'",
        ),
        ({"validation": (X,)}, TypeError, r"validation: expected a fraction such as 0.2, \(X, targets\), or"),
        ({"validation": (X[:, :2], Y)}, ValueError, "X: expected samples as rows"),
        ({"validation": (X, Y[:-1])}, ValueError, "targets: expected shape"),
        (
            {"class_weight": {0: 2.0}},
            ValueError,
            "class_weight: expected integer labels as targets, got a matrix",
        ),
        (
            {"targets": LABELS, "class_weight": {2: 1.0}},
            ValueError,
            "class_weight: expected labels 0 to 1 .*, got 2: 1.0",
        ),
        ({"targets": LABELS, "class_weight": {0: -1.0}}, ValueError, "with finite weights >= 0, got 0: -1.0"),
        (
            {"targets": LABELS, "class_weight": {0: np.inf}},
            ValueError,
            "with finite weights >= 0, got 0: inf",
        ),
        ({"targets": LABELS, "class_weight": {0: "a"}}, ValueError, "with finite weights >= 0, got 0: 'a'"),
        (
            {"targets": LABELS, "class_weight": "equal"},
            TypeError,
            "class_weight: expected a mapping .* or 'balanced', got 'equal'",
        ),
        (
            {"targets": LABELS, "class_weight": {0: 0, 1: 0}},
            ValueError,
            "expected a weight above 0 among the samples, all are 0",
        ),
        (
            {"sample_weight": [1] + [0] * 49, "validation": 0.5},
            ValueError,
            "expected a weight above 0 among the .*, all are 0",
        ),
    ],
)
def test_a_wrong_option_is_named_and_nothing_has_changed(options: Any, error: type, message: str) -> None:
    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(error, match=message) as refusal:
        net.fit(**({"X": X, "targets": Y} | options))
    assert "\n" not in str(refusal.value)
    assert net.parameters.tobytes() == before
    assert net.epochs_trained == 0


@every_optimizer
@every_dtype
def test_a_cost_that_is_not_finite_stops_and_leaves_finite_parameters(optimizer: Any, dtype: str) -> None:
    big, net = X.copy(), network(activation="relu", dtype=dtype)
    big[37] = 1e25 if dtype == "float32" else 1e200  # its square does not fit
    net.fit(X, Y, epochs=2, batch_size=10, shuffle=False)
    with pytest.raises(FloatingPointError) as stop:
        net.fit(big, Y, epochs=5, batch_size=10, shuffle=False, optimizer=optimizer)
    assert str(stop.value) == (
        "the cost of epoch 1, batch 4 is not finite (every layer's output is finite); the network keeps its "
        "last finite parameters: try a smaller learning rate, scale the data, or clip the gradient"
    )
    assert np.isfinite(net.parameters).all()
    three = network(activation="relu", dtype=dtype)
    three.fit(X, Y, epochs=2, batch_size=10, shuffle=False)
    three.fit(X[:30], Y[:30], epochs=1, batch_size=10, shuffle=False, optimizer=optimizer)
    assert net.parameters.tobytes() == three.parameters.tobytes()  # of the last whole step
    assert net.epochs_trained == 2


def test_the_layer_that_overflows_is_named() -> None:
    net = network(sizes=[3, 4, 4, 2], activation=["tanh", "exponential", "identity"])
    net.b[3] = np.full(4, 800.0)
    with pytest.raises(
        FloatingPointError, match=r"epoch 1, batch 1 is not finite \(layer 3 is the first that is not\)"
    ):
        net.fit(X, Y, epochs=1)


@pytest.mark.parametrize("place", [(0, 0), (3, 2)])
def test_parameters_that_are_not_finite_to_begin_with_are_named_and_stay(place: tuple[int, int]) -> None:
    net = network(activation="relu", sizes=[3, 4, 2])  # which may hide it from the cost
    net.W[2][place] = np.nan
    net.b[2][place[0]] = -np.inf
    before = net.parameters.tobytes()
    with pytest.raises(
        ValueError, match=r"parameters: layer 2 has infinite or NaN ones to begin with; set W\[2\], b\[2\]"
    ):
        net.fit(X, Y, epochs=2)
    assert net.parameters.tobytes() == before
    assert net.epochs_trained == 0


@every_optimizer
def test_a_learning_rate_far_too_large_leaves_finite_parameters(optimizer: Any) -> None:
    wild = type(optimizer)(**(vars(optimizer) | {"lr": 1e30}))
    net = network(activation="identity", dtype="float32")
    with pytest.raises(FloatingPointError, match="the network keeps its last finite parameters"):
        net.fit(X, Y, epochs=50, batch_size=10, optimizer=wild)
    assert np.isfinite(net.parameters).all()


def test_a_step_that_overflows_is_not_kept() -> None:
    """The batch after it shows it; what comes back are the parameters of the epoch before."""
    net = cbp.Network([1, 1], "identity", init="constant")
    net.fit([[1.0]], [[1.0]], epochs=1)
    before = net.parameters.tobytes()
    with pytest.raises(FloatingPointError, match=r"epoch 1, batch 2 is not finite \(layer 2 is the first"):
        net.fit([[1e9]] * 3, [[1e9]] * 3, epochs=1, batch_size=1, optimizer=cbp.SGD(lr=1e30))
    assert net.parameters.tobytes() == before


def test_a_last_step_that_overflows_is_not_kept() -> None:
    """Its cost was finite and no batch follows: the parameters themselves are looked at."""
    net = cbp.Network([1, 1], "identity", init="constant")
    with pytest.raises(FloatingPointError, match="a step of epoch 1 made parameters of layer 2 infinite or NaN"):
        net.fit([[1e9]], [[1e9]], epochs=1, optimizer=cbp.SGD(lr=1e30))
    assert net.parameters.tolist() == [0, 0]
    assert net.epochs_trained == 0


class Stop(Exception):
    pass


def raise_stop(*_: object) -> None:
    raise Stop


@pytest.fixture
def stops_by_alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, raise_stop)
    yield
    signal.signal(signal.SIGUSR1, before)


def signalled_after_a_step(net: cbp.Network, number: int, train: Callable[[], object]) -> None:
    """Run `train`, and send the main thread a signal as soon as the first step is done."""
    begin, main = net.parameters.copy(), threading.main_thread().ident
    assert main is not None

    def send() -> None:
        while (net.parameters == begin).all():
            pass
        signal.pthread_kill(main, number)

    watcher = threading.Thread(target=send)
    watcher.start()
    try:
        train()
    finally:
        watcher.join()


@pytest.mark.usefixtures("stops_by_alarm")
@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGUSR1, Stop)])
@every_optimizer
def test_a_signal_stops_inside_an_epoch_after_a_whole_step(number: int, error: type, optimizer: Any) -> None:
    """The epoch would run for seconds; its parameters are those after k of its steps, 0 < k < all."""
    n, B = 60_000, 100
    X = np.random.default_rng(0).normal(size=(n, 20)).astype("float32")
    y = np.sin(X[:, :5])
    net, replay = (network(sizes=[20, 300, 300, 5], dtype="float32") for _ in range(2))
    train = {"batch_size": B, "shuffle": False, "optimizer": optimizer}
    with pytest.raises(error):
        signalled_after_a_step(net, number, lambda: net.fit(X, y, epochs=100, **train))
    assert net.epochs_trained == 0
    assert np.isfinite(net.parameters).all()
    wanted = net.parameters.tobytes()
    for k in range(1, n // B):
        if optimizer.rule.starts:  # an optimiser's memory begins anew with each call
            replay.parameters = network(sizes=[20, 300, 300, 5], dtype="float32").parameters
            replay.fit(X[: k * B], y[: k * B], epochs=1, **train)
        else:
            replay.fit(X[(k - 1) * B : k * B], y[(k - 1) * B : k * B], epochs=1, **train)
        if replay.parameters.tobytes() == wanted:
            break
    else:
        pytest.fail("the parameters are not those after a whole step of the first epoch")
    net.fit(X[:B], y[:B], epochs=1, **train)
    assert net.epochs_trained == 1
