"""Damaged model files: they are refused with a ModelError or do no harm, whatever is wrong with them."""

from __future__ import annotations

import json
import os
import pickle
import re
import struct
import tempfile
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import description_of, files_in, network, tensors_of
from safetensors.numpy import save as to_bytes

import cbp
from cbp.files import ModelError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def saved(path: Path) -> Path:
    """A good model file, alone in its folder."""
    network().save(path)
    return path


def load_or_refuse(path: Path) -> cbp.Network | str:
    """A network that works, or what a ModelError says: anything else is a failure."""
    try:
        net = cbp.load(path)
    except ModelError as refusal:
        message = str(refusal)
    else:
        message = ""
    if message:
        assert str(path) in message
        assert "\n" not in message
        return message
    assert net.n_parameters == sum(net.W[l].size + net.b[l].size for l in net.W)
    with np.errstate(all="ignore"):
        assert net.predict(np.zeros(net.sizes[0])).shape == (net.sizes[-1],)
    return net


def test_no_file_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(FileNotFoundError, match=re.escape(f"no model file '{path}'")):
            cbp.load(path)


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("the pickle was opened",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 8,
        b"not a model",
        b"\xff" * 100,
        np.random.default_rng(0).bytes(1000),
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 10) + b"{}",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 4) + b"null",
        pickle.dumps(Trap()),
        to_bytes({}),
        to_bytes({"W2": np.ones((2, 2))}, {"cbp": "{}"}),
        to_bytes({"W2": np.ones((2, 2))}, {"format": "pt"}),
        to_bytes({"W2": np.ones((2, 2))}, {"cbp": "[" * 100_000}),
        to_bytes({}, {"cbp": "null"}),
        to_bytes({}, {"cbp": "[1]"}),
        to_bytes({}, {"cbp": '"text"'}),
    ],
    ids=range(17),
)
def test_what_is_no_model_is_refused(
    path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path.write_bytes(content)
    assert isinstance(load_or_refuse(path), str)
    assert files_in(tmp_path) == [path.name]


def test_every_truncation_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        assert isinstance(load_or_refuse(saved), str)
    saved.write_bytes(whole + b"\0")
    assert isinstance(load_or_refuse(saved), str)


def flipped(whole: bytes, rng: np.random.Generator, bits: int) -> bytes:
    damaged = bytearray(whole)
    for position in rng.integers(0, len(whole), bits):
        damaged[position] ^= 1 << rng.integers(0, 8)
    return bytes(damaged)


def test_a_flipped_bit_is_refused(saved: Path) -> None:
    """Or it fell in the checksum's own name, and all that the file says is as it was."""
    whole, rng = saved.read_bytes(), np.random.default_rng(0)
    parameters, description = network().parameters.tobytes(), description_of(saved)
    for _ in range(1000):
        saved.write_bytes(flipped(whole, rng, bits=1))
        if not isinstance(net := load_or_refuse(saved), str):
            assert net.parameters.tobytes() == parameters
            assert description_of(saved) == description


def test_more_flipped_bits_are_refused_or_harmless(saved: Path) -> None:
    whole, rng = saved.read_bytes(), np.random.default_rng(0)
    for _ in range(1000):
        saved.write_bytes(flipped(whole, rng, bits=int(rng.integers(2, 5))))
        load_or_refuse(saved)


def test_a_bit_of_any_weight_is_missed(saved: Path) -> None:
    whole, sign = saved.read_bytes(), 0x80  # the last byte of a float32 has its sign
    for place in range(len(whole) - 4 * network().n_parameters + 3, len(whole), 4):
        damaged = bytearray(whole)
        damaged[place] ^= sign
        saved.write_bytes(damaged)
        refusal = load_or_refuse(saved)
        assert isinstance(refusal, str)
        assert re.search(r"damaged, or changed by .*: its checksum is \w{8} and should be \w{8}; take another", refusal)


def test_what_another_program_wrote_needs_no_checksum(path: Path) -> None:
    net = network()
    net.save(path)
    path.write_bytes(to_bytes(tensors_of(net), {"cbp": json.dumps(description_of(path))}))
    assert cbp.load(path).parameters.tobytes() == net.parameters.tobytes()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([2**31, 2**64, -1, 1e300]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = [
    "format",
    "sizes",
    "activations",
    "cost",
    "dtype",
    "reduction",
    "seed",
    "epochs_trained",
    "frozen",
    "extra",
]
DESCRIBED = ["name", "distribution", "version", "spec_version", "params", "probe"]
DESCRIBED_NETWORK = cbp.Network([3, 2], cbp.activation("elu", alpha=0.5))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("described") / "model"


def test_the_fuzzed_keys_are_all_there_are(saved: Path) -> None:
    description = description_of(saved)
    assert list(description) == KEYS
    assert list(description["cost"]) == DESCRIBED


@cache
def good_description() -> str:
    with tempfile.TemporaryDirectory() as folder:
        DESCRIBED_NETWORK.save(Path(folder) / "model")
        return json.dumps(description_of(Path(folder) / "model"))


def write_described(path: Path, change: Callable[[Any], object]) -> None:
    """A good model file but for its description."""
    description = json.loads(good_description())
    change(description)
    path.write_bytes(to_bytes(tensors_of(DESCRIBED_NETWORK), {"cbp": json.dumps(description)}))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(KEYS), JSON)
def test_any_value_of_any_key_is_refused_or_harmless(scratch: Path, key: str, value: Any) -> None:
    write_described(scratch, lambda description: description.update({key: value}))
    load_or_refuse(scratch)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["cost", "activations"]), st.sampled_from(DESCRIBED), JSON)
def test_any_value_within_an_activation_or_cost_is_refused_or_harmless(
    scratch: Path, of: str, key: str, value: Any
) -> None:
    def change(description: Any) -> None:
        (description["cost"] if of == "cost" else description["activations"][1])[key] = value

    write_described(scratch, change)
    load_or_refuse(scratch)


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_named(path: Path, key: str) -> None:
    write_described(path, lambda description: description.pop(key))
    assert load_or_refuse(path) == f"{path}: its description is damaged (KeyError: '{key}')"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format=2), "its format is 2, this cbp reads format 1; upgrade cbp"),
        (lambda d: d.update(sizes=[3, 4]), r"its tensor W2 has shape \(2, 3\), its sizes ask for \(4, 3\)"),
        (lambda d: d.update(sizes=[3, 2, 1]), r"its tensor W3 has shape None, its sizes ask for \(1, 2\)"),
        (lambda d: d.update(sizes=[3]), r"its tensor W2 has shape \(2, 3\), its sizes ask for None"),
        (lambda d: d.update(sizes=[3] + [2**20] * 1000), r"its sizes ask for \(1048576, 3\)"),
        (lambda d: d.update(dtype="float64"), "its tensor .* is float32, its description says float64"),
        (lambda d: d["activations"].pop(), "it names 1 activations for 2 layers"),
        (
            lambda d: d["cost"].update(name="focsl", version="9.8"),
            f"it uses the cost 'focsl' of 'cbp', not found here: upgrade cbp, which is {cbp.__version__} here, to 9.8",
        ),
        (
            lambda d: d["activations"][1].update(name="swirl", distribution="cbp-swirls", version="2.1"),
            "it uses the activation 'swirl' of 'cbp-swirls', not found here: install cbp-swirls==2.1",
        ),
        (
            lambda d: d["activations"][1]["params"].update(alpha=-1),
            r"damaged \(ValueError: .*alpha must be a number at least 0",
        ),
        (
            lambda d: d["activations"][1]["params"].update(slope=1),
            r"damaged \(TypeError: .*has no parameter 'slope'",
        ),
        (lambda d: d.update(frozen=[7]), r"damaged \(IndexError: W\[7\]: layers with weights are 2 to 2"),
        (
            lambda d: d.update(epochs_trained=-1),
            "damaged .*epochs_trained: expected a whole number >= 0, got -1",
        ),
        (lambda d: d.update(seed=2**64), "damaged .*seed: expected a whole number"),
        (lambda d: d.update(reduction="max"), "damaged .*reduction: expected 'mean' or 'sum', got 'max'"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(path: Path, change: Callable[[Any], object], message: str) -> None:
    write_described(path, change)
    refusal = load_or_refuse(path)
    assert isinstance(refusal, str)
    assert re.search(message, refusal), refusal


def test_sizes_beyond_the_file_allocate_nothing(path: Path) -> None:
    write_described(path, lambda description: description.update(sizes=[100_000, 100_000]))
    load_or_refuse(path)
    tracemalloc.start()
    load_or_refuse(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_tensors_of_another_type_are_refused(path: Path) -> None:
    net = cbp.Network([3, 2])
    for dtype in ("float16", "float64", "int32", "uint8", "bool"):
        net.save(path)
        metadata = {"cbp": json.dumps(description_of(path) | {"dtype": dtype if dtype != "float64" else "float32"})}
        path.write_bytes(to_bytes({name: x.astype(dtype) for name, x in tensors_of(net).items()}, metadata))
        assert isinstance(load_or_refuse(path), str)


def test_nothing_in_cbp_opens_pickles() -> None:
    package = Path(cbp.__file__).parent
    for source in package.rglob("*.py*"):
        if source.suffix in (".py", ".pyx"):
            assert not re.search(
                r"\b(import pickle|from pickle|allow_pickle=True|import (joblib|dill|marshal|shelve))\b",
                source.read_text(),
            )
