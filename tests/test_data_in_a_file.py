"""Tables that stay in their file: what is read of them in memory, and a training by ``cbp train`` to the same bits."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Run

import cbp
from cbp import data
from cbp.cli import pictures, sources
from cbp.data import DataError, Dataset, InFile, Scaling, in_file, raw, scaling
from cbp.preparation import Preparation
from cbp.training import mapped

Array = np.ndarray[Any, Any]
FIELDS = [("a", "i4"), ("b", ">f8"), ("c", "?"), ("y", "U5")]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few samples are many parts."""
    monkeypatch.setattr(in_file, "BLOCK", 150)
    monkeypatch.setattr(mapped, "BLOCK", 1500)


def table(n: int = 90) -> Array:
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, 4)) * [1, 10, 100, 1e-3]
    return np.column_stack([X, (X[:, 0] + X[:, 1] / 10 > 0) + 2 * (X[:, 2] > 100)])


def structured(n: int = 30) -> Array:
    words = np.array(["no", "yes", "maybe"])
    return np.array([(k, k / 7, k % 2, words[k % 3]) for k in range(n)], FIELDS)


def both(array: Array, folder: Path, **options: Any) -> tuple[Dataset, Dataset]:
    """Read into memory, and left in the file."""
    np.save(folder / "t.npy", array)
    return data.load(folder / "t.npy", **options), data.load(folder / "t.npy", memory_map=True, **options)


def both_npz(folder: Path, **arrays: Any) -> tuple[Dataset, Dataset]:
    """As `both`, of an archive."""
    np.savez(folder / "t.npz", **arrays)
    return data.load(folder / "t.npz"), data.load(folder / "t.npz", memory_map=True)


def assert_same(there: Any, here: Any) -> None:
    assert isinstance(there, InFile)
    assert there.shape == here.shape
    rows = np.random.default_rng(0).permutation(len(here))[:20]
    for chosen in (slice(None), slice(3, 17), rows, np.arange(len(here)) % 3 == 1):
        read: Array = there[chosen]
        assert (read.dtype, read.flags.c_contiguous) == (here.dtype, True)
        np.testing.assert_array_equal(read, here[chosen])


@pytest.mark.parametrize("stored", ["f4", ">f8", "f2", "u1", "i2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_table_of_any_number_type_is_what_it_is_in_memory(
    stored: str, order: Any, dtype: str, tmp_path: Path
) -> None:
    array = np.abs(table()).astype(stored, order=order)
    here, there = both(array, tmp_path, dtype=dtype, task="regression")
    assert_same(there.X, here.X)
    np.testing.assert_array_equal(there.targets, here.targets)


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (table(), {"target": 1}),
        (table(), {"features": ["x4", "x1"]}),
        (table(), {"target": ["x2", "x3"], "features": [0, 3]}),
        (structured(), {}),
        (structured(), {"features": ["c", "a"]}),
        (structured(), {"target": "b", "features": ["c", "a"]}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else str(value.dtype.names),
)
def test_its_columns_are_chosen_as_in_memory(array: Array, options: dict[str, Any], tmp_path: Path) -> None:
    here, there = both(array, tmp_path, **options)
    assert_same(there.X, here.X)
    np.testing.assert_array_equal(there.targets, here.targets)
    for name in ("feature_names", "class_names", "target_names", "summary", "task"):
        assert getattr(there, name) == getattr(here, name)


def test_its_parts_and_what_is_made_of_them_are_those_of_memory(tmp_path: Path) -> None:
    here, there = both(table(), tmp_path)
    for part, expected in zip(there.split(0.3, seed=1), here.split(0.3, seed=1), strict=True):
        assert_same(part.X, expected.X)
        (rest, column), (other, kept) = part.without(2), expected.without(2)
        assert_same(rest.X, other.X)
        np.testing.assert_array_equal(column, kept)
        assert rest.feature_names == other.feature_names == ("x1", "x2", "x4")
        fitted = Scaling.fit(part.X)
        assert fitted.to_json() == Scaling.fit(expected.X).to_json()
        assert_same(part.scaled(fitted).split(0.5)[1].X, expected.scaled(fitted).split(0.5)[1].X)
    with pytest.raises(DataError, match="expected 4 columns, as in training, got shape"):
        fitted.apply(rest.X)


@pytest.mark.parametrize("stored", ["f4", ">f8", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_table_of_an_archive_is_what_it_is_in_memory(stored: str, order: Any, tmp_path: Path) -> None:
    array = np.abs(table()).astype(stored, order=order)
    here, there = both_npz(tmp_path, y=array[:, 4] > 0, X=array[:, :4])
    assert_same(there.X, here.X)
    np.testing.assert_array_equal(there.targets, here.targets)
    assert there.feature_names == here.feature_names
    there, here = (data.load(tmp_path / "t.npz", memory_map=each, features=["x4", "x1"]) for each in (True, False))
    assert_same(there.X, here.X)
    assert there.feature_names == here.feature_names == ("x4", "x1")
    samples = [data.load_features(tmp_path / "t.npz", memory_map=each) for each in (True, False)]
    assert_same(*samples)


def test_an_archive_may_have_a_test_part(tmp_path: Path) -> None:
    X, y = table()[:, :4], np.arange(90) % 3
    here, there = both_npz(tmp_path, x_train=X[:60], y_train=y[:60], x_test=X[60:], y_test=y[60:])
    for part, expected in zip(there.train_and_test(), here.train_and_test(), strict=True):
        assert_same(part.X, expected.X)
        np.testing.assert_array_equal(part.targets, expected.targets)


@pytest.mark.parametrize("save", [np.savez_compressed, np.savez])
def test_what_cannot_stay_in_an_archive_is_read(save: Any, tmp_path: Path) -> None:
    """What is packed, and images."""
    X = table()[:, :4] if save is np.savez_compressed else np.arange(90 * 4, dtype=np.uint8).reshape(90, 2, 2)
    save(tmp_path / "t.npz", X=X, y=np.arange(90) % 2)
    (tmp_path / "t.npz.gz").write_bytes(gzip.compress((tmp_path / "t.npz").read_bytes()))
    here, *read = (data.load(tmp_path / name, memory_map=name != "t.npz") for name in ("t.npz", "t.npz.gz"))
    for each in (*read, data.load(tmp_path / "t.npz", memory_map=True)):
        assert not isinstance(each.X, InFile)
        np.testing.assert_array_equal(each.X, here.X)


def assert_refused_alike(path: Path) -> None:
    said = []
    for memory_map in (False, True):
        with pytest.raises(DataError) as refusal:
            data.load(path, memory_map=memory_map)
        said.append(str(refusal.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("damage", ["magic", "shape", "nan"])
def test_what_is_wrong_with_an_archive_is_said_as_of_memory(damage: str, tmp_path: Path) -> None:
    X = table()[:, :4]
    X[7, 2] = np.nan if damage == "nan" else 1
    np.savez(tmp_path / "t.npz", X=X, y=np.arange(90) % 2)
    content = (tmp_path / "t.npz").read_bytes()
    before, after = {"magic": (b"NUMPY", b"numpy"), "shape": (b"(90, 4)", b"(90, 5)"), "nan": (b"", b"")}[damage]
    (tmp_path / "t.npz").write_bytes(content.replace(before, after, 1))
    assert_refused_alike(tmp_path / "t.npz")


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    here, _ = both(table(), tmp_path)
    (tmp_path / "t.npy.gz").write_bytes(gzip.compress((tmp_path / "t.npy").read_bytes()))
    packed = data.load(tmp_path / "t.npy.gz", memory_map=True)
    assert not isinstance(packed.X, InFile)
    np.testing.assert_array_equal(packed.X, here.X)


def bad_files() -> Iterator[tuple[str, Array, int]]:
    """What is wrong with a table; and how many of its last bytes are not there."""
    missing, infinite, large = table(), table(), table()
    missing[70, 2], infinite[3, 0], large[50, 1] = np.nan, -np.inf, 1e39
    words = structured().astype([("a", "U5"), *FIELDS[1:]])
    yield from (("missing", missing, 0), ("infinite", infinite, 0), ("too large", large, 0), ("words", words, 0))
    yield from (("cut short", table(), 8), ("cut to the header", table(), 90 * 5 * 8))
    yield from (("empty", np.zeros((0, 4)), 0), ("flat", np.zeros(4), 0), ("texts", np.array([["a", "b"]]), 0))


@pytest.mark.parametrize(("array", "short"), [each[1:] for each in bad_files()], ids=[each[0] for each in bad_files()])
def test_what_is_wrong_with_it_is_said_as_of_memory(array: Array, short: int, tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", array)
    content = (tmp_path / "t.npy").read_bytes()
    (tmp_path / "t.npy").write_bytes(content[: len(content) - short])
    assert_refused_alike(tmp_path / "t.npy")


def test_a_network_learns_from_it_and_answers(tmp_path: Path) -> None:
    nets = []
    for each in both(table(), tmp_path):
        train, held_out = each.split(0.3)
        preparation = Preparation.fit(train, features=True, targets=False)
        train, ready = preparation.applied(train), preparation.applied(held_out)
        net = cbp.Network([4, 6, 4], activation="tanh", cost="cross_entropy", seed=1)
        net.fit(train.X, train.targets, epochs=3, batch_size=8, validation=(ready.X, ready.targets))
        nets.append((net.parameters.tobytes(), preparation.score(net, held_out).summary))
    assert nets[0] == nets[1]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--dtype", "float64", "--optimizer", "lbfgs"),
        ("--sample-weight", "x2", "--features", "x1,x3"),
        ("--validation", "0.2", "--metrics", "top_2", "--train-metrics", "--class-weight", "balanced"),
        ("--validation", "other.npy", "--early-stopping", "2", "--ema", "0.9"),
        ("--target", "x1,x3"),
        ("--shuffle-blocks", "--no-scale", "--test-fraction", "0"),
    ],
    ids=" ".join,
)
def test_a_large_file_is_trained_on_where_it_is_to_the_same_model(
    options: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, n in (("big.npy", 90), ("other.npy", 40)):
        numbers = table(n)
        numbers[:, 1] = np.abs(numbers[:, 1])
        np.save(name, numbers)
    words = ("train", "big.npy", "--epochs", "3", "--hidden", "6", *options)
    printed = [run(*words, "--quiet")]
    model = Path("big.safetensors").read_bytes()
    monkeypatch.setattr(sources, "LARGE", 1000)
    monkeypatch.setattr(data.Dataset, "__post_init__", lambda self: isinstance(self.X, InFile) or pytest.fail("read"))
    printed.append(run(*words, "--quiet"))
    assert Path("big.safetensors").read_bytes() == model
    assert [each.err for each in printed] == ["", ""]
    assert printed[0].out.partition(" in ")[0] == printed[1].out.partition(" in ")[0]
    again = run("train", "--config", "big.toml", "--epochs", "3")
    assert "was" not in again.err
    assert Path("big.safetensors").read_bytes() == model


def test_it_is_evaluated_and_predicted_where_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("big.npy", table())
    run("train", "big.npy", "--epochs", "3", "--hidden", "6", "--quiet")
    commands = [
        ("evaluate", "big.safetensors", "big.npy", "--json"),
        ("evaluate", "big.safetensors", "big.npy", "--held-out", "--json"),
        ("predict", "big.safetensors", "big.npy", "--target", "x5", "--probabilities"),
    ]
    said = [run(*command) for command in commands]
    monkeypatch.setattr(sources, "LARGE", 1000)
    monkeypatch.setattr(raw, "as_rows", lambda *_: pytest.fail("read"))
    assert [run(*command) for command in commands] == said
    assert all(each.status == 0 and len(each.out) > 100 for each in said)


def test_an_archive_is_trained_on_and_asked_where_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez("big.npz", X=table()[:, :4], y=np.arange(90) % 3)
    commands = [
        ("train", "big.npz", "--epochs", "3", "--hidden", "6", "--quiet"),
        ("evaluate", "big.safetensors", "big.npz", "--held-out", "--json"),
        ("predict", "big.safetensors", "big.npz", "--probabilities"),
    ]
    said = [run(*command) for command in commands]
    model = Path("big.safetensors").read_bytes()
    monkeypatch.setattr(sources, "LARGE", 1000)
    monkeypatch.setattr(raw, "as_rows", lambda *_: pytest.fail("read"))
    again = [run(*command) for command in commands]
    assert again[1:] == said[1:]
    assert (again[0].status, again[0].err) == (0, "")
    assert Path("big.safetensors").read_bytes() == model


@pytest.mark.parametrize("what", ["confusion", "boundary", "activations", "gradients"])
def test_it_is_drawn_where_it_is(what: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same picture; of some of the samples where more would show no more."""
    np.save("big.npy", table()[:, [0, 1, 4]])
    run("train", "big.npy", "--epochs", "3", "--hidden", "6", "--quiet")
    words = ("plot", "big.safetensors", "big.npy", "--what", what, "--held-out", "--out", "p.png")
    assert run(*words).status == 0
    picture = Path("p.png").read_bytes()
    monkeypatch.setattr(sources, "LARGE", 1000)
    monkeypatch.setattr(raw, "as_rows", lambda *_: pytest.fail("read"))
    assert run(*words).err == ""
    assert Path("p.png").read_bytes() == picture
    monkeypatch.setattr(pictures, "MOST", 10)
    assert run(*words).err == ("" if what == "confusion" else "drawn from 10 of 19 samples\n")
    assert (Path("p.png").read_bytes() == picture) == (what == "confusion")


def test_levenberg_marquardt_says_that_it_needs_memory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGE", 1000)
    np.save("big.npy", table())
    said = run("train", "big.npy", "--optimizer", "lm", "--cost", "squared_error", "--target", "x1")
    assert "X: expected samples and targets in memory, for LevenbergMarquardt" in said.err


def test_memory_holds_orders_and_labels_and_some_rows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (in_file, mapped, scaling):
        monkeypatch.setattr(module, "BLOCK", 2**18)
    monkeypatch.setattr(sources, "LARGE", 1000)
    peaks, sizes = [], (2**11, 2**14)
    for n in sizes:
        stored = np.lib.format.open_memmap("big.npy", "w+", np.float32, (n, 512))
        stored[:, -1] = np.arange(n) % 2
        del stored
        tracemalloc.start()
        run("train", "big.npy", "--epochs", "2", "--hidden", "2", "--quiet")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / (sizes[1] - sizes[0]) < 150  # where a row is 2048 bytes in the file
