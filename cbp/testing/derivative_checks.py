"""σ′ and vector-Jacobian products, against σ's own values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..plugin import Array
from .closeness import shown, worst
from .report import Failure, Skip
from .settings import Setting, described
from .slopes import complex_slope, jacobian, slope
from .subject import Subject

__all__ = ["complex_step", "derivative", "vjp"]

CLOSE = 1e-7  # of extrapolated differences in float64
EXACT = 1e-12  # of a complex step: what σ′ itself may lose to rounding
FIRST_STEP = 2.0**-5
NEAR = 1e-2  # closer to a kink a derivative is not looked at


def _line(spec_kinks: tuple[float, ...]) -> Array:
    """Where σ′ is checked: around 0, far out, close to 0, and not at a kink."""
    far = np.logspace(-6, 2, 33)
    z = np.concatenate([np.linspace(-6.03, 6.01, 121), far, -far])
    return z[(np.abs(z[:, np.newaxis] - np.array([*spec_kinks, np.inf])) > NEAR).all(axis=1)][np.newaxis]


def _first_step(z: Array, kinks: tuple[float, ...]) -> Array:
    """A step that crosses no kink."""
    room = np.abs(z[..., np.newaxis] - np.array([*kinks, np.inf])).min(axis=-1)
    return np.minimum(FIRST_STEP * np.maximum(1, np.minimum(np.abs(z), 8)), room / 2)


def derivative(subject: Subject) -> str:
    """σ′ is the slope of σ on both sides of 0 and far out."""
    spec = subject.spec
    if subject.rowwise:
        raise Skip("it mixes a row: the check 'vjp' is for it")
    z = _line(spec.kinks)
    for setting in subject.settings:
        got = np.asarray(spec.derivative(z, spec.forward(z, **setting), **setting))
        h = _first_step(z, spec.kinks)
        want, doubt = _slope_beside(got, lambda t, s=setting: spec.forward(z + t, **s), h)  # type: ignore[misc]
        known = doubt <= 1e-4 * _scale(want)
        if known.mean() < 0.8:
            raise Failure(
                "a σ with a slope",
                f"differences of σ that do not settle at {int((~known).sum())} of {known.size} points, "
                f"the first z = {shown(z[~known][0])}",
                f"forward(z){described(setting)}",
                "declare the points where σ′ jumps in kinks; a σ with jumps, or with noise, cannot be trained through",
            )
        off, where = worst(np.where(known, got, want), want, CLOSE * _scale(want) + 10 * doubt)
        if off > 1:
            raise _wrong_derivative(subject, setting, z, got, want, where)
    return f"{z.size} points, {len(subject.settings)} choice(s) of parameters"


def _slope_beside(got: Array, f: Callable[[Array], Array], h: Array) -> tuple[Array, Array]:
    """As `slope`, but where `got` is far off also from smaller steps.

    Differences across a point where σ″ is infinite, as that of max(0, z)**1.5, may deceive; shorter ones do not.
    """
    want, doubt = slope(f, h)
    for shorter in (16, 256):
        other, its_doubt = slope(f, h / shorter)
        better = (its_doubt <= CLOSE * _scale(other)) & (np.abs(other - got) < np.abs(want - got) - 10 * doubt)
        want, doubt = np.where(better, other, want), np.where(better, its_doubt, doubt)
    return want, doubt


def _scale(want: Array) -> Array:
    finite = np.abs(want[np.isfinite(want)])
    return np.maximum(np.abs(want), min(1.0, float(finite.max(initial=0))) or 1.0)


def _wrong_derivative(
    subject: Subject, setting: Setting, z: Array, got: Array, want: Array, where: tuple[int, ...]
) -> Failure:
    wrong = np.abs(got - want) > 1e-5 * _scale(want)
    sides = [name for name, side in (("z < 0", z < 0), ("z > 0", z > 0)) if (wrong & side).any()]
    hint = f"; it is wrong for {' and '.join(sides)}" if sides else ""
    if (np.abs(got + want) <= 1e-5 * _scale(want)).all():
        hint += "; everywhere it has the wrong sign"
    return Failure(
        f"σ′ = {shown(want[where])}, the slope of forward",
        f"{shown(got[where])}{hint}",
        f"derivative(z, a) at z = {shown(z[where])}{described(setting)}",
        "correct the derivative (or forward, if that is wrong); where σ′ jumps, declare the point in kinks",
    )


def complex_step(subject: Subject) -> str:
    """σ′ to nearly all its digits, where forward takes complex numbers."""
    spec = subject.spec
    if subject.rowwise:
        raise Skip("it mixes a row: the check 'vjp' is for it")
    z = _line(spec.kinks)
    z = z[np.abs(z) <= 8][np.newaxis]
    for setting in subject.settings:
        stepped = complex_slope(lambda x, s=setting: spec.forward(x, **s), z)  # type: ignore[misc]
        if stepped is None:
            raise Skip("forward does not take complex numbers")
        want, lost = stepped
        h = _first_step(z, spec.kinks)
        rough, doubt = slope(lambda t, s=setting: spec.forward(z + t, **s), h)  # type: ignore[misc]
        got = np.asarray(spec.derivative(z, spec.forward(z, **setting), **setting))
        if not (np.abs(want - rough) <= CLOSE * _scale(rough) + 10 * doubt).all():
            raise Skip("forward is not analytic: of complex numbers it makes something else")
        off, where = worst(got, want, EXACT * _scale(rough) * np.maximum(1, np.abs(z)) + 10 * lost)
        if off > 1:
            raise _wrong_derivative(subject, setting, z, got, want, where)
    return f"{z.size} points"


def vjp(subject: Subject) -> str:
    """The product g·[δa/δz] with the whole Jacobian, rows and columns told apart."""
    spec = subject.spec
    if not subject.rowwise:
        raise Skip("it is elementwise: the check 'derivative' is for it")
    asymmetry = 0.0
    for setting in subject.settings:
        for cols in (1, 2, 5):
            sample = subject.sample(12, cols, setting=setting)
            z, g = sample["z"], sample["g"]
            J, doubt = jacobian(lambda x, s=setting: spec.forward(x, **s), z, FIRST_STEP)  # type: ignore[misc]
            got = np.asarray(spec.vjp(z, spec.forward(z, **setting), g, **setting))
            want = np.einsum("ij,ijk->ik", g, J)
            size = np.einsum("ij,ijk->ik", np.abs(g), np.abs(J))
            asymmetry = max(asymmetry, float(np.abs(J - J.transpose(0, 2, 1)).max()))
            unit = CLOSE * np.maximum(size, min(1.0, float(size.max())) or 1.0) + 10 * (
                np.abs(g).sum(axis=1, keepdims=True) * doubt.max(axis=1)
            )
            off, where = worst(got, want, unit)
            if off > 1:
                raise _wrong_vjp(setting, sample, got, want, np.einsum("ijk,ik->ij", J, g), where)
    return f"36 Jacobians; the least symmetric differs from its transpose by {asymmetry:.2g}"


def _wrong_vjp(
    setting: Setting, sample: dict[str, Array], got: Array, want: Array, transposed: Array, where: tuple[int, ...]
) -> Failure:
    swapped = np.allclose(got, transposed, rtol=1e-5, atol=1e-6) and not np.allclose(got, want, rtol=1e-5, atol=1e-6)
    row, column = where
    return Failure(
        f"{shown(want[where])}, g·[δa/δz] by differences of forward",
        shown(got[where]) + ("; this is [δa/δz]·g, right only for a symmetric Jacobian" if swapped else ""),
        f"vjp(z, a, g), column {column}, z = {sample['z'][row].tolist()}, g = {sample['g'][row].tolist()}"
        + described(setting),
        "sum g_j δa_j/δz_k over j" + (": swap the Jacobian's rows and columns" if swapped else ", for each k"),
    )
