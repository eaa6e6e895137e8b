"""Rewrites what overflows or loses digits: log(1 + e^z) is softplus(z), 1/(1 + e^-z) is logistic(z), ..."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Add, Mul, S

from .vocabulary import asinh, expm1, log1p, log_cosh, logistic, sech, softplus, tanh, varies

__all__ = ["stable"]

Expr = Any


def stable(expr: Expr) -> Expr:
    """`expr` in functions that keep their digits."""
    expr = _asinh(_fraction(expr))  # before a denominator or a sum is looked at alone
    if not expr.args:
        return expr
    return _conjugate(_difference(_log(expr.func(*map(stable, expr.args)))))


def _logarithm(term: Expr) -> Expr | None:
    """The logarithm of a positive number or parameter times powers of e; None for other terms."""
    power, factor = S.Zero, S.One
    for each in Mul.make_args(term):
        if isinstance(each, sympy.exp):
            power += each.args[0]
        else:
            factor *= each
    return power + sympy.log(factor) if factor.is_positive and not varies(factor) else None


def _two_logarithms(sum_: Expr) -> tuple[Expr, Expr] | None:
    """Those of the two terms of a sum with an e^… in it; the second is that of a constant, if there is one."""
    if not isinstance(sum_, Add) or len(sum_.args) != 2 or not sum_.has(sympy.exp):
        return None
    first, second = map(_logarithm, sum_.args)
    if first is None or second is None or not varies(first - second):
        return None
    return (second, first) if not varies(first) else (first, second)


def _log(expr: Expr) -> Expr:
    """log(p + q) = log q + softplus(log p - log q); log(1 + x) is log1p(x)."""
    if not isinstance(expr, sympy.log):
        return expr
    inside = expr.args[0]
    if pair := _two_logarithms(inside):
        return _log_of_two(*pair)
    if isinstance(inside, Add) and S.One in inside.args and varies(inside):
        return log1p(inside - 1)
    return expr


def _asinh(expr: Expr) -> Expr:
    """log(x + √(x² + 1)) = asinh x."""
    if isinstance(expr, sympy.log) and isinstance(expr.args[0], Add):
        for root in expr.args[0].args:
            x = expr.args[0] - root
            if isinstance(root, sympy.Pow) and root.exp == S.Half and sympy.expand(root.base - x**2) == 1:
                return asinh(stable(x))
    return expr


def _log_of_two(p: Expr, q: Expr) -> Expr:
    middle = sympy.expand((p + q) / 2)
    if not varies(middle):
        return middle + sympy.log(2) + log_cosh((p - q) / 2)
    return q + softplus(p - q)


def _fraction(expr: Expr) -> Expr:
    """N / (e^p + e^q) = N e^-q logistic(q - p) = N e^-p logistic(p - q); tanh and sech where both vary."""
    if not isinstance(expr, sympy.Mul | sympy.Pow):
        return expr
    factors = Mul.make_args(expr)
    for each in factors:
        base, exponent = each.as_base_exp()
        pair = _two_logarithms(base)
        if pair and exponent.is_Integer and exponent < 0:
            numerator = Mul(*(other for other in factors if other is not each))
            return _fraction(_divided(numerator, *pair) * base ** (exponent + 1))
    return expr


def _divided(numerator: Expr, p: Expr, q: Expr) -> Expr:
    """N / (e^p + e^q)."""
    for factor in Mul.make_args(numerator):
        ratio = sympy.simplify(factor / (sympy.exp(p) - sympy.exp(q)))
        if not varies(ratio):
            return numerator / factor * ratio * tanh((p - q) / 2)
    by_p = sympy.powsimp(numerator * sympy.exp(-p))
    if numerator.has(sympy.exp) and not by_p.has(sympy.exp):
        return by_p * logistic(p - q)
    middle = sympy.expand((p + q) / 2)
    if not varies(middle):
        return numerator * sympy.exp(-middle) / 2 * sech((p - q) / 2)
    return sympy.powsimp(numerator * sympy.exp(-q)) * logistic(q - p)


def _difference(expr: Expr) -> Expr:
    """For a constant c: c e^x - c = c expm1(x); c - c logistic(x) = c logistic(-x); and so on: what cancels."""
    if not isinstance(expr, Add):
        return expr
    for term in expr.args:
        for factor in Mul.make_args(term):
            c = term / factor
            if isinstance(factor, sympy.exp) and -c in expr.args:
                return expr - term + c + c * expm1(factor.args[0])
            if isinstance(factor, logistic) and -c in expr.args:
                return expr - term + c - c * logistic(-factor.args[0])
            if isinstance(factor, logistic) and -c / 2 in expr.args:
                return expr - term + c / 2 + c / 2 * tanh(factor.args[0] / 2)
            if isinstance(factor, sympy.cos) and -c in expr.args:
                return expr - term + c - 2 * c * sympy.sin(factor.args[0] / 2) ** 2
            if isinstance(factor, sech) and -c in expr.args:
                return expr - term + c - c * tanh(factor.args[0]) * tanh(factor.args[0] / 2)
            if isinstance(factor, softplus) and -c * factor.args[0] in expr.args:
                return expr - term + c * factor.args[0] + c * softplus(-factor.args[0])
            if isinstance(factor, tanh) and (c in expr.args or -c in expr.args):
                sign = 1 if c in expr.args else -1
                return expr - term - sign * c + 2 * sign * c * logistic(2 * sign * factor.args[0])
    return expr


def _conjugate(expr: Expr) -> Expr:
    """For a sum s + x, s = ±√(x² + c): where x has the other sign it is c / (s - x)."""
    if not isinstance(expr, Add):
        return expr
    for s in expr.args:
        for x in sorted((expr - s, *(each for each in expr.args if each is not s)), key=varies, reverse=True):
            if (pair := _conjugate_of(s, x)) is not None:
                return pair + (expr - s - x)
    return expr


def _conjugate_of(s: Expr, x: Expr) -> Expr | None:
    c = sympy.expand(s**2 - x**2)
    if isinstance(s, sympy.Pow) and s.exp == S.Half and not varies(x) and x.is_negative:
        return c / (s - x)  # √(x² + c) - x
    if s.atoms(sympy.Pow) and (s.is_positive or s.is_negative) and varies(x) and not varies(c):
        return sympy.Piecewise((c / (s - x), x < 0 if s.is_positive else x > 0), (s + x, True))
    return None
