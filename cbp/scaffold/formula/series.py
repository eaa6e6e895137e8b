"""What cancels near 0, for which there is no rule in `stable`: the beginning of its Taylor series there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import mpmath
import sympy

from .vocabulary import meant

__all__ = ["with_series"]

Expr = Any
DIGITS = 60
NOTHING = 1e-30  # what a coefficient that is 0 may come out as
DENOMINATOR = 10**15  # of a coefficient that is known as a fraction
CLOSE = sympy.Rational(1, 10**36)
LARGEST = 1e30  # a coefficient beyond has been found where there is no series, as at the kink of |z|
ORDERS = (6, 9, 12, 16, 20, 26, 33)
RADII = (0.35, 0.7)


def with_series(function: Expr, ways: Sequence[Expr], z: Expr) -> Iterator[list[Expr]]:
    """Further ways to compute `function`: near 0 by its series, and farther out as before; with more terms each time.

    A function that has no series gets none, or a wrong one: it is tried like any other way.

    Parameters
    ----------
    function : sympy.Expr
    ways : sequence of sympy.Expr
        The same function; they may have a symbol for what is known already.
    z : Symbol
    """
    for factor, of_u, u in _of_one_variable(function, z):
        coefficients = _coefficients(sympy.lambdify(z, meant(of_u), "mpmath"))
        for order in ORDERS if coefficients else ():
            series = factor * _horner(coefficients[: order + 1], u)
            yield [sympy.Piecewise((series, sympy.Abs(u) < r), (way, True)) for way in ways for r in RADII]


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
    """Those of the series, as fractions where they are such; none where the function has no real derivatives at 0."""
    with mpmath.workdps(DIGITS):
        try:
            found = mpmath.taylor(function, 0, ORDERS[-1])
        except (ZeroDivisionError, ValueError, TypeError):
            return []
        # not <= is True of NaN, too
        return [] if any(not abs(c) <= LARGEST or mpmath.im(c) for c in found) else [*map(_number, found)]


def _number(coefficient: Any) -> Expr:
    if abs(coefficient) < NOTHING:
        return sympy.S.Zero
    exact = sympy.Rational(str(mpmath.re(coefficient)))
    fraction = exact.limit_denominator(DENOMINATOR)
    return fraction if abs(exact - fraction) < abs(exact) * CLOSE else exact


def _horner(coefficients: Sequence[Expr], z: Expr) -> Expr:
    """c₀ + z·(c₁ + z·(...)), in z² where every other is 0."""
    first = next((k for k, c in enumerate(coefficients) if c), 0)
    rest = coefficients[first:]
    step = 2 if not any(rest[1::2]) else 1
    inner = sympy.S.Zero
    for c in reversed(rest[::step]):
        inner = c + z**step * inner
    return z**first * inner
