"""Where the slope of a formula jumps: where an absolute value, a maximum or a condition changes sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import mpmath
import sympy
from sympy.core.relational import Relational

from .grammar import FormulaError
from .reference import Reference
from .vocabulary import maximum, meant, minimum, sign

__all__ = ["kinks"]

Expr = Any
BESIDE = 1e-9  # how far from a point its sides are looked at
JUMP = 1e-4
DIGITS = 9


def kinks(
    expr: Expr, z: Expr, value: Reference, slope: Reference, settings: Sequence[Mapping[str, float]]
) -> tuple[float, ...]:
    """The z at which σ′ jumps.

    Raises
    ------
    FormulaError
        σ itself jumps, or a kink moves with a parameter.
    """
    found: set[float] = set()
    for difference in _differences(expr):
        first, *others = [_jumps(difference, z, value, slope, setting) for setting in settings]
        if any(other != first for other in others):
            where = ", ".join(f"{point:g}" for point in sorted(first.union(*others)))
            moving = ", ".join(sorted(str(each) for each in difference.free_symbols if each != z))
            raise FormulaError(
                f"formula: σ′ jumps where {moving} says, as at z = {where}; cbp must know where: put numbers in"
            )
        found |= first
    return tuple(sorted(found))


def _jumps(difference: Expr, z: Expr, value: Reference, slope: Reference, setting: Mapping[str, float]) -> set[float]:
    found = set()
    for point in _roots(
        difference.subs({each: setting[each.name] for each in difference.free_symbols if each != z}), z
    ):
        if _jump(value, point, setting) > JUMP:
            raise FormulaError(
                f"formula: σ itself jumps at z = {point:g}, and cannot be trained through: make it continuous"
            )
        if _jump(slope, point, setting) > JUMP:
            found.add(round(point, DIGITS))
    return found


def _differences(expr: Expr) -> Iterator[Expr]:
    """What changes its sign there."""
    for each in sympy.preorder_traversal(expr):
        if isinstance(each, sympy.Abs | sign):
            yield each.args[0]
        elif isinstance(each, maximum | minimum):
            yield each.args[0] - each.args[1]
        elif isinstance(each, Relational):
            yield each.lhs - each.rhs


def _roots(expr: Expr, z: Expr) -> Iterator[float]:
    """Its real zeros: exactly, where SymPy can; else, near 0, by bisection."""
    try:
        roots = sympy.solveset(expr, z, sympy.S.Reals)
    except (NotImplementedError, ValueError, TypeError):
        roots = sympy.ConditionSet(z, expr, sympy.S.Reals)
    if isinstance(roots, sympy.FiniteSet):
        yield from map(float, roots)
        return
    f = sympy.lambdify(z, meant(expr), "mpmath")
    grid = [-12 + 0.01 * i + 0.00318 for i in range(2400)]
    values = [f(x) for x in grid]
    for low, high, before, after in zip(grid, grid[1:], values, values[1:], strict=False):
        if before * after < 0:
            yield float(mpmath.findroot(f, (low, high), solver="anderson"))


def _jump(reference: Reference, point: float, setting: Mapping[str, float]) -> float:
    low, high = (reference.at({"z": point + side * BESIDE, **setting}) for side in (-1, 1))
    return float(abs(high - low) / max(1, min(abs(low), abs(high))))
