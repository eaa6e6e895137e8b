"""What a σ must do with its numbers: each alone, NaN, the largest and the smallest."""

from __future__ import annotations

import numpy as np

from ..plugin import Array
from .closeness import shown, worst
from .report import Failure, Skip
from .settings import Setting, described
from .subject import DTYPES, Subject

__all__ = ["elementwise", "saturation", "special_values"]

CLOSE = 1e-12  # another loop may round otherwise


def elementwise(subject: Subject) -> str:
    """An elementwise σ makes of each number what it makes of it alone."""
    if subject.rowwise:
        raise Skip("it mixes a row")
    sample = subject.sample(7, 5)
    for setting in subject.settings:
        sample = subject.sample(7, 5, setting=setting)
        for function in subject.numpy:
            whole = np.asarray(function.of(sample, setting))
            column = np.asarray(function.of({name: x.reshape(-1, 1) for name, x in sample.items()}, setting))
            off, where = worst(column.reshape(whole.shape), whole, CLOSE * np.maximum(1, np.abs(whole)))
            if off > 1:
                raise Failure(
                    f"{shown(column.reshape(whole.shape)[where])}, what the number gives alone",
                    f"{shown(whole[where])} among the others of its row",
                    f"{function.name}, z = {shown(sample['z'][where])}{described(setting)}",
                    "an activation that mixes a row (a sum, mean or maximum along it) gives vjp= and no derivative=",
                )
    return "each number alone"


def special_values(subject: Subject) -> str:
    """NaN stays NaN, and no finite number becomes NaN, however large or small."""
    for setting in subject.settings:
        for dtype in DTYPES:
            _require_nan(subject, setting, dtype)
            _require_numbers(subject, setting, dtype)
    return "NaN, subnormal, huge"


def _require_nan(subject: Subject, setting: Setting, dtype: type) -> None:
    z = subject.sample(4, 5, dtype, setting)["z"]
    z[1, 2] = np.nan
    a = np.asarray(subject.spec.forward(z, **setting))
    hit = np.isnan(z) | (subject.rowwise & np.isnan(z).any(axis=1, keepdims=True))
    for wrong, expected, got in (
        (hit & ~np.isnan(a), "NaN where z is NaN", "a number: the NaN was swallowed"),
        (~hit & np.isnan(a), "numbers where z has numbers", "NaN: one sample's NaN spread to another"),
    ):
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise Failure(
                expected,
                f"{got} ({shown(a[where])})",
                f"forward(z), {np.dtype(dtype)}, z[1, 2] = nan, at {list(where)}{described(setting)}",
                "let NaN through, so that a training that went wrong is noticed (np.maximum, np.clip and "
                "np.where(z < 0, …) do; np.fmax, np.nan_to_num and np.where with a constant for NaN do not)",
            )


def _require_numbers(subject: Subject, setting: Setting, dtype: type) -> None:
    info = np.finfo(dtype)
    large = float(info.max) ** 0.7
    ends: Array = np.array([large, 1e4, float(info.smallest_subnormal), float(info.tiny) / 4], dtype)
    z = np.stack([np.concatenate([-ends, ends]), np.concatenate([ends, ends])])
    a = np.asarray(subject.spec.forward(z, **setting))
    answers = {"forward": a}
    if not subject.rowwise:
        answers["derivative"] = np.asarray(subject.spec.derivative(z, a, **setting))
    for name, answer in answers.items():
        if np.isnan(answer).any():
            where = tuple(int(i) for i in np.argwhere(np.isnan(answer))[0])
            raise Failure(
                "a number, or an infinity where the value overflows",
                "NaN",
                f"{name}, {np.dtype(dtype)}, z = {shown(z[where])}{described(setting)}",
                "keep ∞ - ∞, ∞/∞ and 0·∞ out: clip z where the result no longer changes, or rewrite the formula for "
                "large |z|",
            )


def saturation(subject: Subject) -> str:
    """Where σ has become constant, it is so at ±∞ too, and its derivative there is 0."""
    if subject.rowwise:
        raise Skip("it mixes a row")
    ends: list[str] = []
    for setting in subject.settings:
        for sign in (-1, 1):
            z = sign * np.array([[1e3, 1e4, 1e8, np.inf]])
            a = np.asarray(subject.spec.forward(z, **setting))
            slopes = np.asarray(subject.spec.derivative(z, a, **setting))
            if not (np.isfinite(a[0, 0]) and (a[0, :3] == a[0, 0]).all()):
                continue
            ends.append("-∞" if sign < 0 else "+∞")
            if a[0, 3] != a[0, 0] or not (slopes == 0).all():
                raise Failure(
                    f"σ = {shown(a[0, 0])} and σ′ = 0, as from z = {shown(z[0, 0])} on",
                    f"σ = {a[0].tolist()}, σ′ = {slopes[0].tolist()}",
                    f"z = {z[0].tolist()}{described(setting)}",
                    "write σ and σ′ so that 0·∞ does not occur: clip z where the value no longer changes",
                )
    if not ends:
        raise Skip("it does not saturate")
    return f"saturates towards {' and '.join(sorted(set(ends)))}"
