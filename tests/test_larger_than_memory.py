"""Memory-mapped data: the bits of a training in memory, and no more memory than some batches take."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_cases import network, samples

import cbp
from cbp.callbacks import Callback, Checkpoint
from cbp.core.epoch import shuffled
from cbp.training import feeds, mapped

Array = np.ndarray[Any, Any]
every_shuffle = pytest.mark.parametrize("shuffle", [True, False, "blocks"])


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few samples are many parts, of five batches of four."""
    monkeypatch.setattr(mapped, "BLOCK", 20 * 5 * 8)
    monkeypatch.setattr(feeds, "NEIGHBOURS", 3)
    monkeypatch.setattr(feeds, "MIXED", 4)


def in_file(array: Array, folder: Path, name: str = "X") -> Array:
    np.save(folder / f"{name}.npy", array)
    stored: Array = np.load(folder / f"{name}.npy", mmap_mode="r")
    return stored


def whole_numbers(n: int = 50) -> tuple[Array, Array, Array]:
    """X and targets that any dtype holds, labels."""
    rng = np.random.default_rng(n)
    return rng.integers(0, 5, (n, 3)), rng.integers(0, 2, (n, 2)), rng.integers(0, 2, n)


def trained(X: Array, targets: Array, dtype: str = "float64", **options: Any) -> tuple[bytes, dict[str, list[float]]]:
    """The parameters after some epochs, and the history but for the time."""
    net = network(dtype=dtype)
    chosen: dict[str, Any] = {
        "epochs": 3,
        "batch_size": 4,
        "optimizer": cbp.Adam(lr=0.01),
        "seed": 3,
        "progress": False,
    } | options
    history = net.fit(X, targets, **chosen)
    return net.parameters.tobytes(), {name: column for name, column in history.items() if name != "seconds"}


@pytest.mark.parametrize("stored", ["f4", "f8", ">f8", "u1", "i2", "?"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_file_of_any_dtype_trains_to_the_bits_of_memory(stored: str, dtype: str, tmp_path: Path) -> None:
    X, y, _ = (each.astype(stored) for each in whole_numbers())
    assert trained(in_file(X, tmp_path), y, dtype) == trained(X, y, dtype)
    assert trained(in_file(X, tmp_path), in_file(y, tmp_path, "y"), dtype) == trained(X, y, dtype)


@every_shuffle
@pytest.mark.parametrize("labels", [False, True], ids=["numbers", "labels"])
def test_every_option_gives_the_bits_of_memory(shuffle: bool | str, labels: bool, tmp_path: Path) -> None:
    X, y, classes = samples()
    targets, weights = classes if labels else y, np.random.default_rng(1).random(len(X))
    options: dict[str, Any] = {
        "shuffle": shuffle,
        "sample_weight": weights,
        "validation": 0.3,
        "metrics": "top_1" if labels else ["r2", "mae"],
        "train_metrics": True,
        "dropout": 0.2,
    }
    stored = in_file(targets, tmp_path, "targets")
    assert trained(in_file(X, tmp_path), stored, **options) == trained(X, targets, **options)


def test_an_optimizer_that_looks_at_all_samples_reads_them_from_the_file(tmp_path: Path) -> None:
    X, y, _ = samples()
    assert trained(in_file(X, tmp_path), y, optimizer="lbfgs") == trained(X, y, optimizer="lbfgs")


@pytest.mark.parametrize("view", [np.s_[:, ::2], np.s_[::-1, :3], np.s_[7:, 1:4]], ids=str)
def test_a_view_of_a_file_is_a_file_too(view: Any, tmp_path: Path) -> None:
    X, y = np.random.default_rng(1).normal(size=(40, 5)), np.ones((40, 2))
    stored = in_file(X, tmp_path)[view]
    assert not isinstance(mapped.as_rows(X[view], np.dtype("f8"), "X"), mapped.Mapped)
    assert isinstance(mapped.as_rows(stored, np.dtype("f8"), "X"), mapped.Mapped)
    assert isinstance(mapped.as_rows(np.asarray(stored), np.dtype("f8"), "X"), mapped.Mapped)
    assert trained(stored, y[: len(stored)]) == trained(X[view], y[: len(stored)])


def test_held_out_data_and_data_to_evaluate_may_be_in_files(tmp_path: Path) -> None:
    X, y, _ = samples()
    stored = in_file(X, tmp_path), in_file(y, tmp_path, "y")
    assert trained(X, y, validation=stored, metrics="r2") == trained(X, y, validation=(X, y), metrics="r2")
    net = network()
    assert net.evaluate(*stored, metrics="rmse") == net.evaluate(X, y, metrics="rmse")


class Pause(Callback):
    """After the third batch of the second epoch."""

    def on_batch_end(self, run: Any) -> None:
        if (run.epoch, run.batch) == (1, 3):
            run.pause("here")


@every_shuffle
def test_a_training_stopped_on_a_file_goes_on_in_memory_to_the_same_bits(shuffle: bool | str, tmp_path: Path) -> None:
    X, y, _ = samples()
    stored, path = in_file(X, tmp_path), tmp_path / "run.safetensors"
    trained(stored, y, shuffle=shuffle, dropout=0.3, callbacks=[Pause(), Checkpoint(path)])
    through = trained(X, y, shuffle=shuffle, dropout=0.3)
    assert trained(X, y, shuffle=shuffle, dropout=0.3, resume=path) == through
    assert trained(stored, y, shuffle=shuffle, dropout=0.3, resume=path) == through


def test_a_number_that_is_not_finite_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    X, y, _ = samples()
    X[41, 2] = np.nan
    with pytest.raises(ValueError, match=re.escape("X: expected finite numbers, got nan at [41, 2]")):
        trained(in_file(X, tmp_path), y)
    X[41, 2] = 1e300
    with pytest.raises(ValueError, match=re.escape("X: its largest number, 1e+300, does not fit float32")):
        trained(in_file(X, tmp_path), y, "float32")


def test_targets_in_a_file_are_checked_as_those_in_memory(tmp_path: Path) -> None:
    X, y, _ = samples()
    net = network(cost="binary_cross_entropy")
    with pytest.raises(ValueError, match=re.escape(f"got {y.min():g} to {y.max():g}")):
        net.fit(X, in_file(y, tmp_path, "y"))


def test_blocks_go_through_a_file_window_by_window() -> None:
    n, blocks = 100, 34  # of three samples, four of them mixed with each other
    order = feeds.shuffled_in_blocks(n, 5, 2)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    done = 0
    for start in range(0, blocks, 4):
        members = shuffled(blocks, 5, 2)[start : start + 4]
        expected = [row for b in members for row in range(3 * b, min(3 * b + 3, n))]
        window = order[done : done + len(expected)]
        assert sorted(window) == sorted(expected)
        assert list(window) != expected
        done += len(expected)
    assert list(feeds.shuffled_in_blocks(n, 5, 3)) != list(order)
    assert list(feeds.shuffled_in_blocks(n, 6, 2)) != list(order)
    np.testing.assert_array_equal(feeds.shuffled_in_blocks(n, 5, 2), order)


def test_shuffle_is_one_of_three() -> None:
    X, y, _ = samples()
    with pytest.raises(ValueError, match="shuffle: expected True, False or 'blocks', got 'block'"):
        trained(X, y, shuffle="block")


def memory_of_a_training(folder: Path, stored: str, n: int, row: int) -> int:
    """The most that was allocated while a network learned from a file of n zero rows, a hole on the disk."""
    X = np.memmap(folder / "X", dtype=stored, mode="w+", shape=(n, row))
    net = cbp.Network([row, 2], cost="cross_entropy")
    tracemalloc.start()
    try:
        net.fit(X, np.arange(n) % 2, epochs=2, batch_size=64, validation=0.25)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("stored", ["u1", "f8"])
def test_memory_holds_orders_and_labels_and_some_rows(
    stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "BLOCK", 2**18)
    sizes = 2**12, 2**15
    small, large = (memory_of_a_training(tmp_path, stored, n, 512) for n in sizes)
    of_a_sample = (large - small) / (sizes[1] - sizes[0])
    assert of_a_sample < 60  # where a row is 2048 bytes as the network takes it
