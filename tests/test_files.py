"""Model files: what goes in comes out, and a failed write leaves the old file."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import RICH, Array, description_of, files_in, network
from safetensors import safe_open

import cbp
from cbp.files import ModelError
from cbp.plugin import Activation


def samples() -> tuple[Array, Array]:
    return np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def saved(path: Path) -> Path:
    """A good model file, alone in its folder."""
    network().save(path)
    return path


# ---- what goes in comes out --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loaded_network_is_the_saved_one(path: Path, dtype: str) -> None:
    net, (X, labels) = network(dtype=dtype), samples()
    net.fit(X, labels, epochs=3)
    net.freeze(3).save(path, extra={"classes": ["no", "yes"], "scaling": {"mean": [0.5, None]}, "σ": 1})
    again = cbp.load(path)
    assert again.parameters.tobytes() == net.parameters.tobytes()
    assert again.predict(X).tobytes() == net.predict(X).tobytes()
    for name in (
        "sizes",
        "dtype",
        "reduction",
        "seed",
        "layer_activations",
        "cost_function",
        "frozen",
        "epochs_trained",
    ):
        assert getattr(again, name) == getattr(net, name), name
    assert [str(s) for s in again.layer_activations] == [
        "celu(alpha=2.5)",
        "leaky_relu(alpha=0.3)",
        "silu(beta=1)",
        "softmax",
    ]
    assert again.extra == {"classes": ["no", "yes"], "scaling": {"mean": [0.5, None]}, "σ": 1}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_goes_on_where_it_was(path: Path, dtype: str) -> None:
    X, labels = samples()
    whole, parts = network(dtype=dtype).freeze(2), network(dtype=dtype).freeze(2)
    whole.fit(X, labels, epochs=5)
    parts.fit(X, labels, epochs=2)
    parts.save(path)
    resumed = cbp.load(path)
    resumed.fit(X, labels, epochs=3)
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()


def test_extra_travels_with_the_network(path: Path) -> None:
    net = network()
    net.extra["note"] = "first"
    net.save(path)
    again = cbp.load(path)
    assert again.extra == {"note": "first"}
    again.save(path)
    assert cbp.load(path).extra == {"note": "first"}
    again.save(path, extra={})
    assert cbp.load(path).extra == {}
    assert network().extra == {}


def test_the_same_network_is_always_the_same_file(path: Path) -> None:
    files = set()
    for _ in range(20):
        cbp.Network([2, 3, 1]).save(path, extra={"unit": "µm"})
        files.add(path.read_bytes())
    assert len(files) == 1


def test_any_safetensors_reader_finds_the_tensors(saved: Path) -> None:
    net = network()
    with safe_open(str(saved), framework="np") as file:
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    assert {name: x.shape for name, x in found.items()} == {
        "W2": (5, 3),
        "b2": (5,),
        "W3": (4, 5),
        "b3": (4,),
        "W4": (2, 4),
        "b4": (2,),
    }
    for l in net.W:
        np.testing.assert_array_equal(found[f"W{l}"], net.W[l])
    description = description_of(saved)
    assert description["sizes"] == [3, 5, 4, 2]
    described = description["activations"][1]
    assert len(described.pop("probe")) == 18
    assert described == {
        "name": "leaky_relu",
        "distribution": "cbp",
        "version": cbp.__version__,
        "spec_version": 1,
        "params": {"alpha": 0.3},
    }


@pytest.mark.parametrize("name", ["model", "Модель σ.safetensors", "with space", ".hidden", "x" * 255])
def test_any_path_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (name, Path(name), tmp_path / name, os.fspath(tmp_path / name)):
        network().save(path)
        assert cbp.load(path).sizes == (3, 5, 4, 2)
    assert files_in(tmp_path) == [name]


def test_a_file_has_the_permissions_of_any_new_file(saved: Path) -> None:
    other = saved.with_name("other")
    other.touch()
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_an_activation_of_this_process_must_be_registered_again(path: Path) -> None:
    cube = Activation("cube_of_files", lambda z: z**3, derivative=lambda z, a: 3 * z**2)
    net = cbp.Network([3, 2], cube)
    net.save(path)
    with pytest.raises(
        ModelError, match=r"it uses the activation 'cube_of_files' of 'local', not found here: register it"
    ):
        cbp.load(path)
    cbp.register(cube)
    X, _ = samples()
    assert cbp.load(path).predict(X).tobytes() == net.predict(X).tobytes()


# ---- a failed write ----------------------------------------------------------------------------------------


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("function", "failure", "error"),
    [
        ("fsync", full_disk, OSError),
        ("replace", full_disk, OSError),
        ("fsync", interrupted, KeyboardInterrupt),
        ("replace", interrupted, KeyboardInterrupt),
    ],
)
def test_a_write_that_fails_leaves_the_old_file(
    saved: Path, monkeypatch: pytest.MonkeyPatch, function: str, failure: Callable[..., None], error: type
) -> None:
    before = saved.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, function, failure)
        with pytest.raises(error) as refusal:
            network(seed=1).save(saved)
    if error is OSError:
        assert str(refusal.value) == f"[Errno 28] could not write the model: No space left on device: '{saved}'"
    assert saved.read_bytes() == before
    assert files_in(saved.parent) == [saved.name]
    network(seed=1).save(saved)
    assert cbp.load(saved).seed == 1


def test_a_disk_that_fills_up_leaves_the_old_file(saved: Path) -> None:
    """A process that may write no more than 300 bytes to a file stops in the middle."""
    script = (
        "import resource, signal, sys, cbp\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
        "try: cbp.Network([3, 2]).save(sys.argv[1])\n"
        "except OSError as error: print(error)"
    )
    before = saved.read_bytes()
    done = subprocess.run([sys.executable, "-c", script, str(saved)], capture_output=True, text=True, check=True)
    assert done.stdout == f"[Errno 27] could not write the model: File too large: '{saved}'\n"
    assert saved.read_bytes() == before
    assert files_in(saved.parent) == [saved.name]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder").mkdir()
    for name, error in (
        ("nowhere/model", FileNotFoundError),
        ("file/model", NotADirectoryError),
        ("folder", IsADirectoryError),
    ):
        with pytest.raises(error, match=f"could not write the model: .*{name}'"):
            network().save(tmp_path / name)
    assert files_in(tmp_path) == ["file", "folder"]
    assert files_in(tmp_path / "folder") == []


def terminal(path: Path) -> None:
    """A character device at `path`, open till the end; not even root can replace a file of its folder."""
    path.symlink_to(os.ttyname(os.openpty()[1]))


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(path))


@pytest.mark.parametrize("make", [os.mkfifo, bound_socket, terminal])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_refused_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], linked: bool
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    make(Path("special"))
    Path("link").symlink_to("special")
    before, name = Path("special").stat(), "link" if linked else "special"
    with pytest.raises(OSError, match=rf"could not write the model: is no ordinary file; name another: '{name}'$"):
        network().save(name)
    assert os.path.samestat(Path("special").stat(), before)
    assert files_in(tmp_path) == ["link", "special"]


@pytest.mark.parametrize("target", ["there/model", "there/new"])
def test_a_link_stays_a_link_and_what_it_names_is_written(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").mkdir()
    network(seed=1).save(tmp_path / "there" / "model")
    for name, to in (("link", "second"), ("second", target)):
        (tmp_path / name).symlink_to(to)
    network(seed=2).save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "second").is_symlink()
    assert not (tmp_path / target).is_symlink()
    assert cbp.load(tmp_path / target).seed == cbp.load(tmp_path / "link").seed == 2
    assert files_in(tmp_path) == ["link", "second", "there"]
    assert files_in(tmp_path / "there") == sorted({"model", Path(target).name})


@pytest.mark.parametrize(
    ("to", "error", "why"),
    [
        ("nowhere/model", FileNotFoundError, "No such file"),
        ("link", OSError, "symbolic links"),
        (".", IsADirectoryError, "is a folder"),
    ],
)
def test_a_link_to_where_nothing_can_be_written_is_refused(tmp_path: Path, to: str, error: type, why: str) -> None:
    (tmp_path / "link").symlink_to(to)
    with pytest.raises(error, match=f"could not write the model: .*{why}.*link'"):
        network().save(tmp_path / "link")
    assert str((tmp_path / "link").readlink()) == to
    assert files_in(tmp_path) == ["link"]


@pytest.mark.parametrize(
    "extra",
    [{"a": {1, 2}}, {"a": float("nan")}, {"a": b"bytes"}, {"a": np.ones(2)}, {(1, 2): 3}, [1], "note"],
)
def test_extra_that_json_cannot_hold_leaves_the_old_file(saved: Path, extra: Any) -> None:
    before = saved.read_bytes()
    with pytest.raises(TypeError, match="extra: expected"):
        network().save(saved, extra=extra)
    assert saved.read_bytes() == before
    assert files_in(saved.parent) == [saved.name]


def test_extra_that_holds_itself_is_refused(saved: Path) -> None:
    endless: dict[str, Any] = {}
    endless["me"] = endless
    with pytest.raises(TypeError, match="extra: expected what JSON can hold"):
        network().save(saved, extra=endless)


def test_many_may_write_and_read_one_file(saved: Path) -> None:
    """A reader sees one whole file or another, never a part."""
    nets, done = [network(seed=seed) for seed in range(8)], threading.Event()

    def read() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(cbp.load(saved).seed)
        return seen

    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for _ in range(5):
            list(pool.map(lambda net: net.save(saved), nets))
        done.set()
        seen = set().union(*(reader.result() for reader in readers))
    assert seen <= {RICH["seed"], *range(8)}
    assert files_in(saved.parent) == [saved.name]
