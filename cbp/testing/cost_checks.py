"""What a cost and its gradient must be: checked on the NumPy tier, against C's own values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..plugin import Array
from .closeness import shown, worst
from .functions import pull_back
from .report import Failure, Skip
from .settings import Setting, described
from .slopes import complex_slope, jacobian
from .subject import DTYPES, Sample, Subject
from .unusual import saturated

__all__ = ["chain_rule", "complex_step", "gradient", "nan", "saturation", "squares"]

CLOSE = 1e-7
EXACT = 1e-11
FIRST_STEP = 2.0**-8


def _slopes(f: Callable[[Array], Array], x: Array) -> tuple[Array, Array]:
    """δC/δx of each sample by differences, and an estimate of the error."""
    J, doubt = jacobian(lambda x: np.asarray(f(x))[:, np.newaxis], x, FIRST_STEP)
    return J[:, 0], doubt[:, 0]


def _interior(subject: Subject, rows: int, cols: int) -> Sample:
    """A sample whose a stays off the ends of a bounded activation's range, where a cost may have no slope."""
    sample = subject.sample(rows, cols)
    sample["z"] = np.clip(sample["z"], -2.5, 2.5)
    sample["a"] = np.asarray(subject.output(sample["z"], subject.settings[0]))
    return sample


def _widths(subject: Subject) -> tuple[int, int]:
    """Numbers of outputs; a row of one is nothing for softmax."""
    return (2 if subject.canonical is not None and subject.canonical.spec.rowwise else 1), 5


def gradient(subject: Subject) -> str:
    """δC/δa is the slope of C."""
    for setting in subject.settings:
        for cols in _widths(subject):
            sample = _interior(subject, 24, cols)
            a, y = sample["a"], sample["y"]
            want, doubt = _slopes(lambda x, y=y, s=setting: subject.spec.value(x, y, **s), a)  # type: ignore[misc]
            got = np.asarray(subject.spec.gradient(a, y, **setting))
            _require_slope(subject, "gradient(a, y)", "value", sample, setting, got, want, doubt)
    return f"{24 * sum(_widths(subject))} slopes, {len(subject.settings)} choice(s) of parameters"


def _require_slope(
    subject: Subject, name: str, of: str, sample: Sample, setting: Setting, got: Array, want: Array, doubt: Array
) -> None:
    scale = np.maximum(np.abs(want), min(1.0, float(np.abs(want).max())) or 1.0)
    known = doubt <= 1e-4 * scale
    if known.mean() < 0.8:
        raise Failure(
            "a cost with a slope",
            f"differences of {of} that do not settle for {int((~known).sum())} of {known.size} numbers",
            f"{of}{described(setting)}",
            "a cost with jumps or noise cannot be trained with: make it continuous",
        )
    off, where = worst(np.where(known, got, want), want, CLOSE * scale + 10 * doubt)
    if off > 1:
        ratio = got[where] / want[where] if want[where] else np.nan
        raise Failure(
            f"{shown(want[where])}, the slope of {of}",
            f"{shown(got[where])} ({ratio:.4g} times it)",
            f"{name}, {_numbers(sample, where)}{described(setting)}",
            f"correct the gradient, or {of}; a constant factor must be in both, and neither divides by the number of "
            "samples",
        )


def _numbers(sample: Sample, where: tuple[int, ...]) -> str:
    row = where[0]
    return f"row {row}, column {where[-1]}, " + ", ".join(f"{name} = {sample[name][row].tolist()}" for name in "ay")


def complex_step(subject: Subject) -> str:
    """δC/δa to nearly all its digits, where value takes complex numbers."""
    for setting in subject.settings:
        sample = _interior(subject, 24, 5)
        a, y = sample["a"], sample["y"]

        def value(x: Array, y: Array = y, setting: Setting = setting) -> Array:
            return np.asarray(subject.spec.value(x, y, **setting))

        want, lost = _complex_slopes(value, a)
        rough, doubt = _slopes(value, a)
        scale = np.maximum(1, np.abs(rough))
        if not (np.abs(want - rough) <= CLOSE * scale + 10 * doubt).all():
            raise Skip("value is not analytic: of complex numbers it makes something else")
        got = np.asarray(subject.spec.gradient(a, y, **setting))
        off, where = worst(got, want, EXACT * scale + 10 * lost)
        if off > 1:
            raise Failure(
                f"{shown(want[where])}, the slope of value by a complex step",
                shown(got[where]),
                f"gradient(a, y), {_numbers(sample, where)}{described(setting)}",
                "correct the gradient: it is nearly right, but not to the digits of float64",
            )
    return "120 slopes"


def _complex_slopes(f: Callable[[Array], Array], x: Array) -> tuple[Array, Array]:
    """δC/δx of each sample by complex steps, and an estimate of the error."""
    columns = []
    for unit in np.eye(x.shape[1]):
        column = complex_slope(lambda t, e=unit: f(x + t[:, np.newaxis] * e), np.zeros(len(x)))  # type: ignore[misc]
        if column is None:
            raise Skip("value does not take complex numbers")
        columns.append(column)
    slopes, lost = (np.stack(each, axis=1) for each in zip(*columns, strict=True))
    return slopes, lost


def chain_rule(subject: Subject) -> str:
    """The fused pair is C and δC/δz of the cost with its canonical activation."""
    spec, sigma = subject.spec, subject.canonical
    if spec.fused is None or sigma is None:
        raise Skip("it has no fused pair")
    for setting in subject.settings:
        for cols in _widths(subject):
            sample = _interior(subject, 24, cols)
            z, a, y = sample["z"], sample["a"], sample["y"]
            value = np.asarray(spec.value(a, y, **setting))
            _require_equal("fused_value", sample, setting, spec.fused_value(z, a, y, **setting), value)
            chained = pull_back(sigma.spec)(z, a, spec.gradient(a, y, **setting), **sigma.params)
            _require_equal("fused", sample, setting, spec.fused(z, a, y, **setting), chained)
    return f"with {sigma}"


def _require_equal(name: str, sample: Sample, setting: Setting, got: Array, want: Array) -> None:
    got, want = np.asarray(got), np.asarray(want)
    off, where = worst(got, want, 1e-9 * np.maximum(1, np.abs(want)))
    if off > 1:
        other = "value(σ(z), y)" if name == "fused_value" else "gradient(a, y)·[δa/δz]"
        raise Failure(
            f"{shown(want[where])}, which is {other}",
            shown(got[where]),
            f"{name}(z, a, y), {_numbers(sample, where)}, z = {sample['z'][where[0]].tolist()}{described(setting)}",
            "make the fused pair the cost of the canonical activation and its derivative with respect to z, not a: "
            "both must be the same numbers as value and gradient with σ′, only without their overflow",
        )


def squares(subject: Subject) -> str:
    """C is `squares` times ‖a - λ‖²."""
    factor = subject.spec.squares
    if factor is None:
        raise Skip("squares= is not given")
    for setting in subject.settings:
        sample = _interior(subject, 24, 5)
        a, y = sample["a"], sample["y"]
        got, want = np.asarray(subject.spec.value(a, y, **setting)), factor * ((a - y) ** 2).sum(axis=-1)
        off, where = worst(got, want, 1e-9 * np.maximum(1, np.abs(want)))
        if off > 1:
            raise Failure(
                f"{shown(want[where])}, {factor:g}·‖a - λ‖²",
                shown(got[where]),
                f"value(a, y), {_numbers(sample, where)}{described(setting)}",
                "correct squares=, or leave it out: Levenberg-Marquardt then refuses the cost instead of minimising "
                "another",
            )
    return f"{factor:g}·‖a - λ‖²"


def saturation(subject: Subject) -> str:
    """Where the canonical activation saturates, C and δC/δz as cbp computes them stay finite."""
    spec, sigma = subject.spec, subject.canonical
    if sigma is None:
        raise Skip("it names no canonical activation")
    rows = 0
    for setting in subject.settings:
        for dtype in DTYPES:
            sample = saturated(subject, dtype)
            z, a, y = sample["z"], sample["a"], sample["y"]
            rows += len(z)
            if spec.fused is not None:
                answers = {
                    "fused_value": spec.fused_value(z, a, y, **setting),
                    "fused": spec.fused(z, a, y, **setting),
                }
            else:
                da = spec.gradient(a, y, **setting)
                answers = {
                    "value": spec.value(a, y, **setting),
                    "gradient·[δa/δz]": pull_back(sigma.spec)(z, a, da, **sigma.params),
                }
            for name, answer in answers.items():
                _require_finite(name, sample, setting, np.asarray(answer))
    if not rows:
        raise Skip(f"{sigma} does not saturate")
    return f"{rows} rows with |z| up to 10000"


def _require_finite(name: str, sample: Sample, setting: Setting, answer: Array) -> None:
    bad = np.argwhere(~np.isfinite(answer))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        row = where[0]
        numbers = ", ".join(f"{x} = {sample[x][row].tolist()}" for x in "zay")
        raise Failure(
            "a finite number",
            str(answer[where]),
            f"{name}, {answer.dtype}, {numbers}{described(setting)}",
            "give a fused pair (fused_value= and fused=) that is computed from z, without log(0) and 0·∞: for instance "
            "log(1 + e^-z) instead of -log(a)",
        )


def nan(subject: Subject) -> str:
    """A sample with a NaN costs NaN, and no other sample does."""
    for setting in subject.settings:
        for dtype in DTYPES:
            sample = subject.sample(4, 5, dtype, setting)
            for name in "za":
                sample[name][1, :] = np.nan
            for function in subject.numpy:
                if function.per_row:
                    value = np.asarray(function.of(sample, setting))
                    _require_one_nan(function.name, dtype, setting, value)
    return "row 1 of 4"


def _require_one_nan(name: str, dtype: type, setting: Setting, value: Array) -> None:
    if np.isnan(value).tolist() != [False, True, False, False]:
        raise Failure(
            "NaN for row 1, whose a is NaN, and numbers for the others",
            str(value.tolist()),
            f"{name}, {np.dtype(dtype)}{described(setting)}",
            "let NaN through, row by row, so that a training that went wrong is noticed: cbp stops when a cost is not "
            "finite",
        )
