"""Compiled plugins, each with one fault, and the check that must find it."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from compiling import built

import cbp
from cbp.abi import capsule_at
from cbp.plugin import Activation, Cost, Param

SOURCE = Path(__file__).with_name("animals.c")


class Animal(NamedTuple):
    """What finds it, and what must be said about it."""

    check: str
    words: tuple[str, ...]


ACTIVATIONS = {
    "one_past": Animal("kernel-stays-inside", ("written at index 1 of the output", "cols=1", "end each loop at cols")),
    "one_before": Animal("kernel-stays-inside", ("written at index -1 of the output",)),
    "needs_a_row": Animal("kernel-stays-inside", ("only the 0 numbers", "index 0 of the output", "rows=0, cols=1")),
    "scribbles": Animal("kernel-inputs-untouched", ("z left as it was", "z at [0, 0]", "write to the output only")),
    "adds_up": Animal("kernel-fills-output", ("over NaN", "over 777", "store every number")),
    "reads_on": Animal("kernel-guard-pages", ("SIGSEGV", "fwd_f32: rows=1, cols=1", "AddressSanitizer")),
    "ignores_ld": Animal("kernel-gaps", ("ld=2", "r * ld, not at r * cols")),
    "touches_gaps": Animal("kernel-gaps", ("the numbers between the rows", "r * ld")),
    "wants_alignment": Animal("kernel-unaligned", ("SIG", "fwd_f32: rows=5, cols=1")),
    "not_in_place": Animal("kernel-in-place", ("in place of z", "leave the hint CBP_IN_PLACE out")),
    "wrong_float": Animal("kernel-forward", ("fwd_f32", "within 8 units", "units off", "z = ")),
    "float_in_double": Animal("kernel-forward", ("fwd_f64", "digits are those of float", "1.0f")),
    "wrong_sign": Animal("kernel-backward", ("bwd_f32", "sign is wrong everywhere", "g = ")),
    "other_remainder": Animal("kernel-chunking", ("cut at column", "-ffp-contract=off", "CBP_CHUNK_INVARIANT")),
    "forgets_remainder": Animal("kernel-lengths", ("cols=13", "units off")),
    "reads_z": Animal("kernel-unread", ("where z is NaN", "set the hint CBP_BWD_READS_Z")),
    "swallows_nan": Animal("kernel-special-values", ("nan", "got       0.0", "cbp_max")),
    "fails": Animal("kernel-answers", ("status 7", "fwd_f32: rows=4, cols=5", "return CBP_OK")),
    "crashes": Animal("kernel-answers", ("SIGSEGV", "fwd_f32: rows=4, cols=5", "AddressSanitizer")),
    "exits": Animal("kernel-answers", ("exit status 3", "fwd_f32")),
    "aborts": Animal("kernel-answers", ("SIGABRT", "zoo: not today")),
    "never_ends": Animal("kernel-answers", ("within 3 s", "fwd_f32", "loop that does not end")),
    "prints": Animal("kernel-silence", ("tanh of 5 rows", "cols=33", "remove the printf")),
    "sleeps": Animal("kernel-speed", ("quicker than its NumPy functions", "ns a number", "get_compile_args")),
    "counts": Animal("kernel-repeatable", ("the second time", "static or global")),
    "shares": Animal("kernel-threads", ("while 4 threads call it", "static or global")),
    "needs_gil": Animal("kernel-without-gil", ("while another thread holds the GIL", "nogil")),
    "changes_mode": Animal("kernel-floating-point-mode", ("fwd_f32", "-ffast-math")),
    "of_abi_2": Animal("kernel-head", ("ABI 2.0", "ABI 1.x", "upgrade cbp")),
    "too_short": Animal("kernel-head", ("64 bytes", "at least 88")),
    "no_magic": Animal("kernel-head", ("wrong magic number",)),
    "from_tomorrow": Animal("kernel-head", ("bits 0x40", "upgrade cbp")),
    "has_a_hole": Animal("kernel-head", ("lacks a function", "set every function")),
    "says_rowwise": Animal("kernel-head", ("CBP_ROWWISE clear", "it is set")),
}
WITH_PARAMETERS = {
    "mixed_up": Animal("kernel-parameters", ("height=", "rate=", "units off")),
    "deaf": Animal("kernel-parameters", ("height=", "units off")),
}
COSTS = {
    "unlike": Animal("kernel-fused", ("fused_grad_f32", "units off", "y = ")),
    "steep": Animal("kernel-gradient", ("grad_f32", "units off", "y = ")),
    "half": Animal("kernel-value", ("value_f32", "units off")),
    "without_pair": Animal("kernel-head", ("fused=", "no fused pair", "fused_value_f32")),
    "averages": Animal("kernel-chunking", ("row 0 alone", "each row")),
}


def compiled(folder: Path) -> ctypes.CDLL:
    """The library, compiled as the documentation says."""
    return ctypes.CDLL(str(built(SOURCE, folder / "animals.so", *cbp.get_compile_args(), "-fvisibility=default", "-w")))


def kernel(library: ctypes.CDLL, name: str) -> Any:
    address = ctypes.addressof(ctypes.c_char.in_dll(library, f"{name}_animal"))
    return capsule_at(address)


def activation(library: ctypes.CDLL, name: str) -> Activation:
    """Tanh with a kernel of the library."""
    return Activation(name, np.tanh, lambda z, a: 1 - a * a, kernel=kernel(library, name))


def with_parameters(library: ctypes.CDLL, name: str) -> Activation:
    """Height times tanh(rate z)."""
    return Activation(
        name,
        forward=lambda z, height, rate: height * np.tanh(rate * z),
        derivative=lambda z, a, height, rate: height * rate * (1 - np.tanh(rate * z) ** 2),
        params={"height": Param(1.0), "rate": Param(1.0)},
        kernel=kernel(library, name),
    )


def cost(library: ctypes.CDLL, name: str) -> Cost:
    """The squared error, with a fused pair for tanh."""
    return Cost(
        name,
        value=lambda a, y: ((a - y) ** 2).sum(axis=1),
        gradient=lambda a, y: 2 * (a - y),
        canonical="tanh",
        fused_value=lambda z, a, y: ((a - y) ** 2).sum(axis=1),
        fused=lambda z, a, y: 2 * (a - y) * (1 - a * a),
        kernel=kernel(library, name),
    )
