"""A kernel's numbers beside those of its NumPy tier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..plugin import Activation, Array
from .calls import LONGEST, Caller, Case
from .closeness import shown, worst
from .kernel_memory import LENGTHS
from .report import Failure, Skip
from .settings import Setting
from .subject import DTYPES
from .unusual import unusual

__all__ = ["backward", "forward", "fused", "gradient", "lengths", "parameters", "special_values", "value"]

ULPS = 8
WIDE = np.longdouble


def exact(call: Caller, case: Case) -> Array:
    """What the NumPy tier says of a case, in a wider type where there is one and it takes it."""
    sample = {name: x.astype(WIDE) for name, x in case.sample.items()}
    try:
        if case.function.name == "bwd":  # the kernel is given a rounded, but answers for what it makes of it
            sample["a"] = np.asarray(call.subject.output(sample["z"], case.setting))
        answer = np.asarray(case.function.of(sample, case.setting))
    except TypeError:  # a function that knows no long double
        answer = np.zeros(0)
    if answer.dtype != WIDE:
        narrow = {name: x.astype(np.float64) for name, x in case.sample.items()}
        answer = np.asarray(case.function.of(narrow, case.setting))
    return answer


def unit(call: Caller, case: Case, want: Array, nudges: tuple[int, ...] = (1,)) -> Array:
    """The unit in the last place of an answer: of the answer itself, or of what was cancelled on the way to it.

    Of an activation, values count as if they were at least 1 (or the largest there is, if that is less; but never as
    less than the dtype's smallest normal number) and a backward product as if its slope were, and what the next number
    z would change counts too; with `nudges`, the most that one so many numbers away does, for a sine of 1e200 is any
    number, and may by chance be the next one's. Of a cost, numbers count as if they were at least 1 and the largest of
    the row. A sum along a row may round once more every so many terms.
    """
    spec, eps = call.subject.spec, np.finfo(case.dtype).eps
    size = np.abs(want)
    if not isinstance(spec, Activation):
        row = size if case.function.per_row else size.max(axis=1, keepdims=True, initial=0)
        targets = np.abs(case.sample["y"]).max(axis=1, initial=0).reshape(row.shape).astype(WIDE)
        return eps * np.maximum(np.maximum(row, targets), 1) * (1 + case.cols / 32)
    largest = float(size[np.isfinite(size)].max(initial=0)) or 1.0
    floor: Any = min(1.0, max(largest, float(np.finfo(case.dtype).tiny)))
    if case.function.name == "bwd":
        g = np.abs(case.sample["g"]).astype(WIDE)
        floor = g.sum(axis=1, keepdims=True) if spec.rowwise else g
    change = np.max([_change(call, case, want, units) for units in nudges], axis=0)
    growth = 1 + case.cols / 32 if spec.rowwise else 1
    return eps * np.maximum(size, floor) * growth + np.where(np.isfinite(change), change, 0)


def _change(call: Caller, case: Case, want: Array, units: int) -> Array:
    """How much the answer changes with z, if that is so many units less."""
    nudged = dict(case.sample, z=case.sample["z"] * np.asarray(1 - units * np.finfo(case.dtype).eps, case.dtype))
    return np.abs(exact(call, Case(case.function, case.setting, nudged)) - want)


def require_close(call: Caller, case: Case, got: Array) -> float:
    """Raise unless the answer is the NumPy tier's; return how many units it is off."""
    want = exact(call, case)
    fits = np.abs(want) < 0.99 * np.finfo(case.dtype).max
    off, where = worst(np.where(fits, got, 0), np.where(fits, want, 0), unit(call, case, want))
    if off > ULPS:
        at = {name: x[where[0]] if case.function.per_row else x[where] for name, x in case.sample.items()}
        numbers = ", ".join(f"{name} = {at[name].tolist()}" for name in case.function.inputs)
        raise Failure(
            f"{shown(want[where])} within {ULPS} units in the last place: what the NumPy tier says",
            f"{shown(got[where])}, {off:.3g} units off",
            case.where(f"at {list(where)}", numbers),
            f"make kernel and NumPy functions compute the same; {_hint(case, got, want, off)}",
        )
    return off


def _hint(case: Case, got: Array, want: Array, off: float) -> str:
    if case.dtype == np.float64 and off < 1e12 and np.allclose(got, want, rtol=1e-4, atol=1e-5):
        return "its digits are those of float: look for float variables, constants (1.0f) and functions (expf)"
    if np.allclose(got, -want, rtol=1e-4, atol=1e-6) and np.abs(want).max() > 1e-3:
        return "the sign is wrong everywhere"
    return f"look at {case.called} first, in {case.dtype}, with these numbers"


def _compare(call: Caller, names: tuple[str, ...], setting: Setting) -> str:
    """The functions of these names against the NumPy tier."""
    largest = 0.0
    for rows, cols in ((40, 1), (40, 10), (24, 33)):
        for case in call.cases(rows, cols, setting):
            if case.function.name in names:
                largest = max(
                    largest, require_close(call, _with_own_a(call, case), call.plain(_with_own_a(call, case)))
                )
    return f"largest error {largest:.2g} units in the last place"


def _with_own_a(call: Caller, case: Case) -> Case:
    """For `bwd`: with the a that the kernel's own `fwd` gives, as in a pass."""
    if case.function.name != "bwd":
        return case
    fwd = Case(call.subject.kernel[0], case.setting, case.sample)
    return Case(case.function, case.setting, dict(case.sample, a=call.plain(fwd)))


def forward(call: Caller) -> str:
    """Compare ``fwd``."""
    return _compare(call, ("fwd",), call.subject.settings[0])


def backward(call: Caller) -> str:
    """Compare ``bwd``."""
    return _compare(call, ("bwd",), call.subject.settings[0])


def value(call: Caller) -> str:
    """Compare ``value``."""
    return _compare(call, ("value",), call.subject.settings[0])


def gradient(call: Caller) -> str:
    """Compare ``grad``."""
    return _compare(call, ("grad",), call.subject.settings[0])


def fused(call: Caller) -> str:
    """Compare ``fused_value`` and ``fused_grad``."""
    if call.subject.spec.fused is None:
        raise Skip("it has no fused pair")
    return _compare(call, ("fused_value", "fused_grad"), call.subject.settings[0])


def parameters(call: Caller) -> str:
    """The kernel heeds its parameters, each in its place."""
    if not call.subject.spec.params:
        raise Skip("it declares no parameters")
    names = tuple(function.name for function in call.subject.kernel)
    return "; ".join(_compare(call, names, setting) for setting in call.subject.settings[1:])


def lengths(call: Caller) -> str:
    """Rows of every length: the vector body, its remainder, and both."""
    for cols in LENGTHS:
        for case in call.cases(1 if cols == LONGEST else 3, cols):
            if cols:
                require_close(call, case, call.plain(case))
            else:
                call.laid(case)
    return f"0 to 67 and {LONGEST}"


def special_values(call: Caller) -> str:
    """NaN, infinities, huge and subnormal numbers: where the NumPy tier says a number, so does the kernel."""
    for setting in call.subject.settings:
        for case in _special(call, setting):
            if case.function.name == "bwd":
                case.sample["a"] = call.plain(Case(call.subject.kernel[0], setting, case.sample))
            want = np.asarray(case.function.of(case.sample, setting))
            _require_alike(call, case, call.plain(case), want)
    return "as the NumPy tier"


def _special(call: Caller, setting: Setting) -> Iterator[Case]:
    for dtype in DTYPES:
        rows = unusual(call.subject, dtype, setting)
        for function in call.subject.kernel:
            yield Case(function, setting, dict(rows))


def _require_alike(call: Caller, case: Case, got: Array, want: Array) -> None:
    lost = np.isnan(want) & ~np.isnan(got) if case.function.name != "bwd" else np.zeros(want.shape, bool)
    tolerated = unit(call, case, want, nudges=(1, 2, 3, 5, 8))
    off, where = worst(np.where(np.isnan(want), 0, got), np.where(np.isnan(want), 0, want), tolerated)
    if off > ULPS or lost.any():
        where = where if off > ULPS else tuple(int(i) for i in np.argwhere(lost)[0])
        at = {name: x[where[0]] for name, x in case.sample.items()}
        numbers = ", ".join(f"{name} = {at[name].tolist()}" for name in case.function.inputs)
        raise Failure(
            f"{shown(want[where])}, what the NumPy tier says",
            shown(got[where]),
            case.where(f"at {list(where)}", numbers),
            "let NaN through (a > b ? a : b does or does not, depending on the order: see cbp_max in cbp_math.h), and "
            "keep 0·∞ and ∞ - ∞ out where z is large",
        )
