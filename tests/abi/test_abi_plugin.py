"""A plugin built with the headers of any release runs in this cbp, to the same bits; one of another ABI is told so."""

from __future__ import annotations

import ctypes
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from abi_headers import HEAD, RELEASED, altered
from compiling import built
from scipy.special import softmax

import cbp
from cbp import testing
from cbp.abi import ActivationKernel, CostKernel, kernel_of
from cbp.kernels import capsule_of
from cbp.plugin import Activation, Cost, KernelWarning, Param, shared_library

SOURCE = Path(__file__).with_name("plugin.c")
RNG = np.random.default_rng(0)
X, y = RNG.normal(size=(192, 5)), RNG.uniform(size=(192, 3))

Plugin = Callable[[Path], "Specs"]


class Specs(NamedTuple):
    """What the plugin provides."""

    swell: Any
    shares: Any
    brier: Any


PLAIN = Specs(
    Activation(
        "swell",
        lambda z, height, rate: height * np.tanh(rate * z),
        lambda z, a, height, rate: height * rate * (1 - np.tanh(rate * z) ** 2),
        params={"height": Param(1.5, above=0), "rate": Param(0.7)},
    ),
    Activation(
        "shares",
        lambda z, rate: softmax(rate * z, axis=-1),
        vjp=lambda z, a, g, rate: rate * a * (g - (g * a).sum(axis=-1, keepdims=True)),
        params={"rate": Param(2.0)},
    ),
    Cost(
        "brier",
        lambda a, y, weight: weight * ((a - y) ** 2).sum(axis=-1),
        lambda a, y, weight: 2 * weight * (a - y),
        canonical="logistic",
        fused_value=lambda z, a, y, weight: weight * ((a - y) ** 2).sum(axis=-1),
        fused=lambda z, a, y, weight: 2 * weight * (a - y) * a * (1 - a),
        params={"weight": Param(0.5, above=0)},
    ),
)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """``plugin(include)``: the functions of plugin.c, built with the headers in that folder."""

    def plugin(include: Path) -> Specs:
        library = built(SOURCE, tmp_path / "plugin.so", "-O1", "-ffp-contract=off", "-Wall", include=include)
        library = library.rename(
            tmp_path / f"{len(list(tmp_path.iterdir()))}.so"
        )  # a library is loaded once by its name
        return Specs(*(replace(spec, kernel=shared_library(library, f"{spec.name}_kernel")) for spec in PLAIN))

    return plugin


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headers")


def trained(specs: Specs, dtype: str) -> np.ndarray:
    """The parameters of a net with the fused pair, and of one with rows that are mixed and without it."""
    swell, shares, brier = specs
    nets = [
        cbp.Network([5, 9, 7, 3], [swell, swell, last], cost=brier, dtype=dtype, seed=1)
        for last in ("logistic", shares)
    ]
    for net in nets:
        net.fit(X, y, epochs=5, batch_size=64, optimizer=cbp.Adam(lr=0.01), threads=2)
    return np.concatenate([net.parameters for net in nets])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name)
def test_a_plugin_of_a_release_trains_to_the_bits_of_one_built_today(
    plugin: Plugin, released: Path, folder: Path, dtype: str
) -> None:
    """Today's cbp_kernel.h with the release's mathematics, which may improve; then all that is today's."""
    old = trained(plugin(released), dtype)
    altered(released, folder, {})
    (folder / "cbp_kernel.h").write_bytes((HEAD / "cbp_kernel.h").read_bytes())
    assert trained(plugin(folder), dtype).tobytes() == old.tobytes()
    tolerance = {"float32": 1e-4, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(trained(plugin(HEAD), dtype), old, rtol=0, atol=tolerance)
    np.testing.assert_allclose(trained(PLAIN, dtype), old, rtol=0, atol=tolerance)


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name)
def test_a_plugin_of_a_release_passes_every_check(plugin: Plugin, released: Path) -> None:
    swell, shares, brier = plugin(released)
    reports = [testing.check_activation(swell), testing.check_activation(shares), testing.check_cost(brier)]
    assert [report["kernel-head"].note.partition(",")[0] for report in reports] == [f"ABI {released.name}"] * 3


def of_later_minor(folder: Path) -> Path:
    """Headers as of a cbp to come: fields more, and a hint that nobody knows today."""
    changes = {f"}} {struct};": f"    void *later[8];\n}} {struct};" for struct in ("cbp_activation", "cbp_cost")}
    changes |= {
        "#define CBP_ABI_MINOR 0": "#define CBP_ABI_MINOR 1",
        "KIND, HINTS, 0u,": "KIND, (HINTS) | 0x4000u, 0u,",
    }
    return altered(RELEASED[0], folder, changes)


def test_a_plugin_of_a_later_minor_runs(plugin: Plugin, folder: Path) -> None:
    later = plugin(of_later_minor(folder))
    for spec, least in zip(later, (ActivationKernel, ActivationKernel, CostKernel), strict=True):
        head = kernel_of(capsule_of(spec)).head
        assert (head.abi_minor, head.hints & 0x4000) == (1, 0x4000)
        assert head.struct_size == ctypes.sizeof(least) + 64
    assert trained(later, "float32").tobytes() == trained(plugin(RELEASED[0]), "float32").tobytes()


REFUSED = {
    "a later major": (
        {"#define CBP_ABI_MAJOR 1": "#define CBP_ABI_MAJOR 2"},
        r"its kernel was built for kernel ABI 2\.0, this cbp \(.*\) reads ABI 1\.x; upgrade cbp",
    ),
    "an earlier major": (
        {"#define CBP_ABI_MAJOR 1": "#define CBP_ABI_MAJOR 0"},
        r"its kernel was built for kernel ABI 0\.0, .* upgrade the plugin, or build it with this cbp",
    ),
    "what must be understood": (
        {"KIND, HINTS, 0u,": "KIND, HINTS, 0x200u,"},
        r"its kernel needs features this cbp \(.*\) does not know \(bits 0x200\); upgrade cbp",
    ),
}


@pytest.mark.parametrize("other", REFUSED)
def test_a_plugin_of_another_abi_is_refused_in_words_and_numpy_runs(plugin: Plugin, folder: Path, other: str) -> None:
    changes, message = REFUSED[other]
    specs = plugin(altered(RELEASED[0], folder, changes))
    named = Specs(*(replace(spec, name=f"{spec.name}, {other}") for spec in specs))  # each is warned of once
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", KernelWarning)
        got = trained(named, "float64")
    words = {str(warning.message).partition(":")[0]: str(warning.message) for warning in said}
    for spec in named:
        wanted = f"{spec.name!r}: {message}; until then the NumPy implementation takes its place, more slowly"
        assert re.fullmatch(wanted, words.pop(repr(spec.name)))
    assert words == {}
    assert (got == trained(PLAIN, "float64")).all()
