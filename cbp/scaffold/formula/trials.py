"""The points at which the code of a formula is tried, and what it must answer there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...plugin import Array
from .form import Form
from .reference import NEAR, Reference

__all__ = ["NOT_A_NUMBER", "Trial", "of_activation", "of_cost"]

DTYPES = (np.float32, np.float64)
ULPS = 3.0  # fewer than a kernel is allowed, whose functions are not NumPy's
NOT_A_NUMBER = 1000  # what that counts, in wrong numbers
LEAST, MOST = 1e-4, 32.0  # an ordinary number, without its sign
FAR = (50.0, 100.0, 1e3, 1e4, 1e8)
SETTLED = 1e3  # a σ that is constant from here on has settled

Setting = Mapping[str, float]


@dataclass(frozen=True)
class Trial:
    """Points, and what the function is there.

    Attributes
    ----------
    dtype : type
    setting : mapping of str to float
        The parameters.
    at : mapping of str to array
        The arguments.
    want : array
        NaN where nothing is known.
    slack : array
        How far off an answer may be.
    """

    dtype: Any
    setting: Setting
    at: Mapping[str, Array]
    want: Array
    slack: Array

    @property
    def near(self) -> Array:
        """Whether a point is one of those that occur."""
        first: Array = next(iter(self.at.values()))
        return np.abs(first.astype(np.float64)) <= NEAR

    @property
    def ordinary(self) -> Array:
        """Whether a point is not far out, nor so close to 0 that its slope may be the other side's, as of |z|."""
        first: Array = np.abs(next(iter(self.at.values())))
        return (first == 0) | (first >= LEAST) & (first <= MOST)

    def answers(self, form: Form) -> Array:
        """What the code says."""
        with np.errstate(all="ignore"):
            got = form.function(*(self.at[name] for name in form.arguments), **self.setting)
        return np.asarray(got).astype(np.float64)

    def wrong(self, form: Form) -> Array:
        """At each point 0 where the answer is right, 1 where it is not, more where it is none."""
        got = self.answers(form)
        with np.errstate(all="ignore"):
            right = (np.abs(got - self.want) <= self.slack) | (got == self.want)
        return np.where(np.isnan(self.want), 0, np.where(np.isnan(got), NOT_A_NUMBER, ~right))

    def noisy(self, form: Form) -> bool:
        """Whether NumPy warns on the way to the numbers that occur: of a case that is not taken, most often."""
        known = self.near & np.isfinite(self.want)
        with np.errstate(all="raise", under="ignore"):
            try:
                form.function(*(self.at[name][known] for name in form.arguments), **self.setting)
            except FloatingPointError:
                return True
        return False


def _near(most: float) -> Array:
    """Numbers that occur, none of them round."""
    near: Array = np.geomspace(LEAST, most, 100) * 1.00317
    return np.concatenate([-near[::-1], near])


def _spread(values: Sequence[Any], most: float) -> Array:
    """Numbers of mpmath as doubles; those beyond the dtype's as infinities."""
    doubles: Array = np.array([float(value) for value in values])
    return np.where(np.abs(doubles) > 0.9 * most, np.copysign(np.inf, doubles), doubles)


def of_activation(
    value: Reference, slope: Reference, settings: Sequence[Setting], holes: Sequence[Any]
) -> tuple[list[Trial], list[Trial]]:
    """Trials of σ and of σ′; the latter know a as a double can hold it."""
    near = np.concatenate([_near(MOST), [0.0], *(float(hole) + np.append(_near(1)[::4], 0) for hole in holes if hole)])
    forward, derivative = list[Trial](), list[Trial]()
    for dtype in DTYPES:
        info = np.finfo(dtype)
        far = [*FAR, float(info.max) ** 0.7, float(info.tiny) / 4]
        z = np.concatenate([near, far, np.negative(far), [np.inf, -np.inf]]).astype(dtype)
        for setting in settings:
            a, da = (_values(reference, z, setting, info) for reference in (value, slope))
            settled = _settled(z, a[0])
            a[0][-2:] = settled[-2:]
            da[0][~np.isnan(settled)] = 0
            da[0][z == 0] = _at_0(slope, setting)
            da[0][-2:] = _settled(z, da[0])[-2:]
            for trials, (want, change), least in (
                (forward, a, _floor(z, a[0], float(info.tiny))),
                (derivative, da, 1.0),
            ):
                slack = np.where(np.isinf(want), np.inf, ULPS * info.eps * np.maximum(np.abs(want), least) + change)
                slack = np.where(np.isnan(settled) | (trials is forward), slack, 0)
                trials.append(Trial(dtype, setting, {"z": z, "a": a[0].astype(dtype)}, want, slack))
    return forward, derivative


def _floor(z: Array, a: Array, tiny: float) -> Array:
    """What a counts as at least: 1 or, if that is less, the largest there is; near 0, the largest near 0."""
    parts = [(np.abs(z) <= most) for most in (0.3, MOST)]
    small, all_ = (min(1.0, max(tiny, float(np.abs(a[part]).max()))) for part in parts)
    return np.where(parts[0], small, all_)


def _at_0(slope: Reference, setting: Setting) -> float:
    """The slope beside 0, if it is the same on both sides: at 0 itself |z| has none."""
    left, right = (float(slope.at({"z": z, **setting})) for z in (-1e-60, 1e-60))
    return right if abs(left - right) < 1e-9 else np.nan


def _values(reference: Reference, z: Array, setting: Setting, info: Any) -> tuple[Array, Array]:
    """What the function is at the finite z, and how much one unit of z changes it."""
    z = z[:-2].astype(np.float64)
    here = _spread([reference.at({"z": x, **setting}) for x in z], float(info.max))
    beside = _spread([reference.at({"z": x * (1 - float(info.eps)), **setting}) for x in z], float(info.max))
    with np.errstate(invalid="ignore"):
        change = np.abs(here - beside)
    pad = [np.nan, np.nan]
    return np.concatenate([here, pad]), np.concatenate([np.where(np.isfinite(change), change, 0), pad])


def _settled(z: Array, a: Array) -> Array:
    """Far out, the constant that a function has become; NaN elsewhere and where it has not."""
    settled = np.full(z.shape, np.nan)
    for side in (-1, 1):
        far = (np.sign(z) == side) & (np.abs(z) >= SETTLED)
        known = a[far & np.isfinite(z)]
        if np.isfinite(known[0]) and (known == known[0]).all():
            settled[far] = known[0]
    return settled


def of_cost(value: Reference, slope: Reference, settings: Sequence[Setting]) -> tuple[list[Trial], list[Trial]]:
    """Trials of a term of C and of its slope."""
    both = list[Trial](), list[Trial]()
    rng = np.random.default_rng(0)
    near = _near(12)
    hit = np.array([-1.3, 0, 0.2, 1])
    for dtype in DTYPES:
        a = np.concatenate([near, near, near, hit]).astype(dtype)
        y = np.concatenate([0 * near, 0 * near + 1, rng.normal(size=near.shape), hit]).astype(dtype)
        eps, most = float(np.finfo(dtype).eps), float(np.finfo(dtype).max)
        for setting in settings:
            for trials, reference in zip(both, (value, slope), strict=True):
                pairs = list(zip(a.astype(np.float64), y.astype(np.float64), strict=True))
                want = _spread([reference.at({"a": x, "y": t, **setting}) for x, t in pairs], most)
                size = np.maximum(np.maximum(np.abs(want), np.abs(y)), 1)
                slack = np.where(np.isinf(want), np.inf, ULPS * eps * size)
                trials.append(Trial(dtype, setting, {"a": a, "y": y}, want, slack))
    return both
