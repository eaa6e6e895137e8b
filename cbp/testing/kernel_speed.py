"""How quick a kernel is."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ..kernels.from_python import NumbaKernel
from ..registry.chosen import choose
from .calls import Caller, Case
from .report import Failure
from .subject import Subject

__all__ = ["speed"]

ROWS, COLS, ROUNDS = 128, 128, 15
TOO_SLOW = 10.0  # times its NumPy tier
TO_DO = (
    "compile with the flags of cbp.get_compile_args(), call no function of libm in the inner loop (cbp_math.h has ones "
    "that are vectorised), and do not lock or allocate"
)
TO_DO_IN_NUMBA = (
    "write the kernel in C or Cython, whose cbp_math.h has exp, tanh and their kind vectorised as NumPy has, while "
    "numba calls them number by number; or leave kernel= out"
)


def speed(call: Caller) -> str:
    """How long a number takes, beside the NumPy tier and cbp's tanh; far slower than NumPy is wrong."""
    tanh = Caller(Subject(choose("activation", "tanh")), call.log)
    unit = _nanoseconds(tanh, next(tanh.cases(ROWS, COLS)))
    took = {
        case.function.name: _beside_numpy(call, case) for case in call.cases(ROWS, COLS) if case.dtype == np.float32
    }
    each = ", ".join(f"{name} {ns:.2g}" for name, ns in took.items())
    ratio = max(took.values()) / unit
    return f"{each} ns a number, at most {ratio:.2g} times cbp's tanh: {_class(ratio)}"


def _beside_numpy(call: Caller, case: Case) -> float:
    compiled = _nanoseconds(call, case)
    numpy = _best(lambda: case.function.of(case.sample, case.setting))
    if compiled > TOO_SLOW * numpy:
        raise Failure(
            f"a kernel quicker than its NumPy functions, which take {numpy:.3g} ns a number",
            f"{compiled:.3g} ns a number",
            case.where(),
            TO_DO_IN_NUMBA if isinstance(call.subject.spec.kernel, NumbaKernel) else TO_DO,
        )
    return compiled


def _class(ratio: float) -> str:
    """The class of a kernel, from its time as a multiple of tanh's."""
    return "vectorised" if ratio <= 2 else "costly" if ratio <= 8 else "not vectorised"


def _nanoseconds(call: Caller, case: Case) -> float:
    call.log(case.where(f"ld={case.cols}"))
    return _best(call.ready(case))


def _best(work: Callable[[], object]) -> float:
    """The shortest of some calls, in nanoseconds a number."""
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - start)
    return min(took) / (ROWS * COLS)
