"""Threads: the same bits for any number of them, on every instruction set, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_calls import ISAS
from training_cases import OPTIMIZERS, Array, every_dtype, every_optimizer

import cbp
from cbp.core import threads as core_threads
from cbp.core.epoch import Epochs

SIZES = [113, 300, 257, 131, 10]  # no multiple of a tile; large enough to be shared at a batch of BATCH
BATCH, SAMPLES = 67, 150  # the last batch has 16 samples


def network(dtype: str = "float32", **options: Any) -> cbp.Network:
    settings: dict[str, Any] = {"activation": ["relu", "tanh", "gelu", "softmax"], "cost": "cross_entropy"}
    return cbp.Network(SIZES, dtype=dtype, seed=3, **(settings | options))


def samples(n: int = SAMPLES) -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, SIZES[0])), rng.integers(0, SIZES[-1], n)


def trained(threads: int, dtype: str, **options: Any) -> bytes:
    net, (X, labels) = network(dtype), samples()
    if options.pop("frozen", False):
        net.freeze(3)
    net.fit(X, labels, epochs=2, batch_size=BATCH, threads=threads, **options)
    return net.parameters.tobytes()


def test_the_steps_of_these_tests_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the others would compare one thread with itself."""
    seen: list[int] = []

    class Watched(Epochs):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            seen.append(self.threads)

    monkeypatch.setattr("cbp.training.stepping.Epochs", Watched)
    for threads in (1, 2, 3, 4):
        trained(threads, "float32")
    assert seen == [1, 2, 3, 4]


@every_dtype
@every_optimizer
def test_any_number_of_threads_trains_to_the_same_bits(dtype: str, optimizer: Any) -> None:
    alone = trained(1, dtype, optimizer=optimizer)
    for threads in (2, 3, 4, 7):
        assert trained(threads, dtype, optimizer=optimizer) == alone


@every_dtype
@pytest.mark.parametrize(
    "options",
    [{"frozen": True}, {"frozen": True, "optimizer": OPTIMIZERS[3]}, {"sample_weight": np.arange(SAMPLES) % 3}],
    ids=["frozen", "frozen, Adam", "weighted"],
)
def test_frozen_layers_and_weights_are_shared_to_the_same_bits(dtype: str, options: dict[str, Any]) -> None:
    alone = trained(1, dtype, **options)
    for threads in (2, 3, 4):
        assert trained(threads, dtype, **options) == alone


@every_dtype
@pytest.mark.parametrize("optimizer", [OPTIMIZERS[0], OPTIMIZERS[3]], ids=str)
def test_a_layer_may_have_fewer_units_than_there_are_threads(dtype: str, optimizer: Any) -> None:
    """In a batch so long that its gradient is summed in several parts."""
    X = np.linspace(-1, 1, 1200)[:, None]

    def trained(threads: int) -> bytes:
        net = cbp.Network([1, 200, 1], "tanh", "identity", dtype=dtype)
        net.fit(X, X * X, epochs=2, batch_size=len(X), optimizer=optimizer, threads=threads)
        return net.parameters.tobytes()

    assert trained(1) == trained(2) == trained(4)


@every_dtype
@pytest.mark.parametrize("chance", [{}, {"dropout": 0.3, "input_noise": 0.1}])
def test_a_batch_may_go_through_a_small_network_in_parts(dtype: str, chance: dict[str, Any]) -> None:
    """What a thread takes at once is another part of the batch for each number of threads; no bit shows it."""
    rng = np.random.default_rng(8)
    X, labels = rng.normal(size=(6000, 60)), rng.integers(0, 3, 6000)

    def trained(threads: int) -> bytes:
        net = cbp.Network([60, 8, 3], "tanh", "softmax", cost="cross_entropy", dtype=dtype)
        net.fit(X, labels, epochs=3, batch_size=2900, threads=threads, **chance)
        return net.parameters.tobytes()

    assert trained(1) == trained(2) == trained(3)


@pytest.mark.parametrize("isa", ISAS)
def test_threads_do_not_show_on_any_instruction_set(isa: str) -> None:
    code = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent)]!r}\n"
        "from test_threads import trained\n"
        "for dtype in ('float32', 'float64'):\n"
        "    assert len({trained(threads, dtype) for threads in (1, 2, 3, 4)}) == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"CBP_ISA": isa}, timeout=120)


@every_dtype
@pytest.mark.parametrize("n", [1, 5, 255, 257, 1000])
def test_threads_predict_and_measure_the_same_bits(dtype: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net, (X, labels) = network(dtype), samples(n)
    monkeypatch.setenv("CBP_NUM_THREADS", "1")
    outputs, cost = net.predict(X), net.cost(X, labels)
    for threads in ("2", "3", "4"):
        monkeypatch.setenv("CBP_NUM_THREADS", threads)
        np.testing.assert_array_equal(net.predict(X), outputs)
        assert net.cost(X, labels) == cost


def test_a_numpy_activation_keeps_to_one_thread_and_its_error_arrives() -> None:
    def fails(z: Array) -> Array:
        raise ZeroDivisionError("no")

    net = network(
        activation=cbp.plugin.Activation("fails", forward=fails, derivative=fails), output_activation="softmax"
    )
    X, labels = samples()
    with pytest.raises(ZeroDivisionError, match="no"):
        net.fit(X, labels, epochs=1, batch_size=BATCH, threads=4)


def test_a_cost_that_is_not_finite_stops_every_thread() -> None:
    net, (X, _) = network(activation="identity", cost="quadratic", dtype="float32"), samples()
    before = net.parameters.copy()
    targets = np.full((SAMPLES, SIZES[-1]), 1e30, np.float32)
    with pytest.raises(FloatingPointError, match="batch 1 is not finite"):
        net.fit(X, targets, epochs=1, batch_size=BATCH, threads=4)
    np.testing.assert_array_equal(net.parameters, before)


def test_ctrl_c_stops_every_thread_after_a_whole_step() -> None:
    net, (X, labels) = network(), samples(1000)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, labels, epochs=100_000, batch_size=BATCH, threads=4)
    assert np.isfinite(net.parameters).all()
    net.fit(X, labels, epochs=1, batch_size=BATCH, threads=4)


def test_many_fits_at_once_do_not_disturb_each_other() -> None:
    alone = trained(1, "float32")
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: trained(3, "float32"), range(12))) == {alone}


def test_a_fork_trains_on() -> None:
    """Nothing of the team outlives a fit, so a forked child has all it needs."""
    alone = trained(4, "float32")
    code = (
        f"import os, sys; sys.path[:0] = {[str(Path(__file__).parent)]!r}\n"
        "from test_threads import trained\n"
        "alone = trained(4, 'float32')\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(trained(4, 'float32') != alone)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)
    assert trained(2, "float32") == alone


def test_the_environment_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in core_threads.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert core_threads.available() >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert core_threads.available() == 3
    monkeypatch.setenv("CBP_NUM_THREADS", "5")
    assert core_threads.available() == 5


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBP_NUM_THREADS", text)
    X, labels = samples()
    with pytest.raises(
        ValueError, match=f"CBP_NUM_THREADS: expected a whole number of threads, at least 1, got '{text}'"
    ):
        network().fit(X, labels, epochs=1)
    with pytest.raises(ValueError, match="threads: expected a whole number >= 1, got 0"):
        network().fit(X, labels, epochs=1, threads=0)
