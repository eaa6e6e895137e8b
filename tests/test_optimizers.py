"""The optimisers against their papers: each step of `fit` beside the same step in NumPy, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from update_rules import Array, Rule, adam, adam_hat, gradient_descent, heavy_ball, nesterov

import cbp
from cbp.optimizers import Compiled

EPOCHS, BATCH = 6, 7


CASES: list[tuple[Compiled, Callable[[], Rule]]] = [
    (cbp.SGD(), lambda: gradient_descent(0.01)),
    (cbp.SGD(lr=0.3), lambda: gradient_descent(0.3)),
    (cbp.SGD(lr=0.1, momentum=0.9), lambda: heavy_ball(0.1, 0.9)),
    (cbp.SGD(lr=0.2, momentum=0.5), lambda: heavy_ball(0.2, 0.5)),
    (cbp.SGD(lr=0.1, momentum=0.9, nesterov=True), lambda: nesterov(0.1, 0.9)),
    (cbp.SGD(lr=0.2, momentum=0.5, nesterov=True), lambda: nesterov(0.2, 0.5)),
    (cbp.Adam(), lambda: adam(1e-3, 0.9, 0.999, 1e-8)),
    (cbp.Adam(lr=0.02, betas=(0.8, 0.9), eps=1e-3), lambda: adam(0.02, 0.8, 0.9, 1e-3)),
    (cbp.Adam(lr=0.02, eps=1e-2, eps_hat=True), lambda: adam_hat(0.02, 0.9, 0.999, 1e-2)),
    (cbp.Adam(lr=0.02, betas=(0, 0)), lambda: adam(0.02, 0, 0, 1e-8)),
]
every_optimizer = pytest.mark.parametrize(("optimizer", "rule"), CASES, ids=[str(case[0]) for case in CASES])


def network(dtype: str = "float64", seed: int = 1) -> cbp.Network:
    return cbp.Network([4, 6, 3], "tanh", cost="cross_entropy", dtype=dtype, seed=seed)


def samples() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 4)), rng.integers(0, 3, 40)


def batches(X: Array, y: Array) -> Iterator[tuple[Array, Array]]:
    for start in [*range(0, len(X), BATCH)] * EPOCHS:
        yield X[start : start + BATCH], y[start : start + BATCH]


@every_optimizer
def test_every_step_is_the_papers(optimizer: Compiled, rule: Callable[[], Rule]) -> None:
    (X, y), step = samples(), rule()
    net, reference = network(), network()
    net.fit(X, y, epochs=EPOCHS, batch_size=BATCH, optimizer=optimizer, shuffle=False)
    for X_B, y_B in batches(X, y):
        reference.parameters = step(reference.parameters.copy(), reference.gradients(X_B, y_B).flat)
    moved = np.abs(reference.parameters - network().parameters).max()
    assert np.abs(net.parameters - reference.parameters).max() <= 1e-11 * moved


@every_optimizer
def test_float32_takes_the_same_steps(optimizer: Compiled, rule: Callable[[], Rule]) -> None:
    X, y = samples()
    double, single = network("float64"), network("float32")
    double.parameters = single.parameters
    for net in (double, single):
        net.fit(X, y, epochs=EPOCHS, batch_size=BATCH, optimizer=optimizer, shuffle=False)
    np.testing.assert_allclose(single.parameters, double.parameters, rtol=2e-3, atol=2e-4)


@every_optimizer
def test_its_memory_begins_anew_with_each_fit(optimizer: Compiled, rule: Callable[[], Rule]) -> None:
    X, y = samples()
    net, fresh = network(), network()
    net.fit(X, y, epochs=2, optimizer=optimizer)
    fresh.parameters, fresh.epochs_trained = net.parameters, 2
    for each in (net, fresh):
        each.fit(X, y, epochs=1, optimizer=optimizer)
    assert net.parameters.tobytes() == fresh.parameters.tobytes()


def test_the_first_step_of_adam_has_the_length_of_its_rate() -> None:
    """m̂/√v̂ is the sign of g at first, whatever its size."""
    for scale in (0.01, 1.0, 1000.0):
        net = cbp.Network([1, 1], "identity", init="zeros", dtype="float64")
        net.fit([[scale]], [[scale]], epochs=1, optimizer=cbp.Adam(lr=0.25))
        np.testing.assert_allclose(net.parameters, 0.25, rtol=1e-3)


def test_names_are_the_defaults() -> None:
    X, y = samples()
    for name, expected in (("sgd", cbp.SGD(lr=0.01)), ("adam", cbp.Adam(1e-3, (0.9, 0.999), 1e-8))):
        assert cbp.optimizer(name) == expected
        by_name, by_object = network(), network()
        by_name.fit(X, y, epochs=2, optimizer=name)
        by_object.fit(X, y, epochs=2, optimizer=expected)
        assert by_name.parameters.tobytes() == by_object.parameters.tobytes()
    by_default, by_name = network(), network()
    by_default.fit(X, y, epochs=2)
    by_name.fit(X, y, epochs=2, optimizer="sgd")
    assert by_default.parameters.tobytes() == by_name.parameters.tobytes()


def test_an_optimizer_may_be_used_again_and_is_never_changed() -> None:
    X, y = samples()
    shared, runs = cbp.Adam(lr=0.01), [network(), network()]
    for net in runs:
        net.fit(X, y, epochs=3, optimizer=shared)
    assert shared == cbp.Adam(lr=0.01)
    assert runs[0].parameters.tobytes() == runs[1].parameters.tobytes()
    with pytest.raises(AttributeError):
        shared.lr = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cbp.SGD(lr=0), "lr: expected a number above 0, got 0"),
        (lambda: cbp.SGD(lr=-0.1), "lr: expected a number above 0, got -0.1"),
        (lambda: cbp.SGD(lr=float("nan")), "lr: expected a number above 0, got nan"),
        (lambda: cbp.SGD(lr=float("inf")), "lr: expected a number above 0, got inf"),
        (lambda: cbp.SGD(lr="fast"), "lr: expected a number above 0, got 'fast'"),  # type: ignore[arg-type]
        (lambda: cbp.SGD(momentum=1), r"momentum: expected a number in \[0, 1\), got 1"),
        (lambda: cbp.SGD(momentum=-0.5), r"momentum: expected a number in \[0, 1\), got -0.5"),
        (lambda: cbp.SGD(nesterov=True), "momentum: expected a number above 0 for nesterov=True, got 0.0"),
        (lambda: cbp.Adam(lr=None), "lr: expected a number above 0, got None"),  # type: ignore[arg-type]
        (lambda: cbp.SGD(dampening=2), r"dampening: expected a number in \[0, 1\], got 2"),
        (
            lambda: cbp.SGD(momentum=0.9, dampening=0.1, nesterov=True),
            "dampening: expected 0 for nesterov=True, got 0.1",
        ),
        (lambda: cbp.SGD(weight_decay=-1), "weight_decay: expected a number >= 0, got -1"),
        (lambda: cbp.Adam(betas=(1.0, 0.9)), r"betas\[0\]: expected a number in \[0, 1\), got 1.0"),
        (lambda: cbp.Adam(betas=(0.9, 1.5)), r"betas\[1\]: expected a number in \[0, 1\), got 1.5"),
        (lambda: cbp.Adam(betas=0.9), r"betas: expected two numbers in a tuple, got 0.9"),  # type: ignore[arg-type]
        (lambda: cbp.Adam(eps=0), "eps: expected a number above 0, got 0"),
        (lambda: cbp.AdamW(weight_decay=-0.1), "weight_decay: expected a number >= 0, got -0.1"),
        (lambda: cbp.NAdam(momentum_decay=-0.1), "momentum_decay: expected a number >= 0, got -0.1"),
        (lambda: cbp.RMSprop(alpha=1), r"alpha: expected a number in \[0, 1\), got 1"),
        (lambda: cbp.Adagrad(lr_decay=-1), "lr_decay: expected a number >= 0, got -1"),
        (lambda: cbp.Adadelta(rho=2), r"rho: expected a number in \[0, 1\), got 2"),
        (lambda: cbp.Lion(betas=(2, 0)), r"betas\[0\]: expected a number in \[0, 1\), got 2"),
        (lambda: cbp.Rprop(etas=(1.5, 2)), r"etas\[0\]: expected a number between 0 and 1, got 1.5"),
        (lambda: cbp.Rprop(etas=(0.5, 1)), r"etas\[1\]: expected a number above 1, got 1"),
        (lambda: cbp.Rprop(step_sizes=(2, 1)), r"step_sizes\[1\]: expected a number from step_sizes\[0\], got 1"),
    ],
)
def test_a_constant_out_of_range_is_named(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_numpy_numbers_are_numbers() -> None:
    numbers: Any = {"lr": np.float32(0.5), "momentum": np.float64(0.9)}
    assert cbp.SGD(**numbers).rule.constants == (0.9, 0, 0)
