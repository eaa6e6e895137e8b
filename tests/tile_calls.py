"""Calls the compiled table of matrix products from Python, by ctypes alone.

The table's layout is read from where it is declared, ``cbp/core/tiles.pxd``. Every operand lies in a buffer
of its own with slack behind it, as the core promises its tiles. The slack holds NaN, and so does the pack
buffer: a number that does not belong to the product shows in the result, and what is written behind the
result shows in its slack.
"""

from __future__ import annotations

import ctypes
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from kernel_calls import Array, struct

SLACK = 64  # numbers: a vector register's worth and more
SUFFIX = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}

FORWARD, BACKWARD = 1, -1

_PXD = (Path(__file__).parents[1] / "cbp" / "core" / "tiles.pxd").read_text()
_C: dict[str, Any] = {
    "int": ctypes.c_int,
    "bint": ctypes.c_int,
    "Py_ssize_t": ctypes.c_ssize_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
for _result, _name, _arguments in re.findall(r"ctypedef (void|int) \(\*(\w+)\)\((.*?)\)", _PXD, re.DOTALL):
    _C[_name] = ctypes.CFUNCTYPE(
        _C.get(_result), *(ctypes.c_void_p if "*" in x else _C[x.split()[0]] for x in _arguments.split(","))
    )


def _fields(struct_name: str) -> list[tuple[str, Any]]:
    """The fields of a struct as tiles.pxd declares it."""
    [body] = re.findall(rf"cdef struct {struct_name}:\n((?:    .*\n)+)", _PXD)
    declared = re.findall(r"^    ((?:\w+ )+\**)(\w+)", body, re.MULTILINE)
    return [(name, ctypes.c_void_p if "*" in kind else _C[kind.strip()]) for kind, name in declared]


class After(ctypes.Structure):
    _fields_ = _fields("After")


class Tiles(ctypes.Structure):
    _fields_ = _fields("Tiles")


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def tiles_of(isa: str) -> Any:
    """The table of one of the instruction sets this processor runs."""
    return Tiles.from_address(_pointer(import_module(f"cbp.core.{isa}.tiles").table, b"cbp.core.tiles"))


def sigma_of(isa: str, name: str) -> Any:
    """The kernel of an activation."""
    return struct(import_module(f"cbp.core.{isa}.kernels").capsule("activation", name))


class Guarded:
    """`x` in a buffer with NaN behind it."""

    def __init__(self, x: Array) -> None:
        self.buffer = np.full(x.size + SLACK, np.nan, x.dtype)
        self.inside = self.buffer[: x.size].reshape(x.shape)
        self.inside[...] = x
        self.address = self.buffer.ctypes.data

    def intact(self) -> Array:
        """The numbers, after a look behind them."""
        assert np.isnan(self.buffer[self.inside.size :]).all(), "a number behind the result was written"
        return self.inside


def product(
    isa: str,
    A: Array,
    B: Array,
    C: Array,
    bias: Array | None = None,
    alpha: float | None = None,
    add: bool = False,
    after: After | None = None,
) -> Array:
    """The product bias + A·B, or with alpha, for an A by columns, add·C + alpha·A·B.

    A and B lie by rows, transposed, or are one number repeated.

    An `after` whose `out` is None works in place: what it makes of the product is what comes back.
    """
    tiles = tiles_of(isa)
    left, right, out = _in_its_layout(A), _in_its_layout(B), Guarded(C)
    pack = np.full(tiles.pack_size + SLACK, np.nan, C.dtype)
    extra = None if bias is None else Guarded(bias)
    scale = None if alpha is None else Guarded(np.array([alpha], C.dtype))
    if after is not None and after.out is None:
        after.out = out.address
    getattr(tiles, f"product_{SUFFIX[C.dtype]}")(
        *C.shape,
        A.shape[1],
        left.address,
        *_steps(A),
        right.address,
        *_steps(B),
        extra and extra.address,
        scale and scale.address,
        add,
        out.address,
        pack.ctypes.data,
        after and ctypes.byref(after),
    )
    assert np.isnan(pack[tiles.pack_size :]).all(), "a number behind the pack buffer was written"
    return out.intact()


def _steps(x: Array) -> tuple[int, int]:
    """How far the next row and the next column of x lie."""
    row, column = x.strides
    return row // x.itemsize, column // x.itemsize


def _in_its_layout(x: Array) -> Guarded:
    if not any(x.strides):
        return Guarded(x[:1, :1])  # one number, repeated
    return Guarded(x if x.flags.c_contiguous else x.T)


def sum_rows(isa: str, D: Array, g: Array, alpha: float, add: bool) -> Array:
    """add·g + alpha·Σ of the rows of D."""
    rows, out = Guarded(D), Guarded(g)
    getattr(tiles_of(isa), f"sums_{SUFFIX[D.dtype]}")(*D.shape, rows.address, alpha, add, out.address)
    return out.intact()


def take(isa: str, row: Array, following: Array) -> tuple[Array, bool]:
    """A copy of `row`, while `following` is called into the cache, and whether its numbers are finite."""
    source, following, out = Guarded(row), Guarded(following), Guarded(np.empty_like(row))
    finite = getattr(tiles_of(isa), f"take_row_{SUFFIX[row.dtype]}")(
        row.size, source.address, following.address, out.address
    )
    return out.intact(), bool(finite)


def scale_rows(isa: str, D: Array, weights: Array) -> Array:
    """Row b of D times weights[b]."""
    rows, scales = Guarded(D), Guarded(weights)
    getattr(tiles_of(isa), f"scale_rows_{SUFFIX[D.dtype]}")(rows.address, *D.shape, scales.address)
    return rows.intact()
