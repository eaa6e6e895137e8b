"""Removable singularities: where a formula divides by 0, or the like, but has a limit, as sin(z)/z at 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import mpmath
import sympy

from .reference import Reference
from .roots import roots, unmoved
from .vocabulary import meant, varies

__all__ = ["holes", "with_limits"]

Expr = Any
DIGITS = 100


def holes(
    expr: Expr, z: Expr, value: Reference, slope: Reference, settings: Sequence[Mapping[str, float]]
) -> tuple[Expr, ...]:
    """The z at which a formula has no value or no slope, but those beside have one.

    Raises
    ------
    FormulaError
        Those beside have none either, or none in common; or the hole moves with a parameter.
    """
    found: set[Expr] = set()
    for setting, side in product(settings, (-1.5, 1.5)):
        value.at({z.name: side, **setting})  # or there would be complaints about 0, where sqrt(z) only ends
    for divisor in _divisors(expr):
        found |= unmoved(partial(_of, divisor, z, value, slope), settings, "there is no number where parameters say")
    return tuple(sorted(found))


def _of(divisor: Expr, z: Expr, value: Reference, slope: Reference, setting: Mapping[str, float]) -> set[Expr]:
    found = set()
    here = {each: sympy.Rational(setting[each.name]) for each in divisor.free_symbols if each != z}
    for point in sorted({sympy.S.Zero, *roots(divisor.subs(here), z)}):
        with mpmath.workdps(DIGITS):
            at = {z.name: mpmath.mpmathify(sympy.N(point, DIGITS)), **setting}
        if not (point.is_Rational and value.has(at) and slope.has(at)):
            for reference in (value, slope):
                reference.limit(at)
            found.add(point)
    return found


def _divisors(expr: Expr) -> Iterator[Expr]:
    """What must not be 0: for its reciprocal, its logarithm, or its root, which has no slope there."""
    for each in sympy.preorder_traversal(expr):
        if isinstance(each, sympy.log) and varies(each.args[0]):
            yield each.args[0]
        elif isinstance(each, sympy.Pow) and varies(each.base) and not (each.exp.is_Integer and each.exp > 0):
            yield each.base


def with_limits(ways: Sequence[Expr], function: Expr, z: Expr, points: Sequence[Expr]) -> dict[Expr, Expr]:
    """Further ways to compute `function`: at its holes its limit, if SymPy knows it; the way elsewhere, by each."""
    points = [point for point in points if point.is_Rational]  # no double is one of the others
    try:
        limits = [sympy.limit(meant(function), z, point) for point in points]
    except (NotImplementedError, ValueError, TypeError, AttributeError):
        return {}
    if not limits or not all(limit.is_finite and limit.is_real for limit in limits):
        return {}
    cases = [(limit, sympy.Eq(z, point)) for limit, point in zip(limits, points, strict=True)]
    return {sympy.Piecewise(*cases, (way, True)): way for way in ways}
