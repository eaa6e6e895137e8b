"""Where an expression is 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import mpmath
import sympy

from .grammar import FormulaError
from .reference import real
from .vocabulary import meant

__all__ = ["exactly", "roots", "unmoved"]

Expr = Any
DIGITS = 100
NOTHING = 1e-30  # what a number that is 0 may come out as
DENOMINATOR = 10**15  # of a number that is known as a fraction
DEGREE = 100  # the highest of a polynomial that SymPy may make of powers
CLOSE = sympy.Rational(1, 10**36)
NEAR = 12
GRID = [-NEAR + 0.01 * i + 0.00318 for i in range(200 * NEAR)]


def roots(expr: Expr, z: Expr) -> Iterator[Expr]:
    """The real zeros of an expression in z, only those near 0 if they are many: exactly, where SymPy can."""
    try:
        if _of_high_degree(expr):
            raise NotImplementedError
        found = sympy.solveset(expr, z, sympy.S.Reals)
        found = found if found.is_finite_set else found.intersect(sympy.Interval(-NEAR, NEAR))
    except (NotImplementedError, ValueError, TypeError):
        found = sympy.ConditionSet(z, sympy.Eq(expr, 0), sympy.S.Reals)
    if found.is_finite_set:
        yield from found
    else:
        yield from _where_the_sign_changes(sympy.lambdify(z, meant(expr), "mpmath"))


def _of_high_degree(expr: Expr) -> bool:
    """Whether there is a power as e^(0.3z), 0.3 being 5404319552844595/2^54: a polynomial that takes SymPy for ever."""
    exponents = [each.exp for each in expr.atoms(sympy.exp, sympy.Pow)]
    numbers = [number for each in exponents for number in each.atoms(sympy.Float, sympy.Rational)]
    return any(number.is_Float or number.q > DEGREE for number in numbers)


def unmoved(
    points: Callable[[Mapping[str, float]], set[Any]], settings: Sequence[Mapping[str, float]], what: str
) -> set[Any]:
    """The points that there are with any setting of the parameters.

    Raises
    ------
    FormulaError
        They move with a parameter; `what` says what is at them.
    """
    first, *others = map(points, settings)
    if any(other != first for other in others):
        where = ", ".join(f"{float(point):g}" for point in sorted(first.union(*others)))
        raise FormulaError(f"formula: {what}, as at z = {where}; cbp must know where: put numbers in")
    return first


def _where_the_sign_changes(f: Callable[[float], Any]) -> Iterator[Expr]:
    values = [real(f, [x]) for x in GRID]
    for (low, high), (before, after) in zip(pairwise(GRID), pairwise(values), strict=True):
        if None not in (before, after) and before * after < 0:
            with mpmath.workdps(DIGITS), suppress(ValueError):  # of a pole
                yield exactly(mpmath.findroot(f, (low, high), solver="anderson"))


def exactly(number: Any) -> Expr:
    """A number of mpmath; as a fraction, if it is one."""
    if abs(number) < NOTHING:
        return sympy.S.Zero
    exact = sympy.Rational(str(mpmath.re(number)))
    fraction = exact.limit_denominator(DENOMINATOR)
    return fraction if abs(exact - fraction) < abs(exact) * CLOSE else sympy.Float(exact, DIGITS)
