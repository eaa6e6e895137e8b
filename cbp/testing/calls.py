"""Calls a kernel's functions on blocks, and leaves word of what it is about to call, should it not come back."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..abi import READS_A, READS_Z, kernel_of
from ..core.memory import aligned
from ..kernels import capsule_of
from ..plugin import Array
from .functions import Function
from .memory import Arena, Block
from .report import Failure
from .settings import Setting, described
from .subject import DTYPES, Sample, Subject

__all__ = ["LONGEST", "Caller", "Case"]

LONGEST = 4097
SMALL, LARGE = 2 * 4096, (LONGEST + 64) * 8  # bytes of an arena
SUFFIX = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}


class Case:
    """A function of a kernel, for one dtype and one choice of parameters, and the numbers to call it with.

    Attributes
    ----------
    function : Function
    dtype : numpy.dtype
    setting : dict
    sample : dict of str to (rows, cols) array
        What goes in. What the hints call unread is there all the same.
    """

    def __init__(self, function: Function, setting: Setting, sample: Sample) -> None:
        self.function, self.setting, self.sample = function, setting, sample
        self.rows, self.cols = sample["z"].shape
        self.dtype = sample["z"].dtype

    @property
    def inputs(self) -> list[Array]:
        """The function's arguments."""
        return [self.sample[name] for name in self.function.inputs]

    @property
    def out_shape(self) -> tuple[int, int]:
        """The result's shape, as a matrix."""
        return (1, self.rows) if self.function.per_row else (self.rows, self.cols)

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"{self.function.name}_{SUFFIX[self.dtype]}"

    def where(self, *more: str) -> str:
        """What was called, on how much, and with which parameters."""
        return ", ".join((f"{self.called}: rows={self.rows}, cols={self.cols}", *more)) + described(self.setting)

    def rows_of(self, rows: Any, columns: Any = slice(None)) -> Case:
        """The same for some of the rows or columns."""
        part = {name: np.ascontiguousarray(x[rows][:, columns]) for name, x in self.sample.items()}
        return Case(self.function, self.setting, part)


class Caller:
    """Calls the kernel of a subject.

    Parameters
    ----------
    subject : Subject
    log : callable
        Told, before each call, what is called.
    """

    def __init__(self, subject: Subject, log: Callable[[str], None]) -> None:
        self.subject, self.log = subject, log
        self.struct = kernel_of(capsule_of(subject.spec))
        self.hints: int = self.struct.head.hints
        self._samples: dict[Any, Sample] = {}
        self.arenas = {size: [Arena(size) for _ in range(4)] for size in (SMALL, LARGE)}

    def cases(self, rows: int, cols: int, setting: Setting | None = None) -> Iterator[Case]:
        """Every function in both dtypes, with the first choice of parameters unless another is given."""
        setting = self.subject.settings[0] if setting is None else setting
        for dtype in DTYPES:
            sample = self._sample(rows, cols, dtype, setting)
            for function in self.subject.kernel:
                yield Case(function, setting, sample)

    def _sample(self, rows: int, cols: int, dtype: Any, setting: Setting) -> Sample:
        """As `Subject.sample`, made once."""
        key = rows, cols, dtype, *setting.items()
        if key not in self._samples:
            self._samples[key] = self.subject.sample(rows, cols, dtype, setting)
        return self._samples[key]

    def plain(self, case: Case, filled: float = np.nan) -> Array:
        """The answer, from blocks as cbp's own: without gaps, each on a cache line."""
        blocks = [_aligned(x) for x in (*case.inputs, np.full(case.out_shape, filled, case.dtype))]
        self.run(case, [x.ctypes.data for x in blocks], case.cols)
        return self.shaped(case, blocks[-1])

    def laid(self, case: Case, ld: int | None = None, at: int | None = 256) -> tuple[list[Block], Block, Array]:
        """The blocks of the inputs, that of the output, and the answer, from an arena each."""
        ld = case.cols if ld is None else ld
        arenas = iter(self.arenas[SMALL if case.rows * ld * 8 <= SMALL // 2 else LARGE])
        blocks = [next(arenas).lay(x, ld, at) for x in case.inputs]
        blank = np.full(case.out_shape, np.nan, case.dtype)
        out = next(arenas).lay(blank, case.rows if case.function.per_row else ld, at)
        self.run(case, [block.address for block in (*blocks, out)], ld)
        return blocks, out, self.shaped(case, np.array(out.inside))

    def shaped(self, case: Case, out: Array) -> Array:
        """An answer as NumPy would give it."""
        return out.reshape(-1) if case.function.per_row else out

    def run(self, case: Case, addresses: list[int], ld: int) -> None:
        """Call it.

        Raises
        ------
        Failure
            Its status is not CBP_OK.
        """
        self.log(case.where(f"ld={ld}"))
        status = getattr(self.struct, case.called)(*addresses, case.rows, case.cols, ld, self.ctx(case))
        self.log("")
        if status:
            raise refused(case, ld, status)

    def ready(self, case: Case) -> Callable[[], int]:
        """The call itself, on blocks as cbp's own, to be timed; nobody looks at its status."""
        blocks = [_aligned(x) for x in (*case.inputs, np.empty(case.out_shape, case.dtype))]
        function, ctx = getattr(self.struct, case.called), self.ctx(case)
        arguments = (*(x.ctypes.data for x in blocks), case.rows, case.cols, case.cols, ctx)
        return lambda keep=blocks: function(*arguments)  # type: ignore[misc]

    def address(self, case: Case) -> int:
        """Where the function itself is."""
        return ctypes.cast(getattr(self.struct, case.called), ctypes.c_void_p).value or 0

    def ctx(self, case: Case) -> Any:
        """The parameters as the kernel gets them."""
        values = case.setting.values()
        return (ctypes.c_double * len(values))(*values) if values else None

    def unread(self, function: Function) -> set[str]:
        """The inputs that the hints say `bwd` does not look at."""
        if function.name != "bwd":
            return set()
        return {name for name, bit in (("z", READS_Z), ("a", READS_A)) if not self.hints & bit}


def _aligned(x: Array) -> Array:
    copy = aligned(x.size, x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


def refused(case: Case, ld: int, status: int) -> Failure:
    """What is wrong with a status that is not CBP_OK."""
    return Failure(
        "CBP_OK (0)",
        f"status {status}",
        case.where(f"ld={ld}"),
        "return CBP_OK for all blocks, of 0 rows or columns too; a status > 0 stops the training",
    )
