"""A kernel in a shared library without Python is called like any; one that is not there gives way to NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiling import built
from kernel_calls import ISAS, kernels_of, needs_python, symbols

import cbp
from cbp import testing
from cbp.abi import kernel_of
from cbp.cli import plugin_facts
from cbp.core.isa import isa as in_use
from cbp.kernels import KernelUnavailable, capsule_of
from cbp.plugin import Activation, Cost, KernelWarning, shared_library
from cbp.registry.entries import LOCAL, Entry

Run = Callable[..., str]

SOURCE = Path(__file__).with_name("library.c")
LOGISTIC, SQUARED_ERROR = cbp.activations()["cbp:logistic"], cbp.costs()["cbp:squared_error"]
X, y = np.linspace(-1, 1, 40).reshape(20, 2), np.linspace(0.1, 0.9, 20)[:, None]

IN_CPP = """
#include "cbp_kernel.h"

template <class T, int Backward>
static int call(const T *z, const T *a, const T *g, T *out, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld) {
    (void)a;
    for (ptrdiff_t r = 0; r < rows; r++)
        for (ptrdiff_t c = r * ld; c < r * ld + cols; c++) out[c] = Backward ? 3 * g[c] : 3 * z[c];
    return CBP_OK;
}
template <class T> static int fwd(const T *z, T *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, const void *) {
    return call<T, 0>(z, z, z, a, rows, cols, ld);
}
template <class T> static int bwd(const T *z, const T *a, const T *g, T *out, ptrdiff_t rows, ptrdiff_t cols,
                                  ptrdiff_t ld, const void *) {
    return call<T, 1>(z, a, g, out, rows, cols, ld);
}
CBP_EXPORT const cbp_activation threefold_kernel = {
    CBP_HEAD(CBP_ACTIVATION, cbp_activation, "threefold", "tests", CBP_CHUNK_INVARIANT),
    fwd<float>, bwd<float>, fwd<double>, bwd<double>};
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, built as cbp's own kernels are."""
    return built(SOURCE, tmp_path_factory.mktemp("library") / "kernels.so", *cbp.get_compile_args())


def sigma(library: Path, symbol: str = "sigma_kernel", name: str = "sigma") -> Activation:
    return replace(LOGISTIC, name=name, kernel=shared_library(library, symbol), aliases=())


def miss(library: Path) -> Cost:
    return replace(SQUARED_ERROR, name="miss", kernel=shared_library(library, "miss_kernel"), aliases=())


def trained(sigma: Activation | str, C: Cost | str, dtype: str) -> bytes:
    net = cbp.Network([2, 9, 1], sigma, cost=C, dtype=dtype, seed=1)
    net.fit(X, y, epochs=3, batch_size=4)
    return net.parameters.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_library_trains_to_the_bits_of_the_built_in_it_copies(library: Path, dtype: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = trained(sigma(library), miss(library), dtype)
    assert got == trained("logistic", "squared_error", dtype)
    assert got != trained(replace(LOGISTIC, name="plain", kernel=None, aliases=()), "squared_error", dtype)


def test_a_library_passes_every_check(library: Path) -> None:
    assert testing.check_activation(sigma(library))["kernel-head"].outcome == "passed"
    assert testing.check_cost(miss(library))["kernel-head"].outcome == "passed"


def test_a_library_knows_nothing_of_python(library: Path) -> None:
    assert {"sigma_kernel", "miss_kernel"} <= symbols(library)
    assert not needs_python(library)
    assert needs_python(Path(kernels_of(in_use).__file__ or ""))


def test_a_library_may_be_written_in_cpp(tmp_path: Path) -> None:
    (tmp_path / "threefold.cpp").write_text(IN_CPP)
    so = built(tmp_path / "threefold.cpp", tmp_path / "threefold.so", "-std=c++11", compiler="c++")
    kernel = shared_library(so, "threefold_kernel")
    threefold = Activation("threefold", lambda z: 3 * z, lambda z, a: 3 + 0 * z, kernel=kernel)
    for check in ("kernel-forward", "kernel-backward", "kernel-gaps"):
        assert testing.check_activation(threefold)[check].outcome == "passed"


def test_a_library_that_is_missing_gives_way_to_numpy_after_one_warning(tmp_path: Path) -> None:
    there_not, plain = sigma(tmp_path / "gone.so"), replace(LOGISTIC, name="plain", kernel=None, aliases=())
    with pytest.warns(KernelWarning) as said:
        got = [trained(there_not, "squared_error", dtype) for dtype in ("float32", "float64")]
    (warning,) = said
    assert str(warning.message) == (
        f"'sigma': the library of its kernel is not there (expected {tmp_path / 'gone.so'}); install the plugin "
        "again, built for this system; until then the NumPy implementation takes its place, more slowly"
    )
    assert warning.filename == __file__
    assert got == [trained(plain, "squared_error", dtype) for dtype in ("float32", "float64")]


def test_a_warning_made_an_error_is_one_each_time(tmp_path: Path) -> None:
    """How a user insists on kernels."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", KernelWarning)
        for _ in range(2):
            with pytest.raises(KernelWarning, match="the library of its kernel is not there"):
                cbp.Network([2, 2], sigma(tmp_path / "strict.so"))


def test_a_file_that_is_no_library_gives_way_to_numpy(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("not a library")
    with pytest.warns(KernelWarning, match=r"'sigma': the library of its kernel cannot be loaded \(.*text\.so.*\)"):
        trained(sigma(tmp_path / "text.so"), "squared_error", "float32")


def test_a_symbol_that_is_not_in_the_library_is_the_authors_error(library: Path) -> None:
    with pytest.raises(ImportError, match=rf"'sigma': {library} has no symbol 'segma'; its author must define") as said:
        cbp.Network([2, 2], sigma(library, "segma"))
    assert not isinstance(said.value, KernelUnavailable)


def test_a_symbol_that_is_no_kernel_is_the_authors_error(library: Path) -> None:
    with pytest.raises(ImportError, match=r"'sigma': its kernel= does not hold a cbp kernel \(wrong magic number\)"):
        cbp.Network([2, 2], sigma(library, "no_kernel"))
    with pytest.raises(ImportError, match="'sigma': its kernel is of kind 2, expected kind 1"):
        cbp.Network([2, 2], sigma(library, "miss_kernel"))


def test_the_kit_says_that_a_library_is_missing(tmp_path: Path) -> None:
    with pytest.raises(testing.ConformanceError, match="the library of its kernel is not there"):
        testing.check_activation(sigma(tmp_path / "gone.so"), checks=["kernel-head"])


WRONG: dict[str, tuple[Any, Any, str]] = {
    "relative": ("kernel.so", "k", r"path= expected an absolute path, such as Path\(__file__\)\..*, got 'kernel.so'"),
    "no path": (7, "k", r"shared_library: path= expected an absolute path.*, got 7"),
    "bytes": (b"/kernel.so", "k", r"shared_library: path= expected an absolute path"),
    "no symbol": ("/kernel.so", "", r"symbol= expected the name of the struct in the library, got ''"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_declaration_is_an_error_at_once(wrong: str) -> None:
    path, symbol, message = WRONG[wrong]
    with pytest.raises((ValueError, TypeError), match=message):
        shared_library(path, symbol)


BUILD_OF = """
import cbp
from cbp.abi import kernel_of
from cbp.kernels import capsule_of
from cbp.plugin import Activation, shared_library
sigma = Activation("sigma", abs, abs, kernel=shared_library({path!r}, "sigma_kernel"))
print(kernel_of(capsule_of(sigma)).head.isa.decode())
"""


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library for each instruction set that this processor runs, and one for any."""
    folder = tmp_path_factory.mktemp("levels")
    for isa in (*ISAS, "base"):
        built(SOURCE, folder / f"kernels_{isa}.so", *cbp.get_compile_args(isa))
    return folder


@pytest.mark.parametrize("isa", ISAS)
def test_of_libraries_for_several_instruction_sets_the_one_in_use_is_loaded(levels: Path, isa: str, run: Run) -> None:
    code = BUILD_OF.format(path=str(levels / "kernels_{isa}.so"))
    assert run(code, CBP_ISA=isa).strip() == isa


def test_where_the_one_in_use_is_missing_the_next_lower_is_loaded(levels: Path, tmp_path: Path) -> None:
    for there in reversed(["base", *reversed(ISAS)]):
        (tmp_path / f"kernels_{there}.so").write_bytes((levels / f"kernels_{there}.so").read_bytes())
    for there in (*ISAS[ISAS.index(in_use) :], "base"):
        if (tmp_path / f"kernels_{there}.so").exists():
            spec = sigma(tmp_path / "kernels_{isa}.so")
            assert kernel_of(capsule_of(spec)).head.isa.decode() == there
            (tmp_path / f"kernels_{there}.so").unlink()
    with pytest.raises(KernelUnavailable, match=rf"\(expected .*kernels_{in_use}\.so or .*kernels_base\.so\)"):
        capsule_of(spec)


def test_listings_name_the_tier_and_what_is_wrong_with_it(library: Path, tmp_path: Path) -> None:
    facts = plugin_facts.facts_of(Entry(sigma(library), LOCAL, ""))
    assert (facts["runs_as"], facts["abi"]) == ("shared library", "1.0")
    facts = plugin_facts.facts_of(Entry(sigma(tmp_path / "gone.so"), LOCAL, ""))
    assert (facts["runs_as"], facts["abi"]) == ("shared library", None)
    assert "not there" in facts["unavailable"]
