"""A kernel for numba to compile: declared without numba, and without numba the NumPy functions run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation, KernelWarning, numba_kernel

X = np.linspace(-1, 1, 10).reshape(5, 2)


def cube(z: Any) -> Any:
    return z**3


def slope(z: Any, a: Any) -> Any:
    return 3 * z**2


KERNEL = numba_kernel(forward=cube, derivative=slope)


def test_without_numba_numpy_runs_after_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    spec = Activation("cube_without_numba", cube, slope, kernel=KERNEL)
    with pytest.warns(KernelWarning) as said:
        nets = [cbp.Network([2, 3, 1], spec, seed=1) for _ in range(2)]
    (warning,) = said
    assert str(warning.message).startswith(
        "'cube_without_numba': its kernel is compiled by numba, which cannot be imported ("
    )
    assert "); pip install numba; until then the NumPy implementation takes its place" in str(warning.message)
    plain = cbp.Network([2, 3, 1], Activation("cube", cube, slope), seed=1)
    assert (nets[1].predict(X) == plain.predict(X)).all()


def test_declaring_a_kernel_does_not_import_numba() -> None:
    code = (
        "import sys\nfrom cbp.plugin import numba_kernel\nnumba_kernel(forward=abs, derivative=abs)\n"
        "print('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


TOGETHER = (
    "expected forward= with derivative= or vjp=, or value= and gradient= with both or none of fused_value= and fused="
)
WRONG: dict[str, tuple[dict[str, Callable[..., Any] | bool], str]] = {
    "nothing": ({}, f"{TOGETHER}, got none"),
    "half an activation": ({"forward": cube}, f"{TOGETHER}, got forward="),
    "both derivatives": ({"forward": cube, "derivative": slope, "vjp": slope}, TOGETHER),
    "half a pair": ({"value": slope, "gradient": slope, "fused": slope}, f"{TOGETHER}, got value=, gradient=, fused="),
    "an activation and a cost": ({"forward": cube, "derivative": slope, "value": slope, "gradient": slope}, TOGETHER),
    "rows without vjp": ({"forward": cube, "derivative": slope, "rowwise": True}, TOGETHER),
    "no function": ({"forward": cube, "derivative": 3}, r"numba_kernel: derivative= expected a function, got 3"),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("wrong", WRONG)
def test_functions_that_make_no_kernel_are_refused_at_once(wrong: str) -> None:
    given, message = WRONG[wrong]
    with pytest.raises(TypeError, match=message):
        numba_kernel(**given)  # type: ignore[arg-type]
