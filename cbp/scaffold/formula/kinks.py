"""Where the slope of a formula jumps: where an absolute value, a maximum or a condition changes sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import sympy
from sympy.core.relational import Relational

from .grammar import FormulaError
from .reference import Reference
from .roots import roots, unmoved
from .vocabulary import maximum, minimum, sign

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
        moving = ", ".join(sorted(str(each) for each in difference.free_symbols if each != z))
        jumps = partial(_jumps, difference, z, value, slope)
        found |= unmoved(jumps, settings, f"σ′ jumps where {moving} says")
    return tuple(sorted(found))


def _jumps(difference: Expr, z: Expr, value: Reference, slope: Reference, setting: Mapping[str, float]) -> set[float]:
    found = set()
    here = {each: setting[each.name] for each in difference.free_symbols if each != z}
    for point in map(float, roots(difference.subs(here), z)):
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


def _jump(reference: Reference, point: float, setting: Mapping[str, float]) -> float:
    low, high = (reference.at({"z": point + side * BESIDE, **setting}) for side in (-1, 1))
    return float(abs(high - low) / max(1, min(abs(low), abs(high))))
