"""The struct of a kernel that numba compiles from Python functions. Imported when the first of them is compiled."""

from __future__ import annotations

import ctypes
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any

import numba
from numba import types

from .. import abi
from ..core import cpu
from .from_python import NumbaKernel
from .loops import Jitted, entry, jit, looped

__all__ = ["compiled"]

# Of a function of the spec: its name in the struct, the inputs it has there, and how many of them it is given.
FUNCTIONS = {
    "forward": ("fwd", "z", 1),
    "derivative": ("bwd", "zag", 2),
    "vjp": ("bwd", "zag", 3),
    "value": ("value", "ay", 2),
    "gradient": ("grad", "ay", 2),
    "fused_value": ("fused_value", "zay", 3),
    "fused": ("fused_grad", "zay", 3),
}
PER_SAMPLE = ("value", "fused_value")  # what returns C
DTYPES: Mapping[str, Any] = {"f32": types.float32, "f64": types.float64}
COLOUR = re.compile("\x1b\\[[0-9;]*m")

_lock = Lock()
_kept: list[Any] = []  # networks hold the addresses: what is compiled stays


def compiled(kernel: NumbaKernel, spec: Any) -> object:
    """The capsule of a kernel, compiled when it is first asked for.

    Raises
    ------
    ImportError
        numba cannot compile one of its functions, or one takes a parameter that the spec does not declare.
    """
    with _lock:
        return _capsule(kernel, spec.name, tuple(spec.params))


@cache
def _capsule(kernel: NumbaKernel, name: str, params: tuple[str, ...]) -> object:
    activation = kernel.functions[0][0] == "forward"
    struct = abi.ActivationKernel() if activation else abi.CostKernel()
    _describe(struct, name, _hints(kernel) if activation else 0)
    for function_name, function in kernel.functions:
        for suffix, real in DTYPES.items():
            try:
                c_function = _c_function(function_name, function, kernel.rowwise, params, real)
            except Exception as error:
                raise ImportError(f"{name!r}: numba cannot compile {function_name}=: {_first(error)}") from error
            field = f"{FUNCTIONS[function_name][0]}_{suffix}"
            setattr(struct, field, type(getattr(struct, field))(c_function.address))
            _kept.append(c_function)
    _kept.append(struct)
    return abi.capsule_at(ctypes.addressof(struct))


def _hints(kernel: NumbaKernel) -> int:
    """Those of an activation. In place, LLVM would not vectorise; Intel's vector functions differ from libm's."""
    chunks = 0 if numba.config.USING_SVML else abi.CHUNK_INVARIANT
    return abi.READS_Z | abi.READS_A | chunks | (abi.ROWWISE if kernel.rowwise else 0)


def _describe(struct: Any, name: str, hints: int) -> None:
    """Fill the head, for this processor."""
    head = struct.head
    head.magic, head.abi_major, head.abi_minor = abi.MAGIC, abi.MAJOR, abi.MINOR
    head.struct_size = ctypes.sizeof(struct)
    head.kind = abi.ACTIVATION if isinstance(struct, abi.ActivationKernel) else abi.COST
    head.hints, head.name, head.provider = hints, name.encode(), b""
    head.build, head.isa = f"numba {numba.__version__}".encode(), cpu.supported()[0].encode()


def _c_function(name: str, function: Callable[..., Any], rowwise: bool, declared: Sequence[str], real: Any) -> Any:
    """The C function of a Python function, for one dtype."""
    _, inputs, given = FUNCTIONS[name]
    given += rowwise and name not in PER_SAMPLE  # the row it writes
    takes = [*inspect.signature(function).parameters][given:]
    for each in takes:
        if each not in declared:
            raise TypeError(f"it takes {each!r}, which params= of the spec does not declare")
    f = jit(function)
    argument = types.Array(real, 1, "C") if rowwise else real
    f.compile((*[argument] * given, *[real] * len(takes)))  # alone first: this tells its faults best
    params = _taking([declared.index(each) for each in takes], real)
    run = looped(name, f, params, rowwise, name in PER_SAMPLE)
    blocks = [types.CPointer(real)] * (len(inputs) + 1)
    signature = types.int32(*blocks, *[types.intp] * 3, types.CPointer(types.float64))
    return numba.cfunc(signature, error_model="numpy")(entry(run, len(inputs)))


def _taking(places: Sequence[int], real: Any) -> Jitted:
    """A function that takes the doubles at these places of ctx, as a tuple of `real`."""
    take = jit(lambda ctx: ())
    for place in places:
        take = _and_one(take, place, real)
    return take


def _and_one(before: Jitted, place: int, real: Any) -> Jitted:
    return jit(lambda ctx: (*before(ctx), real(ctx[place])))


def _first(error: Exception) -> str:
    """What numba says of a function, without its own troubles and, where colorama is installed, its colours."""
    lines = [
        line.strip()
        for line in COLOUR.sub("", str(error)).splitlines()
        if line.strip() and not line.startswith("Failed in")
    ]
    return lines[0] if lines else type(error).__name__
