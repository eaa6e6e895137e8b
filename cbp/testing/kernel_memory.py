"""What a kernel must leave alone: memory that is not its output, and nothing of that must matter to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..abi import CHUNK_INVARIANT, IN_PLACE
from ..plugin import Activation, Array
from .calls import LONGEST, Caller, Case
from .closeness import same_bits, shown, worst
from .report import Failure, Skip

__all__ = [
    "fills_output", "gaps", "guard_pages", "in_place", "inputs_untouched", "stays_inside", "unaligned", "unread",
]  # fmt: skip

LENGTHS = (*range(68), LONGEST)
SOME = (1, 7, 16, 33, 67)  # lengths for what does not hinge on them
OTHERWISE = 16  # units in the last place that another layout may cost where bits are not promised


def every_length(call: Caller) -> Iterator[Case]:
    """All functions for one row and, where it is short, for none and for three."""
    for cols in LENGTHS:
        for rows in (0, 1, 3) if cols != LONGEST else (1,):
            yield from call.cases(rows, cols)


def some_lengths(call: Caller) -> Iterator[Case]:
    """All functions for a few sizes, with every choice of parameters."""
    for setting in call.subject.settings:
        for cols in SOME:
            yield from call.cases(5, cols, setting)


def require_same(call: Caller, case: Case, got: Array, want: Array, words: str, remedy: str) -> None:
    """`got` is `want`: to the bit where the kernel promises that, else nearly."""
    if call.hints & CHUNK_INVARIANT and isinstance(call.subject.spec, Activation):
        wrong = np.argwhere(~same_bits(got, want))
        where = tuple(int(i) for i in wrong[0]) if len(wrong) else None
        promise = "to the bit, as the hint CBP_CHUNK_INVARIANT promises"
    else:
        size = float(np.max(np.abs(want[np.isfinite(want)]), initial=0)) or 1.0
        unit = OTHERWISE * np.finfo(case.dtype).eps * np.maximum(min(1.0, size), np.abs(want)) * (1 + case.cols / 64)
        off, at = worst(got, want, unit)
        where, promise = (at if off > 1 else None), "but for rounding"
    if where is not None:
        raise Failure(
            f"{shown(want[where])}, as for a block without gaps, {promise}",
            shown(got[where]),
            case.where(words, f"at {list(where)}"),
            remedy,
        )


def inputs_untouched(call: Caller) -> str:
    """No input is written."""
    for case in some_lengths(call):
        blocks, _, _ = call.laid(case)
        for name, block in zip(case.function.inputs, blocks, strict=True):
            if (at := block.written()) is not None:
                raise Failure(
                    f"{name} left as it was: {shown(case.sample[name][at])}",
                    shown(block.inside[at]),
                    case.where(f"{name} at {list(at)}"),
                    f"write to the output only; {name} belongs to the network, which goes on with it",
                )
    return f"{len(SOME)} sizes"


def stays_inside(call: Caller) -> str:
    """Nothing is written before a block or behind it."""
    for case in every_length(call):
        blocks, out, _ = call.laid(case)
        for name, block in zip((*case.function.inputs, "the output"), (*blocks, out), strict=True):
            if (at := block.written_outside()) is not None:
                size = case.rows if case.function.per_row and block is out else case.rows * case.cols
                raise Failure(
                    f"only the {size} numbers of the output to be written",
                    f"memory written at index {at} of {name}",
                    case.where(f"ld={case.cols}"),
                    "end each loop at cols, and do not store a whole vector where fewer numbers are left",
                )
    return f"{len(LENGTHS)} lengths"


def guard_pages(call: Caller) -> str:
    """Blocks that begin or end at a page that cannot be touched are read and written within their bounds."""
    for case in every_length(call):
        for at in (None, 0):
            call.laid(case, at=at)
    for case in some_lengths(call):
        call.laid(case, ld=case.cols + 3, at=None)
    return f"{len(LENGTHS)} lengths, at the begin and at the end of a page"


def gaps(call: Caller) -> str:
    """Rows may lie farther apart than they are long."""
    for case in some_lengths(call):
        want = call.plain(case)
        for gap in (1, 3, 16):
            _, out, got = call.laid(case, ld=case.cols + gap)
            if (at := out.written_outside()) is not None:
                raise Failure(
                    "the numbers between the rows left as they were",
                    f"memory written at index {at} of the output, which is {'no row' if at >= 0 else 'before it'}",
                    case.where(f"ld={case.cols + gap}"),
                    "row r begins at r * ld, not at r * cols",
                )
            require_same(call, case, got, want, f"ld={case.cols + gap}", "row r begins at r * ld, not at r * cols")
    return "gaps of 1, 3 and 16 numbers"


def unaligned(call: Caller) -> str:
    """Blocks may begin at any number."""
    for case in some_lengths(call):
        want = call.plain(case)
        for shift in range(1, 9):
            _, _, got = call.laid(case, at=256 + shift * case.dtype.itemsize)
            remedy = "use unaligned loads and stores; no alignment is promised, and none may show in the numbers"
            require_same(call, case, got, want, f"{shift} numbers off a cache line", remedy)
    return "1 to 8 numbers off a cache line"


def fills_output(call: Caller) -> str:
    """Every number of the output is written, whatever was there before."""
    for case in some_lengths(call):
        first, second = call.plain(case, filled=np.nan), call.plain(case, filled=777.0)
        wrong = np.argwhere(~same_bits(first, second))
        if len(wrong):
            at = tuple(int(i) for i in wrong[0])
            raise Failure(
                "an output that does not depend on what was in it before",
                f"{shown(first[at])} over NaN, {shown(second[at])} over 777",
                case.where(f"at {list(at)}"),
                "store every number of the block (out[i] = …); do not add to it (out[i] += …)",
            )
    return f"{len(SOME)} sizes"


def unread(call: Caller) -> str:
    """`bwd` reads only what its hints say."""
    names = [name for function in call.subject.kernel for name in sorted(call.unread(function))]
    if not names:
        raise Skip("bwd reads both z and a")
    for case in some_lengths(call):
        want = call.plain(case)
        for name in call.unread(case.function):
            poisoned = dict(case.sample, **{name: np.full_like(case.sample[name], np.nan)})
            got = call.plain(Case(case.function, case.setting, poisoned))
            wrong = np.argwhere(~same_bits(got, want))
            if len(wrong):
                at = tuple(int(i) for i in wrong[0])
                raise Failure(
                    f"{shown(want[at])}, whatever {name} is: the hints do not say that bwd reads it",
                    f"{shown(got[at])} where {name} is NaN",
                    case.where(f"at {list(at)}"),
                    f"set the hint CBP_BWD_READS_{name.upper()}, or do without {name}: cbp may have overwritten it",
                )
    return f"{' and '.join(names)} unread"


def in_place(call: Caller) -> str:
    """With the hint CBP_IN_PLACE a may be z's own memory, and out g's."""
    if not call.hints & IN_PLACE:
        raise Skip("the hint CBP_IN_PLACE is not set")
    for case in some_lengths(call):
        want = call.plain(case)
        blocks = [x.copy() for x in case.inputs]
        call.run(case, [x.ctypes.data for x in (*blocks, blocks[-1])], case.cols)
        remedy = "read what a number needs before it is overwritten, or leave the hint CBP_IN_PLACE out"
        require_same(call, case, blocks[-1], want, f"in place of {case.function.inputs[-1]}", remedy)
    return f"{len(SOME)} sizes"
