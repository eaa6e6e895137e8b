"""Calls the structs of cbp_kernel.h from Python, by ctypes alone, and watches what a call touches.

Every call is laid out with guards: the inputs must stay as they were, an input that the hints call unread is
NaN, and neither the gaps between rows nor the numbers behind a block may be written.
"""

from __future__ import annotations

import ctypes
import subprocess
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cbp.abi import CHUNK_INVARIANT, IN_PLACE, READS_A, READS_Z, ROWWISE
from cbp.abi import kernel_of as struct
from cbp.core import cpu
from cbp.plugin import Array

__all__ = [
    "CHUNK_INVARIANT", "IN_PLACE", "ISAS", "READS_A", "READS_Z", "ROWWISE", "Array",
    "backward", "call", "forward", "kernels_of", "needs_python", "same_bits", "struct", "symbols",
]  # fmt: skip

GUARD = 777.0


def kernels_of(isa: str) -> ModuleType:
    """The compiled tables of one of the instruction sets this processor runs."""
    return import_module(f"cbp.core.{isa}.kernels")


ISAS = tuple(cpu.supported())


def _layout(x: Array, gap: int) -> Array:
    """`x` in a buffer of its own, `gap` numbers between rows and some behind the last."""
    rows, cols = x.shape
    buffer = np.full(rows * (cols + gap) + 16, GUARD, x.dtype)
    _inside(buffer, x.shape, gap)[:] = x
    return buffer


def _inside(buffer: Array, shape: tuple[int, int], gap: int) -> Array:
    rows, cols = shape
    return buffer[: rows * (cols + gap)].reshape(rows, cols + gap)[:, :cols]


def call(kernel: Any, function: str, inputs: list[Array], ctx: Any = None, gap: int = 0, out: str = "block") -> Array:
    """Call `function` ("fwd", "bwd", "value", ...) on `inputs`, all (rows, cols).

    `out` says where the result goes: to a "block" of its own, "in place" of the last input, or "per row".
    """
    rows, cols = inputs[0].shape
    dtype = inputs[0].dtype
    buffers = [_layout(x, gap) for x in inputs]
    before = [b.copy() for b in buffers]
    shape = (1, rows) if out == "per row" else (rows, cols)
    out_gap = 0 if out == "per row" else gap
    result = buffers[-1] if out == "in place" else _layout(np.full(shape, GUARD, dtype), out_gap)
    pointers = [b.ctypes.data for b in (*buffers, result)]
    params = None if not ctx else (ctypes.c_double * len(ctx))(*ctx.values())
    suffix = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}[dtype]
    status = getattr(kernel, f"{function}_{suffix}")(*pointers, rows, cols, cols + gap, params)
    assert status == 0
    for now, then in zip(buffers, before, strict=True):
        assert now is result or now.tobytes() == then.tobytes(), "an input was written"
    answer = _inside(result, shape, out_gap).copy()
    _inside(result, shape, out_gap)[:] = GUARD
    assert (result == GUARD).all(), "a number outside the block was written"
    return answer.reshape(-1) if out == "per row" else answer


def forward(kernel: Any, z: Array, ctx: Any = None, gap: int = 0, out: str = "block") -> Array:
    return call(kernel, "fwd", [z], ctx, gap, out)


def backward(kernel: Any, z: Array, a: Array, g: Array, ctx: Any = None, gap: int = 0, out: str = "block") -> Array:
    hints = kernel.head.hints
    unread = np.full_like(g, np.nan)
    inputs = [z if hints & READS_Z else unread, a if hints & READS_A else unread, g]
    return call(kernel, "bwd", inputs, ctx, gap, out)


def symbols(library: Path) -> set[str]:
    """The names that a shared library gives and those it needs."""
    lines = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[-1] for line in lines}


def needs_python(library: Path) -> bool:
    """Whether a shared library needs anything of Python's."""
    return any(name.startswith(("Py", "_Py")) for name in symbols(library))


def same_bits(x: Array, y: Array) -> bool:
    """Equal bit for bit, any NaN like any other."""
    return bool(((x == y) & (np.signbit(x) == np.signbit(y)) | (np.isnan(x) & np.isnan(y))).all())
