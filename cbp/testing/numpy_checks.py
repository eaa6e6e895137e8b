"""What every function of a NumPy tier must do, whatever it computes."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

from ..plugin import Array
from .closeness import same_bits, shown, worst
from .functions import Function
from .report import Failure, Skip
from .settings import Setting, described
from .subject import DTYPES, Sample, Subject

__all__ = ["float32", "inputs_untouched", "parameters", "per_sample", "repeatable", "shape_and_dtype", "silence"]

SHAPES = ((5, 3), (1, 1), (4, 1), (1, 7), (0, 3), (67, 10))
CLOSE = 1e-12  # two orders of one float64 sum
FLOAT32_CLOSE = 1e-4


def _at(function: Function, setting: Setting, *more: str) -> str:
    return ", ".join((f"{function.name}({', '.join(function.inputs)})", *more)) + described(setting)


def shape_and_dtype(subject: Subject) -> str:
    """Blocks of any size and layout in, the same shape and dtype out."""
    for dtype in DTYPES:
        for rows, cols in SHAPES:
            sample = subject.sample(rows, cols, dtype)
            for function in subject.numpy:
                expected = (rows,) if function.per_row else (rows, cols)
                answer = function.of(sample, subject.settings[0])
                _require(function, subject, answer, expected, dtype)
                columns = {name: np.asfortranarray(x) for name, x in sample.items()}
                _require_same(function, subject, answer, function.of(columns, subject.settings[0]))
    return f"{len(SHAPES)} shapes; {_single(subject)}"


def _require(function: Function, subject: Subject, answer: Any, shape: tuple[int, ...], dtype: Any) -> None:
    came = np.shape(answer), getattr(answer, "dtype", type(answer).__name__)
    if came != (shape, np.dtype(dtype)):
        raise Failure(
            f"an array of shape {shape} and dtype {np.dtype(dtype)}",
            f"shape {came[0]} and dtype {came[1]}",
            _at(function, subject.settings[0], f"inputs of dtype {np.dtype(dtype)}"),
            "return an array of the inputs' dtype (Python floats as constants keep it, float64 arrays and scalars "
            "of NumPy do not); sum over the last axis alone where a number for each sample is wanted",
        )


def _require_same(function: Function, subject: Subject, rows: Array, columns: Array) -> None:
    off, where = worst(columns, rows, FLOAT32_CLOSE * np.maximum(1, np.abs(rows)))
    if off > 1:
        raise Failure(
            f"{shown(rows[where])}, as for the same numbers laid out row by row",
            shown(np.asarray(columns)[where]),
            _at(function, subject.settings[0], f"inputs laid out column by column, {list(where)}"),
            "do not depend on the memory layout: use no reshape, ravel or view of the inputs' memory",
        )


def _single(subject: Subject) -> str:
    """An elementwise σ and σ′ also take a single number."""
    if subject.kind == "cost" or subject.rowwise:
        return "no 0-d arrays, as it works on rows"
    sample = subject.sample(1, 1)
    single = {name: x.reshape(()) for name, x in sample.items()}
    for function in subject.numpy:
        answer = np.asarray(function.of(single, subject.settings[0]))
        if answer.shape != ():
            raise Failure(
                "one number for one number (a 0-d array)",
                f"shape {answer.shape}",
                _at(function, subject.settings[0]),
                "write an elementwise function without axes and shapes",
            )
    return "0-d arrays"


def inputs_untouched(subject: Subject) -> str:
    """Nothing is changed in place."""
    for setting in subject.settings:
        sample = subject.sample(9, 5, setting=setting)
        for function in subject.numpy:
            before = {name: x.copy() for name, x in sample.items()}
            function.of(sample, setting)
            for name in function.inputs:
                _require_untouched(function, setting, name, before[name], sample[name])
    return f"{len(subject.numpy)} functions"


def _require_untouched(function: Function, setting: Setting, name: str, before: Array, after: Array) -> None:
    changed = np.argwhere(~same_bits(before, after))
    if len(changed):
        first = tuple(changed[0])
        raise Failure(
            f"{name} left as it was: {shown(before[first])} at {[int(i) for i in first]}",
            f"{shown(after[first])}; {len(changed)} numbers of {name} were overwritten",
            _at(function, setting),
            f"compute into a new array: no `{name} += …`, `{name}[…] = …` or out={name}",
        )


def repeatable(subject: Subject) -> str:
    """The same question, asked again after others, has the same answer."""
    for setting in subject.settings:
        sample, other = subject.sample(9, 5, setting=setting), subject.sample(8, 4, setting=setting)
        for function in subject.numpy:
            first = np.array(function.of(sample, setting))
            function.of(other, setting)
            again = np.asarray(function.of(sample, setting))
            off, where = worst(again, first, np.finfo(np.float64).tiny)
            if off:
                raise Failure(
                    f"the answer of the first call, {shown(first[where])}",
                    f"{shown(again[where])} when called again with the same numbers",
                    _at(function, setting, f"at {list(where)}"),
                    "keep no state between calls (no global or cached array, no random numbers): cbp calls from many "
                    "threads and in any order",
                )
    return "called twice, with another call between"


def silence(subject: Subject) -> str:
    """Ordinary numbers cause no output and no warning."""
    for setting in subject.settings:
        sample = subject.sample(9, 5, setting=setting)
        for function in subject.numpy:
            said = io.StringIO()
            with (
                np.errstate(all="warn", under="ignore"),  # as NumPy's users have it, who do not hear of 1e-400 either
                warnings.catch_warnings(record=True) as warned,
                contextlib.redirect_stdout(said),
                contextlib.redirect_stderr(said),
            ):
                warnings.simplefilter("always")
                function.of(sample, setting)
            noise = [said.getvalue().strip(), *(str(w.message) for w in warned)]
            if any(noise):
                raise Failure(
                    "no output and no warning for ordinary numbers",
                    "; ".join(repr(words) for words in noise if words)[:300],
                    _at(function, setting),
                    "remove the print; keep the argument of exp, log, / and the like in its domain (np.clip, "
                    "np.maximum) instead of letting NumPy warn once per block",
                )
    return "no output, no warning"


def per_sample(subject: Subject) -> str:
    """A sample's answer depends on that sample alone: not on the others, their order or their number."""
    for setting in subject.settings:
        sample = subject.sample(8, 5, setting=setting)
        order = np.random.default_rng(0).permutation(8)
        twice = np.repeat(np.arange(8), 2)
        for function in subject.numpy:
            whole = np.asarray(function.of(sample, setting))
            batches = {"in another order": order, "each twice": twice} | {f"row {i} alone": [i] for i in (0, 3, 7)}
            for words, rows in batches.items():
                batch = {name: x[rows] for name, x in sample.items()}
                got = np.asarray(function.of(batch, setting))
                _require_per_sample(function, setting, words, got, whole[rows])
    return "rows in another order, twice, and alone"


def _require_per_sample(function: Function, setting: Setting, words: str, got: Array, want: Array) -> None:
    off, where = worst(got, want, CLOSE * np.maximum(1, np.abs(want)))
    if off > 1:
        raise Failure(
            f"{shown(want[where])}, what the same sample gives among 8 others",
            f"{shown(got[where])} ({shown(got[where] / want[where] if want[where] else np.nan)} times it)",
            _at(function, setting, f"samples {words}, at {list(where)}"),
            "compute each row from that row alone: no mean or sum over the samples (axis 0, or no axis), no "
            "division by their number; cbp takes the mean and applies weights itself",
        )


def float32(subject: Subject) -> str:
    """In float32 it says what it says in float64, to float32's digits."""
    worst_off = 0.0
    for setting in subject.settings:
        narrow = subject.sample(16, 5, np.float32, setting)
        wide = {name: x.astype(np.float64) for name, x in narrow.items()}
        for function in subject.numpy:
            want = np.asarray(function.of(wide, setting))
            got = np.asarray(function.of(narrow, setting))
            size = min(1.0, float(np.max(np.abs(want), initial=0))) or 1.0
            off, where = worst(got, want, FLOAT32_CLOSE * np.maximum(size, np.abs(want)))
            worst_off = max(worst_off, off)
            if off > 1:
                raise Failure(
                    f"{shown(want[where])}, as in float64",
                    shown(got[where]),
                    _at(function, setting, f"float32, at {list(where)}", _numbers(function, narrow, where)),
                    "find the step that loses digits in float32: a difference of nearly equal numbers, an overflow, "
                    "or a conversion to float16 or int",
                )
    return f"largest error {worst_off * FLOAT32_CLOSE:.1e}"


def _numbers(function: Function, sample: Sample, where: tuple[int, ...]) -> str:
    return ", ".join(f"{name} = {sample[name][where].tolist()}" for name in function.inputs)


def parameters(subject: Subject) -> str:
    """Each declared parameter makes a difference."""
    names = list(subject.spec.params)
    if not names:
        raise Skip("it declares no parameters")
    first, second = subject.settings
    for name in names:
        changed = first | {name: second[name]}
        if changed == first:
            raise Skip(f"the range of {name} allows no value but {first[name]:g}")
        sample = subject.sample(16, 5)
        if all(np.array_equal(f.of(sample, first), f.of(sample, changed), equal_nan=True) for f in subject.numpy):
            raise Failure(
                f"other answers for {name}={changed[name]:g} than for {name}={first[name]:g}",
                "the same, from every function",
                ", ".join(function.name for function in subject.numpy),
                f"use the parameter {name}, which arrives as a keyword, or do not declare it in params",
            )
    return f"each of {', '.join(names)} changes the answers"
