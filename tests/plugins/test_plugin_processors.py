"""A kernel says which processors run it; where it cannot run, the plugin's NumPy functions do, and nothing crashes."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_calls import ISAS, kernels_of, struct

import cbp
from cbp import testing
from cbp.abi import ActivationKernel, capsule_at
from cbp.core.isa import isa as in_use
from cbp.plugin import Activation, Cost

Run = Callable[..., str]

X, LABELS = np.linspace(-1, 1, 10).reshape(5, 2), [0, 1, 0, 1, 1]
SOURCE = """
#include "cbp_elementwise.h"
CBP_ELEMENTWISE(cube, "tests", CBP_BWD_READS_Z, z * z * z, 3 * z * z)
const cbp_activation *kernel(void) { return &cube_kernel; }
"""


def forbidden(*_: object) -> int:
    raise AssertionError("called: on the processor it was compiled for this would work, on this one it is SIGILL")


def compiled_for(isa: str, kind: str, name: str) -> Any:
    """A struct that says so, and must not be called."""
    kernel = struct(kernels_of(in_use).capsule(kind, name))
    copy = type(kernel).from_buffer_copy(kernel)
    copy.head.isa = isa.encode()
    for function, type_ in copy._fields_[1:]:
        setattr(copy, function, type_(forbidden))
    return copy


def activation(name: str, kernel: Any) -> Activation:
    capsule = kernel and capsule_at(ctypes.addressof(kernel))
    return Activation(name, forward=np.tanh, derivative=lambda z, a: 1 - a * a, kernel=capsule)


def cost(name: str, kernel: Any) -> Cost:
    capsule = kernel and capsule_at(ctypes.addressof(kernel))
    plain = cbp.costs()["cbp:cross_entropy"]
    fields = {field: getattr(plain, field) for field in ("params", "canonical", "fused", "fused_value", "target_range")}
    return Cost(name, plain.value, plain.gradient, capsule, **fields)


def trained(sigma: Activation, C: Cost) -> bytes:
    net = cbp.Network([2, 5, 5, 2], sigma, cost=C, seed=1)
    net.fit(X, LABELS, epochs=3, batch_size=2)
    return net.parameters.tobytes()


@pytest.mark.parametrize("isa", ["v9", "avx10"])
def test_a_kernel_for_a_newer_processor_gives_way_to_numpy_after_one_warning(isa: str) -> None:
    kernels = compiled_for(isa, "activation", "tanh"), compiled_for(isa, "cost", "cross_entropy")
    sigma, C = activation(f"sigma_{isa}", kernels[0]), cost(f"C_{isa}", kernels[1])
    with pytest.warns(RuntimeWarning) as said:
        got = trained(sigma, C)
    assert [str(each.message) for each in said] == [
        f"{spec.name!r}: its kernel was compiled for {isa}, this processor runs {ISAS[0]}; build the plugin again with "
        f"CBP_ISA={ISAS[0]}; until then the NumPy implementation takes its place, more slowly"
        for spec in (C, sigma)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained(sigma, C) == got
    assert got == trained(activation("plain_sigma", None), cost("plain_C", None))


@pytest.mark.parametrize("isa", sorted({*ISAS, "base"}))
def test_a_kernel_for_this_processor_or_any_is_called(isa: str) -> None:
    kernel = compiled_for(isa, "activation", "tanh")
    kernel.fwd_f32 = type(kernel.fwd_f32)(lambda *_: 42)
    with pytest.raises(RuntimeError, match="its kernel answered with status 42"):
        cbp.Network([2, 2], activation("sigma", kernel), output_activation=None).predict(X)


def test_the_kit_tells_the_author() -> None:
    kernel = compiled_for("v9", "activation", "tanh")
    with pytest.raises(
        testing.ConformanceError, match=f"a kernel that this cbp can call on this processor, which is {ISAS[0]}"
    ) as told:
        testing.check_activation(activation("for_a_later_processor", kernel))
    assert "its kernel was compiled for v9" in str(told.value)
    assert f"CBP_ISA={ISAS[0]}" in str(told.value)


def test_every_built_in_says_what_it_was_compiled_for() -> None:
    for isa in ISAS:
        kernels = kernels_of(isa)
        for kind in ("activation", "cost"):
            for name in kernels.names(kind):
                assert struct(kernels.capsule(kind, name)).head.isa.decode() == isa


def built(folder: Path, *flags: str) -> str:
    """What a kernel compiled with these flags says it needs; it is not called."""
    (folder / "cube.c").write_text(SOURCE)
    include = f"-I{cbp.get_include()}"
    subprocess.run(["cc", include, *flags, "-shared", "-fPIC", "-o", "cube.so", "cube.c"], cwd=folder, check=True)
    kernel = ctypes.CDLL(str(folder / "cube.so")).kernel
    kernel.restype = ctypes.POINTER(ActivationKernel)
    said: bytes = kernel().contents.head.isa
    return said.decode()


FLAGS = {
    **{isa: (*cbp.get_compile_args(isa), isa) for isa in ("v2", "v3", "v4", "base")},
    "no flags": ("-O1", "base"),
    "avx": ("-mavx", "v3"),
    "avx2": ("-mavx2", "v3"),
    "fma": ("-mfma", "v3"),
    "avx512f": ("-mavx512f", "v4"),
    "sse4": ("-msse4.2", "v2"),
}


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the levels are those of x86-64")
@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_the_header_says_what_the_compiler_was_told(flags: tuple[str, ...], tmp_path: Path) -> None:
    *flags_given, said = flags
    assert built(tmp_path, *flags_given) == said


def test_the_compiled_plugin_says_what_it_was_built_for(site: Path, run: Run) -> None:
    code = "import cbp_snake; from cbp.abi import kernel_of; print(kernel_of(cbp_snake.kernel).head.isa.decode())"
    assert run(code, site).strip() == in_use
