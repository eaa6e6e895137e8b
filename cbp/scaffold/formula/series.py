"""What cancels near 0 or a hole, for which there is no rule in `stable`: the beginning of its Taylor series there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import mpmath
import sympy

from .roots import exactly
from .vocabulary import meant

__all__ = ["with_series"]

Expr = Any
DIGITS = 60
LITERAL = 17  # digits of a coefficient that is no fraction
STEP_DIGITS = 45  # a step is 10^-45
LARGEST = 1e30  # a coefficient beyond has been found where there is no series, as at the kink of |z|
ORDERS = (6, 9, 12, 16, 20, 26, 33)
RADII = (0.35, 0.7)
SMALL_RADII = (1e-3, 1e-2)  # where a series that ends is not the function: e^(-1/z²) is flat at 0, but no polynomial


def with_series(function: Expr, ways: Sequence[Expr], z: Expr, about: Expr) -> Iterator[list[Expr]]:
    """Further ways to compute `function`: near a point by its series, farther off as before; each time more terms.

    A function that has no series gets none, or a wrong one: it is tried like any other way.

    Parameters
    ----------
    function : sympy.Expr
    ways : sequence of sympy.Expr
        The same function; they may have a symbol for what is known already.
    z : Symbol
    about : sympy.Expr
        The point, a number.
    """
    for factor, of_u, from_0 in _of_one_variable(function.subs(z, z + about), z):
        u = from_0.subs(z, z - about)
        coefficients = _coefficients(sympy.lambdify(z, meant(of_u), "mpmath"))
        radii = RADII if any(coefficients[ORDERS[0] + 1 :]) else (*SMALL_RADII, *RADII)
        for order in ORDERS if coefficients else ():
            series = factor * _horner(coefficients[: order + 1], u)
            yield [sympy.Piecewise((series, sympy.Abs(u) < r), (way, True)) for way in ways for r in radii]


def _of_one_variable(function: Expr, z: Expr) -> Iterator[tuple[Expr, Expr, Expr]]:
    """`function` as factor·f(u), u = z or a parameter times z, with f as a function of z: (factor, f, u).

    Where a parameter is in it otherwise, it depends on the parameter how far a series holds.
    """
    for scale in (sympy.S.One, *sorted(function.free_symbols - {z}, key=str)):
        factor, of_u = sympy.factor_terms(function.subs(z, z / scale)).as_independent(z, as_Add=False)
        if of_u.free_symbols == {z}:
            yield factor, of_u, scale * z
            return


def _coefficients(function: Any) -> list[Expr]:
    """Those of the series, as fractions where they are such; none where the function has no real derivatives at 0.

    From differences of its values beside 0, for at 0 itself it may have none.
    """
    with mpmath.workdps(DIGITS + STEP_DIGITS * (ORDERS[-1] + 4)):
        step = mpmath.mpf(10) ** -STEP_DIGITS
        try:
            differences = [function((k - ORDERS[-1] // 2 + mpmath.mpf(0.25)) * step) for k in range(ORDERS[-1] + 1)]
        except (ZeroDivisionError, ValueError, TypeError):
            return []
        found = [differences[0]]
        for order in range(1, ORDERS[-1] + 1):
            differences = [(b - a) / (order * step) for a, b in pairwise(differences)]
            found.append(differences[0])
        if any(not abs(c) <= LARGEST or mpmath.im(c) for c in found):  # not <= is True of NaN, too
            return []
        return [c if c.is_Rational else c.n(LITERAL) for c in map(exactly, found)]


def _horner(coefficients: Sequence[Expr], z: Expr) -> Expr:
    """c₀ + z·(c₁ + z·(...)), in z² where every other is 0."""
    first = next((k for k, c in enumerate(coefficients) if c), 0)
    rest = coefficients[first:]
    step = 2 if not any(rest[1::2]) else 1
    inner = sympy.S.Zero
    for c in reversed(rest[::step]):
        inner = c + z**step * inner
    return z**first * inner
