"""`fit(batches)`: any iterable of batches, or a function that gives one, through the same steps as data in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_cases import every_optimizer, network, samples

import cbp
import cbp.schedules
from cbp.callbacks import Callback, Checkpoint

Array = np.ndarray[Any, Any]
X, Y, LABELS = samples()
WEIGHTS = np.random.default_rng(1).random(len(X))
SIZES = (5, 9, 1, 12, 3)


def alike(size: int = 8, *more: Array) -> list[tuple[Array, ...]]:
    """Batches of one size but the last, as a training without shuffling takes them."""
    return [tuple(each[i : i + size] for each in (X, *(more or (Y,)))) for i in range(0, len(X), size)]


def drawn(epoch: int) -> Iterator[tuple[Array, ...]]:
    """Batches of several sizes, in an order of the epoch's own."""
    order = np.random.default_rng(epoch).permutation(len(X))
    for rows in np.split(order, np.cumsum(SIZES)):
        yield X[rows], Y[rows], WEIGHTS[rows]


def fitted(*data: Any, **options: Any) -> tuple[bytes, dict[str, list[float]]]:
    """The parameters after some epochs, and the history but for the time."""
    net = network(cost=options.pop("cost", "squared_error"))
    chosen: dict[str, Any] = {"epochs": 3, "optimizer": cbp.Adam(lr=0.01)} | options
    history = net.fit(*data, **chosen)
    return net.parameters.tobytes(), {name: column for name, column in history.items() if name != "seconds"}


class Loader:
    """As PyTorch's DataLoader: its length is known, and lists are its batches."""

    def __len__(self) -> int:
        return len(alike())

    def __iter__(self) -> Iterator[list[Array]]:
        return map(list, alike())


@every_optimizer
def test_batches_train_to_the_bits_of_data_in_memory(optimizer: Any) -> None:
    options: dict[str, Any] = {"optimizer": optimizer, "dropout": 0.2, "validation": (X, Y), "l2": 1e-3}
    expected = fitted(X, Y, batch_size=8, shuffle=False, **options)
    for batches in (alike(), Loader(), alike, lambda: iter(alike())):
        assert fitted(batches, **options) == expected
    assert fitted(iter(alike() * 3), batches_per_epoch=7, **options) == expected


@pytest.mark.parametrize("stored", ["f4", "f8"])
def test_batches_may_be_parts_of_files(stored: str, tmp_path: Path) -> None:
    given = X.astype(stored), Y.astype(stored)
    for name, array in zip("XY", given, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    x, y = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "XY")
    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, len(X), 8)]
    assert fitted(batches) == fitted(*given, batch_size=8, shuffle=False)


def test_batches_have_labels_and_weights() -> None:
    whole = {"batch_size": 8, "shuffle": False, "cost": "cross_entropy", "class_weight": {1: 3.0}}
    expected = fitted(X, LABELS, sample_weight=WEIGHTS, **whole)
    assert fitted(alike(8, LABELS, WEIGHTS), cost="cross_entropy", class_weight={1: 3.0}) == expected


def test_a_batch_is_a_step_whatever_its_size() -> None:
    net, one_by_one = network(), network()
    net.fit(drawn, epochs=2, optimizer=cbp.SGD(lr=0.1))
    for epoch in range(2):
        for x, y, weights in drawn(epoch):
            one_by_one.fit(
                x, y, sample_weight=weights, batch_size=len(x), epochs=1, optimizer=cbp.SGD(lr=0.1), shuffle=False
            )
    assert net.parameters.tobytes() == one_by_one.parameters.tobytes()


def test_the_cost_of_an_epoch_is_the_mean_over_its_samples() -> None:
    net = network()
    history = net.fit(drawn, epochs=1, optimizer=cbp.SGD(lr=1e-12))
    assert history["cost"] == [pytest.approx(net.cost(X, Y, WEIGHTS))]


def test_a_function_is_told_which_epoch_of_the_network_it_is() -> None:
    told: list[int] = []

    def batches(epoch: int) -> Any:
        told.append(epoch)
        return alike()

    net = network()
    net.fit(batches, epochs=2)
    net.fit(batches, epochs=1)
    assert told == [0, 1, 2]


def test_a_function_with_other_defaults_is_told_nothing() -> None:
    def batches(size: int = 8) -> Any:
        return alike(size)

    assert fitted(batches) == fitted(alike(8))


def test_batches_that_weigh_nothing_are_no_steps() -> None:
    nothing = (X[:4], Y[:4], np.zeros(4))
    weighted = [(x, y, np.ones(len(x))) for x, y in alike()]
    assert fitted([weighted[0], nothing, *weighted[1:]], optimizer=cbp.SGD(lr=0.1)) == fitted(
        weighted, optimizer=cbp.SGD(lr=0.1)
    )


@pytest.mark.parametrize("at", [1, 4, 6, 9, 15])
def test_stopped_and_resumed_they_have_the_bits_of_one_training(at: int, tmp_path: Path) -> None:
    class Pause(Callback):
        def on_batch_end(self, run: Any) -> None:
            if run.step == at:
                run.pause("here")

    path, options = tmp_path / "run.safetensors", {"dropout": 0.3, "input_noise": 0.1, "seed": 5}
    through = fitted(drawn, **options)
    stopped = fitted(drawn, callbacks=[Pause(), Checkpoint(path)], **options)
    assert stopped != through
    assert fitted(drawn, resume=path, **options) == through


def test_an_iterator_goes_on_where_the_epoch_before_it_ended() -> None:
    history: list[int] = []

    def counted() -> Iterator[Any]:
        for k, batch in enumerate(alike(5)):
            history.append(k)
            yield batch

    net = network()
    rows = net.fit(counted(), epochs=100, batches_per_epoch=4)
    assert history == list(range(10))
    assert rows.epochs == 3  # the last of two batches
    assert rows.stopped == "the batches came to an end"
    same = network()
    same.fit(X, Y, epochs=1, batch_size=5, shuffle=False)
    assert net.parameters.tobytes() == same.parameters.tobytes()


def test_a_schedule_by_steps_knows_how_many_there_will_be_if_anybody_does() -> None:
    one_cycle = cbp.schedules.OneCycle(lr=0.1)
    expected = fitted(X, Y, batch_size=8, shuffle=False, schedule=one_cycle)
    assert fitted(Loader(), schedule=one_cycle) == expected
    assert fitted(lambda: iter(alike()), batches_per_epoch=7, schedule=one_cycle) == expected
    with pytest.raises(ValueError, match="nobody knows how many batches there will be"):
        fitted(lambda: iter(alike()), schedule=one_cycle)


def test_the_bits_are_those_of_any_number_of_threads_and_large_batches_share_them() -> None:
    rng = np.random.default_rng(1)
    sizes = (3, 700, 20, 900)
    batches = [(rng.normal(size=(n, 300)), rng.normal(size=(n, 2))) for n in sizes]
    used: list[int] = []

    class Threads(Callback):
        def on_batch_end(self, run: Any) -> None:
            used.append(run.position.threads)

    nets = [cbp.Network([300, 200, 2], activation="tanh", dtype="float64") for _ in range(2)]
    for net, threads in zip(nets, (1, 2), strict=True):
        net.fit(batches, epochs=2, threads=threads, callbacks=Threads())
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes()
    assert set(used[:8]) == {1}
    assert max(used[8:]) == 2


@pytest.mark.parametrize(
    ("source", "options", "error", "says"),
    [
        (X, {}, TypeError, "targets: expected real numbers, got None; they are only missing where X is an iterable"),
        (3, {}, TypeError, "X: expected samples, an iterable of batches, or a function that gives one; got 3"),
        ([], {}, ValueError, "X: expected a batch or more for each epoch, got none for epoch 1"),
        (iter([]), {"epochs": 1}, ValueError, "got none for epoch 1"),
        (iter(alike()), {}, ValueError, "X: expected batches for 3 epochs, got <list_iterator"),
        ([X], {}, TypeError, "batch 1 of epoch 1: expected (X, targets) or (X, targets, weights); got array([["),
        ([*alike(), (X, Y[:3])], {}, ValueError, "batch 8 of epoch 1: targets: expected shape (50, 2)"),
        ([*alike(), (X[:, :2], Y)], {}, ValueError, "batch 8 of epoch 1: X: expected samples as rows, shape (n, 3)"),
        (alike(), {"validation": 0.2}, ValueError, "validation: expected (X, targets), for no fraction of batches"),
        (alike(), {"sample_weight": WEIGHTS}, ValueError, "sample_weight: expected none with batches"),
        (alike(), {"class_weight": "balanced"}, ValueError, "class_weight: expected a weight for each label"),
        (alike(), {"train_metrics": True}, ValueError, "train_metrics: expected False with batches"),
        (alike(), {"batches_per_epoch": 0}, ValueError, "batches_per_epoch: expected a whole number >= 1, got 0"),
        (iter(alike()), {"epochs": 1, "resume": "x"}, ValueError, "X: expected batches that can be begun again"),
    ],
)
def test_what_is_no_batch_is_refused(source: Any, options: dict[str, Any], error: Any, says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        fitted(source, **options)


def test_an_optimizer_that_looks_at_all_samples_goes_through_the_batches_again_and_again() -> None:
    parameters, history = fitted(alike(), optimizer="lbfgs", epochs=5)
    net = network()
    expected = net.fit(X, Y, optimizer="lbfgs", epochs=5)
    np.testing.assert_allclose(np.frombuffer(parameters), net.parameters, rtol=1e-9)
    np.testing.assert_allclose(history["cost"], expected["cost"], rtol=1e-9)
    with pytest.raises(ValueError, match="X: expected batches that can be begun again, got <list_iterator"):
        fitted(iter(alike()), optimizer="lbfgs", epochs=1)


def test_samples_have_no_batches_per_epoch() -> None:
    with pytest.raises(ValueError, match="batches_per_epoch: expected none with samples and targets"):
        fitted(X, Y, batches_per_epoch=3)


def test_an_error_in_the_source_leaves_the_parameters_of_the_last_step() -> None:
    def batches() -> Iterator[Any]:
        yield from alike()[:2]
        raise OSError("the disk is gone")

    net, two = network(), network()
    with pytest.raises(OSError, match="the disk is gone"):
        net.fit(batches)
    two.fit(alike()[:2], epochs=1)
    assert net.parameters.tobytes() == two.parameters.tobytes()
