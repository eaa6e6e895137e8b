"""`fit`: what a step does, in which order samples come, and what is measured on the way."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight
from training_cases import OPTIMIZERS, Array, every_dtype, every_optimizer, network, samples

import cbp
from cbp import data
from cbp.callbacks import TimeBudget
from cbp.core.epoch import Epochs
from cbp.plugin import Cost
from cbp.training.history import History

FRACTION: Any = np.float32(0.2)


def descend(net: cbp.Network, X: Array, y: Array, batch_size: int, lr: float, weights: Array | None = None) -> float:
    """One epoch of plain gradient descent in order, from `net.gradients`; the mean cost before each step."""
    total = 0.0
    w = np.ones(len(X)) if weights is None else weights
    for start in range(0, len(X), batch_size):
        rows = slice(start, start + batch_size)
        got = net.gradients(X[rows], y[rows], w[rows])
        total += got.cost * float(w[rows].sum() if net.reduction == "mean" else 1)
        net.parameters = net.parameters - lr * got.flat
    return total / float(w.sum())


class Watched:
    """A cost that remembers the first target of every sample it measures, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.cost = Cost("watched", self.value, lambda a, y: 2 * (a - y))

    def value(self, a: Array, y: Array) -> Array:
        self.batches.append(y[:, 0].astype(int).tolist())
        return np.asarray(((a - y) ** 2).sum(axis=1))

    def epochs(self, n: int) -> Iterator[list[int]]:
        """The samples in the order of each epoch of n."""
        seen = [i for batch in self.batches for i in batch]
        return (seen[start : start + n] for start in range(0, len(seen), n))


def watched_fit(n: int, **options: Any) -> Watched:
    """Train on samples whose targets are their numbers 0 .. n-1."""
    watched = Watched()
    net = cbp.Network([1, 1], "identity", cost=watched.cost, init="zeros", dtype="float64", seed=4)
    net.fit(np.zeros((n, 1)), np.arange(float(n)), optimizer=cbp.SGD(lr=1e-9), **options)
    return watched


# ---- it learns ---------------------------------------------------------------------------------------------


@every_optimizer
@every_dtype
def test_it_learns_exclusive_or(optimizer: Any, dtype: str) -> None:
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net = cbp.Network([2, 8, 1], "tanh", cost="binary_cross_entropy", dtype=dtype, seed=0)
    history = net.fit(X, y, epochs=3000, batch_size=4, optimizer=optimizer)
    assert (net.predict(X)[:, 0] > 0.5).tolist() == [False, True, True, False]
    assert history["cost"][-1] < history["cost"][0] / 2


def test_it_learns_to_read_digits() -> None:
    digits = data.load("digits")
    scaled = digits.X / digits.X.max()
    net = cbp.Network([64, 32, 10], "relu", cost="cross_entropy", seed=0)
    history = net.fit(scaled, digits.targets, epochs=25, optimizer=cbp.Adam(lr=3e-3), validation=0.2)
    assert history["validation_accuracy"][-1] > 0.95
    assert history["cost"][-1] < 0.1 < history["cost"][0]


@pytest.mark.parametrize("cost", ["squared_error", "hinge", "cross_entropy", "focal", "binary_cross_entropy"])
def test_every_kind_of_cost_learns_from_labels(cost: str) -> None:
    X, _, labels = samples(300)
    net = network(cost=cost)
    net.fit(X, labels, epochs=60, optimizer=cbp.Adam(lr=0.01))
    assert (net.predict(X).argmax(axis=1) == labels).mean() > 0.95


# ---- a step is a step --------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 4, 7, 50, 51, 10_000])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_epoch_is_a_step_for_each_batch(batch_size: int, reduction: str) -> None:
    """In order without shuffling; the last batch may be smaller, or the only one."""
    X, y, _ = samples(50)
    weights = np.random.default_rng(0).random(50)
    net, reference = network(reduction=reduction), network(reduction=reduction)
    history = net.fit(
        X,
        y,
        epochs=3,
        batch_size=batch_size,
        optimizer=cbp.SGD(lr=0.01),
        shuffle=False,
        sample_weight=weights,
    )
    want = [descend(reference, X, y, batch_size, 0.01, weights) for _ in range(3)]
    np.testing.assert_allclose(net.parameters, reference.parameters, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(history["cost"], want, rtol=1e-12)


@every_optimizer
@every_dtype
def test_labels_train_to_the_bits_of_their_rows(optimizer: Any, dtype: str) -> None:
    X, _, labels = samples()
    for cost, off in (("cross_entropy", 0.0), ("hinge", -1.0)):
        by_label, by_row = network(cost=cost, dtype=dtype), network(cost=cost, dtype=dtype)
        by_label.fit(X, labels, epochs=3, optimizer=optimizer)
        by_row.fit(X, np.where(np.eye(2)[labels] == 1, 1.0, off), epochs=3, optimizer=optimizer)
        assert by_label.parameters.tobytes() == by_row.parameters.tobytes()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@every_optimizer
def test_a_weight_is_a_number_of_copies(optimizer: Any, reduction: str) -> None:
    X, y, _ = samples()
    copies = np.arange(50) % 4
    weighted, copied = network(reduction=reduction), network(reduction=reduction)
    weighted.fit(X, y, epochs=5, batch_size=50, optimizer=optimizer, sample_weight=copies)
    copied.fit(X.repeat(copies, axis=0), y.repeat(copies, axis=0), epochs=5, batch_size=200, optimizer=optimizer)
    np.testing.assert_allclose(weighted.parameters, copied.parameters, rtol=1e-8, atol=1e-10)


def test_a_batch_without_weight_changes_nothing() -> None:
    X, y, _ = samples(8)
    net = network()
    net.fit(X, y, batch_size=4, epochs=1, shuffle=False, sample_weight=[1, 1, 1, 1, 0, 0, 0, 0])
    first = network()
    first.fit(X[:4], y[:4], batch_size=4, epochs=1, shuffle=False)
    assert net.parameters.tobytes() == first.parameters.tobytes()


def test_class_weights_are_sample_weights() -> None:
    X, _, labels = samples()
    own = np.random.default_rng(0).random(50)
    for given, each in (
        ({0: 1.0, 1: 3.0}, np.where(labels, 3.0, 1.0)),
        ({1: 0.5}, np.where(labels, 0.5, 1.0)),
    ):
        by_class, by_sample = network(cost="cross_entropy"), network(cost="cross_entropy")
        by_class.fit(X, labels, epochs=2, class_weight=given, sample_weight=own)
        by_sample.fit(X, labels, epochs=2, sample_weight=own * each)
        assert by_class.parameters.tobytes() == by_sample.parameters.tobytes()


def test_balanced_class_weights_are_scikit_learns() -> None:
    X, _, labels = samples()
    balanced, by_sample = (network(sizes=[3, 4, 3], cost="cross_entropy") for _ in range(2))  # class 2 is absent
    each = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)
    balanced.fit(X, labels, epochs=2, class_weight="balanced")
    by_sample.fit(X, labels, epochs=2, sample_weight=each[labels])
    np.testing.assert_allclose(balanced.parameters, by_sample.parameters, rtol=1e-14)


# ---- order and seeds ---------------------------------------------------------------------------------------


def test_an_epoch_takes_every_sample_once_in_an_order_of_its_own() -> None:
    epochs = list(watched_fit(23, epochs=4, batch_size=5).epochs(23))
    assert len(epochs) == 4
    assert all(sorted(order) == list(range(23)) for order in epochs)
    assert len({tuple(order) for order in epochs}) == 4
    assert [len(batch) for batch in watched_fit(23, epochs=1, batch_size=5).batches] == [5, 5, 5, 5, 3]


def test_without_shuffling_the_order_is_the_datas() -> None:
    assert list(watched_fit(23, epochs=3, shuffle=False).epochs(23)) == [list(range(23))] * 3


def test_every_order_is_equally_likely() -> None:
    """4! orders in 4800 epochs: χ² with 23 degrees of freedom stays below its 99.9 % point."""
    orders = [tuple(order) for order in watched_fit(4, epochs=4800).epochs(4)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 24
    assert sum((c - 200) ** 2 / 200 for c in counts) < 49.7


def test_the_seed_decides_the_order() -> None:
    first, again, other = (watched_fit(50, epochs=2, seed=seed).batches for seed in (1, 1, 2))
    assert first == again != other
    assert watched_fit(50, epochs=2).batches == watched_fit(50, epochs=2, seed=4).batches  # the network's own


@every_optimizer
@every_dtype
def test_a_run_is_reproducible_bit_for_bit(optimizer: Any, dtype: str) -> None:
    X, y, _ = samples()
    runs = [network(dtype=dtype) for _ in range(3)]
    for net, seed in zip(runs, (None, None, 99), strict=True):
        net.fit(X, y, epochs=4, optimizer=optimizer, seed=seed)
    assert runs[0].parameters.tobytes() == runs[1].parameters.tobytes()
    assert runs[0].parameters.tobytes() != runs[2].parameters.tobytes()


def test_another_process_gets_the_same_bits() -> None:
    script = (
        "import cbp, numpy as np\n"
        "net = cbp.Network([3, 20, 2], 'gelu', cost='cross_entropy', seed=3)\n"
        "X, labels = np.random.default_rng(0).normal(size=(99, 3)), np.arange(99) % 2\n"
        "net.fit(X, labels, epochs=3, optimizer='adam')\n"
        "print(net.parameters.tobytes().hex())"
    )
    runs = {subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1


@every_dtype
def test_two_and_three_epochs_are_five(dtype: str) -> None:
    X, y, _ = samples()
    once, twice = network(dtype=dtype), network(dtype=dtype)
    whole = once.fit(X, y, epochs=5, batch_size=8)
    first, second = twice.fit(X, y, epochs=2, batch_size=8), twice.fit(X, y, epochs=3, batch_size=8)
    assert once.parameters.tobytes() == twice.parameters.tobytes()
    assert whole["cost"] == first["cost"] + second["cost"]
    assert once.epochs_trained == twice.epochs_trained == 5


def test_networks_in_many_threads_train_as_alone() -> None:
    X, y, _ = samples(400)

    def train(seed: int) -> bytes:
        net = network(sizes=[3, 30, 2], seed=seed)
        net.fit(X, y, epochs=20, optimizer=OPTIMIZERS[seed % 4], validation=0.1)
        return net.parameters.tobytes()

    alone = [train(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(train, range(8))) == alone


# ---- held-out data and the history -------------------------------------------------------------------------


def test_a_fraction_is_held_out_and_never_learned_from() -> None:
    watched = watched_fit(40, epochs=2, batch_size=16, validation=0.25)
    learned = {i for batch in watched.batches for i in batch if len(batch) in (16, 14)}
    held = {i for batch in watched.batches for i in batch if len(batch) == 10}
    assert len(learned) == 30
    assert len(held) == 10
    assert not learned & held
    again = watched_fit(40, epochs=2, batch_size=16, validation=0.25, seed=5)
    assert held != {i for batch in again.batches for i in batch if len(batch) == 10}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_held_out_cost_and_accuracy_are_those_after_the_epoch(reduction: str) -> None:
    X, _, labels = samples(60)
    net = network(cost="cross_entropy", reduction=reduction)
    history = net.fit(X[:40], labels[:40], epochs=3, validation=(X[40:], labels[40:]))
    total = net.cost(X[40:], labels[40:])
    assert history["validation_cost"][-1] == pytest.approx(total / (20 if reduction == "sum" else 1), rel=1e-12)
    assert history["validation_accuracy"][-1] == (net.predict(X[40:]).argmax(axis=1) == labels[40:]).mean()
    assert history["cost"][-1] < 2  # a mean too


def test_held_out_cost_is_weighted_as_training_is() -> None:
    X, y, _ = samples(40)
    weights = np.random.default_rng(1).random(40)
    net = network()
    history = net.fit(X, y, epochs=1, validation=0.5, sample_weight=weights, seed=7)
    held = np.random.default_rng(7).permutation(40)[:20]
    assert history["validation_cost"][-1] == pytest.approx(net.cost(X[held], y[held], weights[held]), rel=1e-12)


def test_looking_at_held_out_data_changes_nothing() -> None:
    X, y, _ = samples()
    with_look, without = network(), network()
    with_look.fit(X, y, epochs=3, validation=(X[:5], y[:5]))
    without.fit(X, y, epochs=3)
    assert with_look.parameters.tobytes() == without.parameters.tobytes()


def test_the_history_has_a_row_for_each_epoch() -> None:
    X, y, labels = samples()
    plain = network().fit(X, y, epochs=3)
    assert set(plain) == {"cost", "seconds"}
    assert set(network().fit(X, y, epochs=1, validation=0.2)) == {"cost", "seconds", "validation_cost"}
    full = network(cost="cross_entropy").fit(X, labels, epochs=4, validation=FRACTION)
    assert set(full) == {"cost", "seconds", "validation_cost", "validation_accuracy"}
    assert {len(full[name]) for name in full} == {4}
    assert full["seconds"] == sorted(full["seconds"])
    assert full.epochs == full.total == 4


def test_progress_sees_the_history_after_each_epoch() -> None:
    X, y, _ = samples()
    seen: list[tuple[History, int]] = []
    history = network().fit(X, y, epochs=3, progress=lambda history: seen.append((history, history.epochs)))
    assert seen == [(history, 1), (history, 2), (history, 3)]


def test_a_failing_progress_function_stops_after_a_whole_epoch() -> None:
    X, y, _ = samples()
    net, one = network(), network()

    def fail(history: History) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        net.fit(X, y, epochs=3, progress=fail)
    one.fit(X, y, epochs=1)
    assert net.parameters.tobytes() == one.parameters.tobytes()
    assert net.epochs_trained == 1


# ---- frozen layers -----------------------------------------------------------------------------------------


@every_optimizer
@every_dtype
@pytest.mark.parametrize("frozen", [(2,), (3,), (4,), (2, 3), (2, 4), (3, 4), (2, 3, 4)])
def test_frozen_layers_keep_their_bits_and_the_others_learn(
    frozen: tuple[int, ...], optimizer: Any, dtype: str
) -> None:
    X, y, _ = samples()
    net = network(sizes=[3, 5, 4, 2], dtype=dtype)
    for l in frozen:
        net.freeze(l)
    before = {l: (net.W[l].tobytes(), net.b[l].tobytes()) for l in net.W}
    history = net.fit(X, y, epochs=3, optimizer=optimizer)
    for l in net.W:
        assert ((net.W[l].tobytes(), net.b[l].tobytes()) == before[l]) == (l in frozen)
    assert len(history["cost"]) == 3
    net.freeze(frozen[0], False).fit(X, y, epochs=1, optimizer=optimizer)
    assert net.W[frozen[0]].tobytes() != before[frozen[0]][0]


@every_optimizer
def test_a_first_step_of_a_layer_is_the_same_beside_a_frozen_one(optimizer: Any) -> None:
    X, y, _ = samples()
    free, part = network(sizes=[3, 5, 4, 2]), network(sizes=[3, 5, 4, 2]).freeze(3)
    for net in (free, part):
        net.fit(X, y, epochs=1, batch_size=50, optimizer=optimizer)
    for l in (2, 4):
        assert free.W[l].tobytes() == part.W[l].tobytes()
        assert free.b[l].tobytes() == part.b[l].tobytes()


# ---- memory ------------------------------------------------------------------------------------------------


@every_optimizer
def test_training_longer_takes_no_more_memory(optimizer: Any) -> None:
    net, (X, y, _) = network(), samples(200)
    train: dict[str, Any] = {"batch_size": 1, "optimizer": optimizer, "validation": (X, y)}
    net.fit(X, y, epochs=2, **train)
    peaks = []
    for epochs in (2, 60):
        tracemalloc.start()
        net.fit(X, y, epochs=epochs, **train)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 60 * 500  # a row of the history for each epoch


def test_a_batch_in_parts_is_one_step() -> None:
    """Of a network so small that a batch goes through it in parts: η times the gradient of all of it."""
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(3000, 40)), rng.normal(size=(3000, 2))
    by_hand, by_fit = (cbp.Network([40, 5, 2], "tanh", "identity", dtype="float64", seed=1) for _ in range(2))
    descend(by_hand, X, Y, 3000, 0.1)
    by_fit.fit(X, Y, epochs=1, batch_size=3000, optimizer=cbp.optimizers.SGD(0.1), shuffle=False)
    np.testing.assert_allclose(by_fit.parameters, by_hand.parameters, rtol=1e-11, atol=1e-13)


def test_what_trained_is_gone_when_fit_returns() -> None:
    """Without the garbage collector: its buffers are as large as a batch."""
    net, (X, y, _) = network(), samples(200)
    gc.collect()
    gc.disable()
    try:
        net.fit(X, y, epochs=2, callbacks=[TimeBudget(100)])
        assert not [each for each in gc.get_objects() if isinstance(each, Epochs)]
    finally:
        gc.enable()


def test_the_core_loses_no_memory() -> None:
    """The most a process ever held, after 5 epochs and after 2000: seen from outside, leaks in C included."""
    script = (
        "import resource, numpy as np, cbp\n"
        "X, y = np.random.default_rng(0).normal(size=(64, 8)), np.arange(64) % 4\n"
        "net = cbp.Network([8, 16, 4], 'gelu', cost='cross_entropy')\n"
        "def peak(epochs):\n"
        "    net.fit(X, y, epochs=epochs, batch_size=1, optimizer='adam')\n"
        "    net.gradients(X, y); net.predict(X)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "peak(200); print(peak(5), peak(2000))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env={**os.environ}).stdout
    few, many = map(int, out.split())
    assert many - few <= 512 * (1024 if sys.platform == "darwin" else 1)  # KiB; a leak of 4 bytes a step shows
