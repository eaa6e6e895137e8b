"""How a kernel may be called: with any cut, again and again, from many threads, without Python, without a trace."""

from __future__ import annotations

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..abi import CHUNK_INVARIANT
from ..core import sentinel
from ..plugin import Activation, Array
from .calls import Caller, Case
from .closeness import same_bits, shown
from .kernel_memory import require_same, some_lengths
from .report import Failure, Skip

__all__ = ["answers", "chunking", "floating_point_mode", "repeatable", "silence", "threads", "without_gil"]

THREADS, TURNS = 4, 25
PATIENCE = 1.0  # seconds a small block may take


def answers(call: Caller) -> str:
    """Every function comes back from an ordinary block, with CBP_OK."""
    for setting in call.subject.settings:
        for rows in (4, 0):
            for case in call.cases(rows, 5, setting):
                call.plain(case)
    return f"{len(call.subject.kernel)} functions, float and double"


def chunking(call: Caller) -> str:
    """A number does not depend on the block it comes in: rows alone, and of elementwise functions columns too."""
    rowwise = call.subject.rowwise or not isinstance(call.subject.spec, Activation)
    for case in some_lengths(call):
        want = call.plain(case)
        for row in (0, case.rows - 1):
            got = call.plain(case.rows_of([row]))
            require_same(call, case, got, want[[row]], f"row {row} alone", REMEDY)
        for cut in () if rowwise else sorted({1, case.cols // 2, case.cols - 1} - {0}):
            for part in (slice(None, cut), slice(cut, None)):
                got = call.plain(case.rows_of(slice(None), part))
                require_same(call, case, got, want[:, part], f"cut at column {cut}", REMEDY)
    exact = call.hints & CHUNK_INVARIANT and isinstance(call.subject.spec, Activation)
    return f"rows{'' if rowwise else ' and columns'}, {'to the bit' if exact else 'but for rounding'}"


REMEDY = (
    "compute each number (of a rowwise function: each row) from its own inputs alone and by the same operations in a "
    "loop's vector body and in its remainder (-ffp-contract=off), or leave the hint CBP_CHUNK_INVARIANT out"
)


def repeatable(call: Caller) -> str:
    """The same block again has the same answer, whatever was computed between."""
    for case in some_lengths(call):
        want = call.plain(case)
        call.plain(case.rows_of([0]))
        _require_bits(case, call.plain(case), want, "the second time")
    return "called twice, with another call between"


def _require_bits(case: Case, got: Array, want: Array, words: str) -> None:
    wrong = np.argwhere(~same_bits(got, want))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        raise Failure(
            f"{shown(want[at])}, as when called alone",
            f"{shown(got[at])} {words}",
            case.where(f"at {list(at)}"),
            "keep nothing between calls: no static or global variable, no buffer of your own",
        )


def threads(call: Caller) -> str:
    """Called by many threads at once it gives each what it gives one."""
    cases = [case for cols in (16, 67) for case in call.cases(5, cols)]
    wants = [call.plain(case) for case in cases]

    def work(k: int) -> None:
        for i in range(TURNS * len(cases)):
            j = (i + k) % len(cases)
            _require_bits(cases[j], call.plain(cases[j]), wants[j], f"while {THREADS} threads call it")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    return f"{THREADS} threads"


def without_gil(call: Caller) -> str:
    """It runs on a thread that Python does not know, while another holds the GIL."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        raise Skip("this Python runs without a GIL")
    for case in call.cases(5, 16):
        want = call.plain(case)
        blocks, out = [x.copy() for x in case.inputs], np.full(case.out_shape, np.nan, case.dtype)
        ctx = call.ctx(case)
        call.log(case.where("in a thread without Python"))
        status, free, before, after = sentinel.call_apart(
            call.address(case),
            [x.ctypes.data for x in (*blocks, out)],
            case.rows,
            case.cols,
            case.cols,
            ctypes.addressof(ctx) if ctx else 0,
            PATIENCE,
        )
        call.log("")
        if not free:
            raise Failure(
                "an answer while another thread holds the GIL",
                f"none within {PATIENCE:g} s; it came as soon as the GIL was free",
                case.where(),
                "write the kernel without Python: in Cython `noexcept nogil`, and no `with gil`",
            )
        _require_mode(case, before, after)
        assert status == 0
        _require_bits(case, call.shaped(case, out), want, "in a thread without Python")
    return "in a thread of its own"


def floating_point_mode(call: Caller) -> str:
    """It leaves the floating-point mode as it was."""
    for case in some_lengths(call):
        before = sentinel.floating_point_mode()
        try:
            call.plain(case)
            _require_mode(case, before, sentinel.floating_point_mode())
        finally:
            sentinel.set_floating_point_mode(before)
    return "rounding and subnormal numbers as before"


def _require_mode(case: Case, before: int, after: int) -> None:
    if before != after:
        raise Failure(
            "the thread's floating-point mode as it was before the call",
            sentinel.difference(before, after),
            case.where(),
            "do not call fesetround, _MM_SET_FLUSH_ZERO_MODE or the like; compile without -ffast-math",
        )


def silence(call: Caller) -> str:
    """Nothing is written to stdout or stderr."""
    libc = ctypes.CDLL(None)
    libc.fflush(None)  # what the kernel said in earlier checks, or this process's parent before it
    before = os.fstat(1).st_size
    for case in some_lengths(call):
        call.plain(case)
        libc.fflush(None)
        if (after := os.fstat(1).st_size) > before:
            said = os.pread(1, min(after - before, 200), before).decode(errors="replace")
            raise Failure(
                "no output",
                repr(said),
                case.where(),
                "remove the printf: a kernel is called thousands of times a second, from any thread",
            )
    return "no output"
