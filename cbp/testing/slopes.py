"""Derivatives from values alone: what σ′, a vector-Jacobian product and ∂C/∂a are checked against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..plugin import Array

__all__ = ["complex_slope", "jacobian", "slope"]

LEVELS = 9  # the last step is 1/256 of the first
COMPLEX_STEP = 1e-30
BESIDE = 1e-13  # so near that the slope is the same, so far that numbers are rounded otherwise


def slope(f: Callable[[Array], Array], h: Array) -> tuple[Array, Array]:
    """The derivative f′(0), by central differences extrapolated to a step of 0.

    C. Ridders, Accurate computation of F′(x) and F′(x)F″(x), *Advances in Engineering Software* 4 (1982).

    Parameters
    ----------
    f : callable
        ``f(t)`` for an array of steps t, as many functions at once as `h` has numbers.
    h : array
        The first and largest step of each.

    Returns
    -------
    slope, error : array
        Of the shape of f's answers; the second is an estimate of the first's error.
    """
    before: list[Array] = []
    best = error = np.array(np.nan)
    for level in range(LEVELS):
        step = h * 0.5**level
        above, below = f(step), f(-step)
        rounding = np.finfo(np.float64).eps * (abs(above) + abs(below)) / (2 * step)
        row = [(above - below) / (2 * step)]
        for j, coarse in enumerate(before):
            row.append(row[j] + (row[j] - coarse) / (4.0 ** (j + 1) - 1))
            doubt = np.maximum(abs(row[j + 1] - row[j]), abs(row[j + 1] - coarse)) + rounding
            better = (doubt < error) | np.isnan(error)
            best, error = np.where(better, row[j + 1], best), np.where(better, doubt, error)
        before = row
    return best, error


def jacobian(f: Callable[[Array], Array], x: Array, h: float) -> tuple[Array, Array]:
    """[δf/δx] of each row, and an estimate of its error.

    Parameters
    ----------
    f : callable
        (n, N) to (n, M), row by row.
    x : (n, N) array
    h : float
        The first step.

    Returns
    -------
    jacobian, error : (n, M, N) array
        [i, j, k] holds δf_j/δx_k of row i.
    """
    first = np.full((len(x), 1), h)
    columns = [slope(lambda t, e=e: f(x + t * e), first) for e in np.eye(x.shape[1])]  # type: ignore[misc]
    return np.stack([each for each, _ in columns], axis=2), np.stack([doubt for _, doubt in columns], axis=2)


def complex_slope(f: Callable[[Array], Array], x: Array) -> tuple[Array, Array] | None:
    """The derivative f′(x) of an elementwise f, where f takes complex numbers: Im f(x + ih) / h.

    W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, *SIAM Review* 40 (1998).
    It is exact to rounding; of a quotient of two small numbers, such as sin(z)/z near 0, little is left of it then.
    A function that is not analytic (it takes an absolute value, a maximum, ...) answers something else: compare.

    Returns
    -------
    slope, error : array
        The second is an estimate of the first's error, from other steps beside x.
    None
        f does not take complex numbers.
    """
    found = []
    for units in (0, 1, -2, 3, -5):
        h = COMPLEX_STEP * (1 + units / 10)
        try:
            answer = np.asarray(f(x + units * BESIDE + 1j * h))
        except Exception:  # noqa: BLE001 (nobody promised that it takes them)
            return None
        if answer.dtype.kind != "c" or answer.shape != x.shape:
            return None
        found.append(answer.imag / h)
    return found[0], np.abs(np.stack(found) - found[0]).max(axis=0)
