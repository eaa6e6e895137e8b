"""The derivative of a formula, written in several ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy
from sympy.core.relational import Relational

from .vocabulary import expm1, logistic, maximum, minimum, sech, sign, tanh

__all__ = ["simplified", "slopes"]

Expr = Any


def slopes(value: Expr, by: Expr, named: Expr | None) -> Iterator[Expr]:
    """Expressions for the derivative.

    Parameters
    ----------
    value : sympy.Expr
    by : Symbol
    named : Symbol or None
        What may stand for `value` in its derivative: a in σ′.
    """
    slope = _without_signs(sympy.diff(value, by)).replace(lambda e: isinstance(e, Relational), _unclipped)
    slope = slope.replace(lambda e: e.is_Mul, _bounded)
    seen: set[Expr] = set()
    for sech_squared in (lambda u: sech(u) ** 2, _by_tanh, _by_logistic):
        plain = slope.replace(_is_sech_squared, lambda e, f=sech_squared: f(e.base.args[0]))
        for way in WAYS:
            written = way(plain)
            for expr in (written, written if named is None else written.subs(value, named)):
                if expr not in seen and not expr.has(*FOREIGN):
                    seen.add(expr)
                    yield expr


def _simplified(expr: Expr) -> Expr:
    """By SymPy's many means, but for what it makes cases of."""
    return expr if expr.has(sympy.Piecewise, sympy.Abs, sign) else sympy.simplify(expr)


WAYS: tuple[Callable[[Expr], Expr], ...] = (
    lambda expr: expr, sympy.factor_terms, sympy.piecewise_fold, sympy.together, sympy.factor, _simplified,
)  # fmt: skip
FOREIGN = (sympy.Eq, sympy.Ne, sympy.Derivative, sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.tan)


def simplified(expr: Expr) -> Iterator[Expr]:
    """The same, simplified by SymPy, if it can be written."""
    written = _simplified(expr)
    if not written.has(*FOREIGN):
        yield written


def _is_sech_squared(expr: Expr) -> bool:
    return expr.is_Pow and isinstance(expr.base, sech) and expr.exp == 2


def _by_tanh(u: Expr) -> Expr:
    """sech² u = 1 - tanh² u, which loses digits, but often tanh u is there already."""
    return 1 - tanh(u) ** 2


def _by_logistic(u: Expr) -> Expr:
    """sech² u = 4 s (1 - s), s = logistic(2u)."""
    s = logistic(2 * u)
    return 4 * s * (1 - s)


def _without_signs(expr: Expr) -> Expr:
    """With sign² x = 1 and x sign(x) = |x|."""
    expr = expr.replace(sympy.sign, sign)
    expr = expr.replace(lambda e: e.is_Pow and isinstance(e.base, sign) and e.exp.is_even, lambda e: sympy.S.One)
    return expr.replace(lambda e: e.is_Mul and _sign_of_factor(e) is not None, _absolute)


def _sign_of_factor(product: Expr) -> Expr | None:
    return next((f for f in product.args if isinstance(f, sign) and f.args[0] in product.args), None)


def _bounded(product: Expr) -> Expr:
    """e^u / expm1 u = -1 / expm1(-u), which is never ∞/∞."""
    for u in (each.args[0] for each in product.args if isinstance(each, sympy.exp)):
        if any(each.is_Pow and each.base == expm1(u) and each.exp.is_negative for each in product.args):
            return -product / sympy.exp(u) * expm1(u) / expm1(-u)
    return product


def _unclipped(comparison: Expr) -> Expr:
    """max(x, -1) < 1 is x < 1."""
    side, limit = comparison.args
    if isinstance(side, maximum | minimum) and side.args[1].is_number and limit.is_number:
        x, bound = side.args
        if bound < limit if isinstance(side, maximum) else bound > limit:
            return _unclipped(comparison.func(x, limit))
    return comparison


def _absolute(product: Expr) -> Expr:
    found = _sign_of_factor(product)
    assert found is not None
    return product / found / found.args[0] * sympy.Abs(found.args[0])
