"""Dropout and input noise: the gradient with a given mask, which mask it is, and that nothing else sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import philox
import pytest
from kernel_calls import ISAS
from training_cases import OPTIMIZERS, Array, every_dtype

import cbp
from cbp.builtins.activations import cbp_activations

SIZES, DROPOUT, ROWS = [4, 6, 5, 3], {1: 0.3, 2: 0.5, 3: 0.25}, 6
SIGMAS = [spec.name for spec in cbp_activations()]


def masks(seed: int, epoch: int, first: int, rows: int, sizes: list[int] = SIZES) -> dict[int, Array]:
    return {l: philox.mask(seed, epoch, first, rows, l, sizes[l - 1], p) for l, p in DROPOUT.items()}


def masked_cost(net: cbp.Network, X: Array, targets: Array, m: dict[int, Array]) -> float:
    """E with ã^l = m^l ⊙ a^l in the place of a^l, l < L."""
    a = X
    for l, sigma in enumerate(net.layer_activations, start=1):
        z = a if l == 1 else a @ net.W[l].T + net.b[l]
        a = sigma.spec.forward(z, **sigma.params) * m.get(l, 1.0)
    return float(((a - targets) ** 2).sum(axis=1).mean())


def slope(net: cbp.Network, X: Array, targets: Array, m: dict[int, Array], h: float = 1e-6) -> Array:
    """δE/δθ by central differences."""
    theta, found = net.parameters.copy(), np.empty(net.n_parameters)
    for i, each in enumerate(np.eye(net.n_parameters) * h):
        net.parameters = theta + each
        above = masked_cost(net, X, targets, m)
        net.parameters = theta - each
        found[i] = (above - masked_cost(net, X, targets, m)) / (2 * h)
    net.parameters = theta
    return found


def drawn(**options: Any) -> tuple[cbp.Network, Array, Array]:
    rng = np.random.default_rng(1)
    net = cbp.Network(SIZES, dtype="float64", seed=4, **({"activation": "tanh", "output_activation": "tanh"} | options))
    for l in net.b:
        net.b[l][...] = rng.normal(size=net.b[l].shape) / 3
    return net, rng.normal(size=(ROWS, SIZES[0])), rng.normal(size=(ROWS, SIZES[-1])) / 3


# ---- the gradient --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", SIGMAS)
def test_a_step_is_along_the_gradient_with_the_mask(sigma: str) -> None:
    """Whatever σ′ is computed from, z or a; and through rowwise activations, where a mask is not a factor of δ."""
    net, X, targets = drawn(activation=sigma)
    before = net.parameters.copy()
    want = slope(net, X, targets, masks(7, 0, 0, ROWS))
    net.fit(X, targets, epochs=1, batch_size=ROWS, optimizer=cbp.SGD(lr=1.0), shuffle=False, seed=7, dropout=DROPOUT)
    np.testing.assert_allclose(before - net.parameters, want, rtol=1e-5, atol=1e-8)


def test_a_step_with_the_papers_input_activation_drops_what_comes_out_of_it() -> None:
    net, X, targets = drawn(input_activation="logistic")
    before = net.parameters.copy()
    want = slope(net, X, targets, masks(7, 0, 0, ROWS))
    net.fit(X, targets, epochs=1, batch_size=ROWS, optimizer=cbp.SGD(lr=1.0), shuffle=False, seed=7, dropout=DROPOUT)
    np.testing.assert_allclose(before - net.parameters, want, rtol=1e-5, atol=1e-8)


def test_the_cost_of_the_history_is_that_of_the_net_with_the_mask() -> None:
    net, X, targets = drawn()
    want = masked_cost(net, X, targets, masks(0, 0, 0, ROWS))
    history = net.fit(X, targets, epochs=1, batch_size=ROWS, shuffle=False, seed=0, dropout=DROPOUT)
    assert history["cost"] == [pytest.approx(want, rel=1e-12)]


# ---- which mask it is ----------------------------------------------------------------------------------------


def trained(**options: Any) -> bytes:
    """Large enough to be shared by four threads."""
    settings: dict[str, Any] = {"dtype": "float32", "epochs": 2, "batch_size": 67} | options
    net = cbp.Network([61, 150, 90, 7], ["tanh", "softmax", "softmax"], cost="cross_entropy",
                      dtype=settings.pop("dtype"), seed=3)  # fmt: skip
    rng = np.random.default_rng(5)
    net.fit(rng.normal(size=(150, 61)), rng.integers(0, 7, 150), **settings)
    return net.parameters.tobytes()


@every_dtype
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[0], OPTIMIZERS[3]], ids=str)
def test_any_number_of_threads_drops_and_disturbs_the_same(dtype: str, optimizer: Any) -> None:
    options = {"dropout": {1: 0.1, 2: 0.5, 3: 0.2}, "input_noise": 0.3, "dtype": dtype, "optimizer": optimizer}
    alone = trained(threads=1, **options)
    for threads in (2, 3, 4):
        assert trained(threads=threads, **options) == alone
    assert trained(threads=1, dtype=dtype, optimizer=optimizer) != alone


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_instruction_set_and_dtype_drops_the_same_units(isa: str, dtype: str) -> None:
    """The second epoch's third batch, after a step too small to matter: its cost is that of the masks."""
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent)]!r}\n"
        "from test_dropout import costs_of_batches\n"
        f"print(*costs_of_batches({dtype!r}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, env=os.environ | {"CBP_ISA": isa}, timeout=120, capture_output=True, text=True
    )
    net, X, targets = drawn()
    want = [
        masked_cost(net, X[i : i + 2], targets[i : i + 2], masks(9, epoch, i, 2)) for epoch in (0, 1) for i in (0, 2, 4)
    ]
    np.testing.assert_allclose([float(x) for x in done.stdout.split()], want, rtol=1e-4)


def costs_of_batches(dtype: str) -> list[float]:
    """The cost of each of six batches in two epochs, without learning."""
    net, X, targets = drawn()
    single = cbp.Network(SIZES, "tanh", "tanh", dtype=dtype)
    single.parameters = net.parameters
    seen: list[float] = []

    class Listener:
        def on_batch_end(self, run: Any) -> None:
            seen.append(run.batch_cost)

    single.fit(
        X, targets, epochs=2, batch_size=2, optimizer=cbp.SGD(lr=1e-12), shuffle=False, seed=9, dropout=DROPOUT,
        callbacks=[Listener()],
    )  # fmt: skip
    return seen


def test_two_fits_drop_what_one_would() -> None:
    """The masks depend on the seed and on how many epochs the network has been trained."""
    nets = [drawn()[0] for _ in range(2)]
    _, X, targets = drawn()
    options: dict[str, Any] = {"batch_size": 2, "dropout": 0.5, "input_noise": 0.1}
    nets[0].fit(X, targets, epochs=5, **options)
    for epochs in (2, 3):
        nets[1].fit(X, targets, epochs=epochs, **options)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)


@pytest.mark.parametrize(
    ("dropout", "same"),
    [
        (0.5, {2: 0.5, 3: 0.5}),
        ([0.5, 0.0], {2: 0.5}),
        ((0.1, 0.2), {2: 0.1, 3: 0.2}),
        (np.array([0.3, 0.4]), {2: 0.3, 3: 0.4}),
    ],
    ids=str,
)
def test_a_number_is_for_every_hidden_layer_and_a_sequence_has_one_for_each(dropout: Any, same: Any) -> None:
    found = []
    for form in (dropout, same):
        net, X, targets = drawn()
        net.fit(X, targets, epochs=2, batch_size=3, dropout=form)
        found.append(net.parameters)
    np.testing.assert_array_equal(found[0], found[1])


# ---- statistics ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_what_a_linear_net_computes_is_kept_on_average(p: float) -> None:
    """Inverted dropout: E[ã] = a, so that nothing is scaled when predicting."""
    net = cbp.Network([1, 400, 1], "identity", dtype="float64", cost="absolute_error", init=Ones())
    X, targets = np.ones((2000, 1)), np.zeros((2000, 1))
    history = net.fit(X, targets, epochs=1, batch_size=2000, optimizer=cbp.SGD(lr=1e-12), dropout=p)
    spread = 400 * np.sqrt(p / (1 - p) / 400 / 2000)
    assert abs(history["cost"][0] - 400) < 4 * spread
    assert history["cost"][0] != 400


class Ones:
    def weights(self, rng: Any, n_out: int, n_in: int) -> Array:
        return np.ones((n_out, n_in))


def test_noise_is_added_to_the_input_with_its_standard_deviation() -> None:
    net = cbp.Network([3, 1], "identity", dtype="float64", init=Ones())
    X = np.random.default_rng(0).normal(size=(5, 3))
    want = [philox.normal_row(philox.key_of(2, 0), i, 0, 3) for i in range(5)]
    history = net.fit(
        X, X.sum(axis=1), epochs=1, batch_size=5, optimizer=cbp.SGD(lr=1e-12), input_noise=0.7, seed=2, shuffle=False
    )
    assert history["cost"] == [pytest.approx(np.mean((0.7 * np.sum(want, axis=1)) ** 2), rel=1e-5)]


# ---- what does not see it ------------------------------------------------------------------------------------


def test_dropout_and_noise_are_of_the_steps_alone() -> None:
    """Predictions, costs and validation are those of the whole net on the samples as they are."""
    net, X, targets = drawn()
    before = X.copy()
    history = net.fit(X, targets, epochs=2, batch_size=3, dropout=0.5, input_noise=1.0, validation=(X, targets))
    whole = masked_cost(net, X, targets, {})
    assert net.cost(X, targets) == pytest.approx(whole, rel=1e-12)
    assert history["validation_cost"][-1] == pytest.approx(whole, rel=1e-12)
    np.testing.assert_array_equal(X, before)


def test_frozen_layers_drop_units_too_and_stay() -> None:
    """As when nothing is frozen, but for the step."""
    changes = []
    for freeze in (False, True):
        net, X, targets = drawn()
        before = net.freeze(3, freeze).parameters.copy()
        net.fit(X, targets, epochs=1, batch_size=ROWS, optimizer=cbp.SGD(lr=1.0), dropout=DROPOUT)
        changes.append({l: net.W[l] - net._views(before)[0][l] for l in net.W})
    np.testing.assert_array_equal(changes[1][3], 0)
    for l in (2, 4):
        np.testing.assert_array_equal(changes[0][l], changes[1][l])


def test_a_layer_that_is_freed_while_it_trains_learns() -> None:
    """The core's own copy of the network hears of it."""

    class Unfreeze:
        def on_epoch_end(self, run: Any) -> None:
            run.net.freeze(2, False)

    net, X, targets = drawn()
    before = net.freeze(2).W[2].copy()
    net.fit(X, targets, epochs=2, dropout=0.1, callbacks=[Unfreeze()])
    assert (net.W[2] != before).all()


def test_a_numpy_activation_can_be_dropped() -> None:
    cube = cbp.plugin.Activation("cube", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)
    net, X, targets = drawn(activation=cube)
    before = net.parameters.copy()
    want = slope(net, X, targets, masks(7, 0, 0, ROWS))
    net.fit(X, targets, epochs=1, batch_size=ROWS, optimizer=cbp.SGD(lr=1.0), shuffle=False, seed=7, dropout=DROPOUT)
    np.testing.assert_allclose(before - net.parameters, want, rtol=1e-5, atol=1e-8)


# ---- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dropout": 1.0}, ValueError, r"dropout: expected a number in \[0, 1\), got 1.0"),
        ({"dropout": [0.5]}, ValueError, "dropout: expected a number for each of the 2 hidden layers, got 1"),
        ({"dropout": [0.5, -1]}, ValueError, r"dropout of layer 3: expected a number in \[0, 1\), got -1"),
        ({"dropout": {4: 0.5}}, ValueError, r"dropout: expected layers 1 \(the input\) to 3, got 4"),
        ({"dropout": {"hidden": 0.5}}, ValueError, "dropout: expected layers .* got 'hidden'"),
        ({"dropout": {2: "half"}}, ValueError, r"dropout of layer 2: expected a number in \[0, 1\), got 'half'"),
        ({"dropout": "half"}, TypeError, "dropout: expected a number, one for each hidden layer, .* got 'half'"),
        ({"dropout": None}, TypeError, "dropout: expected a number, one for each hidden layer, .* got None"),
        ({"input_noise": -1}, ValueError, "input_noise: expected a number >= 0, got -1"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    net, X, targets = drawn()
    before = net.parameters.copy()
    with pytest.raises(error, match=message):
        net.fit(X, targets, **options)
    np.testing.assert_array_equal(net.parameters, before)
