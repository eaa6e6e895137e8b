"""How numba turns a Python function of numbers or rows into a C function of `cbp_kernel.h`.

A function is wrapped three times. An adapter gives all functions of numbers, or of rows, the same arguments: three
inputs, of which it takes those it knows, and its parameters. A loop walks a block with an adapter. An entry is what
the struct points at: it has the arguments of the header, and turns an exception into a status. LLVM inlines all of it
into one loop and vectorises that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numba
from numba import carray

__all__ = ["Jitted", "entry", "jit", "looped"]

Jitted: TypeAlias = Any
RAISED = 1  # the status of an exception

jit = numba.njit(error_model="numpy")  # as IEEE has it: a division by zero is no exception


# ---- adapters: f(z, a, third; p), the third input being g or y -------------------------------------------------

NUMBERS: dict[str, Callable[[Jitted], Jitted]] = {
    "forward": lambda f: jit(lambda z, a, y, p: f(z, *p)),
    "derivative": lambda f: jit(lambda z, a, g, p: g * f(z, a, *p)),
    "value": lambda f: jit(lambda z, a, y, p: f(a, y, *p)),
    "gradient": lambda f: jit(lambda z, a, y, p: f(a, y, *p)),
    "fused_value": lambda f: jit(lambda z, a, y, p: f(z, a, y, *p)),
    "fused": lambda f: jit(lambda z, a, y, p: f(z, a, y, *p)),
}
ROWS: dict[str, Callable[[Jitted], Jitted]] = {
    "forward": lambda f: jit(lambda z, a, y, out, p: f(z, out, *p)),
    "vjp": lambda f: jit(lambda z, a, g, out, p: f(z, a, g, out, *p)),
    "value": lambda f: jit(lambda z, a, y, out, p: f(a, y, *p)),
    "gradient": lambda f: jit(lambda z, a, y, out, p: f(a, y, out, *p)),
    "fused_value": lambda f: jit(lambda z, a, y, out, p: f(z, a, y, *p)),
    "fused": lambda f: jit(lambda z, a, y, out, p: f(z, a, y, out, *p)),
}


# ---- loops ------------------------------------------------------------------------------------------------------


def each_number(f: Jitted, params: Jitted) -> Jitted:
    """Number by number, out = f(z, a, y; p)."""

    def loop(z: Any, a: Any, y: Any, out: Any, rows: Any, cols: Any, ld: Any, ctx: Any) -> None:
        p = params(ctx)
        for r in range(rows):
            for i in range(r * ld, r * ld + cols):
                out[i] = f(z[i], a[i], y[i], p)

    return jit(loop)


def sum_of_numbers(f: Jitted, params: Jitted) -> Jitted:
    """Row by row, per_sample = Σ f(z, a, y; p), summed up in double."""

    def loop(z: Any, a: Any, y: Any, per_sample: Any, rows: Any, cols: Any, ld: Any, ctx: Any) -> None:
        p = params(ctx)
        for r in range(rows):
            C = 0.0
            for i in range(r * ld, r * ld + cols):
                C += f(z[i], a[i], y[i], p)
            per_sample[r] = C

    return jit(loop)


def each_row(f: Jitted, params: Jitted) -> Jitted:
    """Row by row, f(z, a, y, out; p)."""

    def loop(z: Any, a: Any, y: Any, out: Any, rows: Any, cols: Any, ld: Any, ctx: Any) -> None:
        p = params(ctx)
        Z, A, Y, OUT = carray(z, rows * ld), carray(a, rows * ld), carray(y, rows * ld), carray(out, rows * ld)
        for r in range(rows):
            row = slice(r * ld, r * ld + cols)
            f(Z[row], A[row], Y[row], OUT[row], p)

    return jit(loop)


def number_of_row(f: Jitted, params: Jitted) -> Jitted:
    """Row by row, per_sample = f(z, a, y; p)."""

    def loop(z: Any, a: Any, y: Any, per_sample: Any, rows: Any, cols: Any, ld: Any, ctx: Any) -> None:
        p = params(ctx)
        Z, A, Y = carray(z, rows * ld), carray(a, rows * ld), carray(y, rows * ld)
        for r in range(rows):
            row = slice(r * ld, r * ld + cols)
            per_sample[r] = f(Z[row], A[row], Y[row], Y[row], p)

    return jit(loop)


# ---- entries, by the number of their inputs: what a function is not given is any of the others -----------------


def guarded(run: Jitted) -> Jitted:
    """`run` with a status in place of an exception."""

    def status(z: Any, a: Any, y: Any, out: Any, rows: Any, cols: Any, ld: Any, ctx: Any) -> int:
        try:
            run(z, a, y, out, rows, cols, ld, ctx)
        except Exception:  # noqa: BLE001 (numba knows no other)
            return RAISED
        return 0

    return jit(status)


ENTRIES: tuple[Callable[[Jitted], Callable[..., int]], ...] = (
    lambda run: lambda z, out, rows, cols, ld, ctx: run(z, z, z, out, rows, cols, ld, ctx),  # fwd
    lambda run: lambda a, y, out, rows, cols, ld, ctx: run(a, a, y, out, rows, cols, ld, ctx),  # value, grad
    lambda run: run.py_func,  # bwd, fused_value, fused_grad: as it is
)


def looped(name: str, f: Jitted, params: Jitted, rowwise: bool, per_sample: bool) -> Jitted:
    """The loop over a block with the function of this name; `params` gives its parameters from ctx."""
    if rowwise:
        return (number_of_row if per_sample else each_row)(ROWS[name](f), params)
    return (sum_of_numbers if per_sample else each_number)(NUMBERS[name](f), params)


def entry(run: Jitted, n_inputs: int) -> Callable[..., int]:
    """What the struct points at, to be compiled for a signature."""
    return ENTRIES[n_inputs - 1](guarded(run))
