"""What a formula is, to many digits and also where doubles would overflow: mpmath's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy

from .grammar import FormulaError
from .vocabulary import meant

__all__ = ["Reference"]

Expr = Any
DIGITS = 60
NEAR = 100  # farther out, log(z + sqrt(1 + z²)) has too few digits
BEYOND = 10**9  # e^BEYOND is ∞, for want of memory


class Reference:
    """A formula's values.

    Parameters
    ----------
    expr, rewritten : sympy.Expr
        The formula, and the same for numbers so large that it has no value: ∞/∞ or 0·∞.
    names : tuple of str
        What it is given: the variables, then the parameters.
    """

    def __init__(self, expr: Expr, rewritten: Expr, names: tuple[str, ...]) -> None:
        self._functions = [_callable(each, names) for each in (expr, rewritten)]

    def at(self, values: Mapping[str, float]) -> Any:
        """The value at a point; NaN where neither has one.

        Raises
        ------
        FormulaError
            It is no real number.
        """
        near = all(abs(x) <= NEAR for x in values.values())
        with mpmath.workdps(DIGITS):
            for function in self._functions:
                try:
                    value = function(*map(mpmath.mpf, values.values()))
                except (ZeroDivisionError, ValueError):
                    value = mpmath.mpc(0, 1)
                if isinstance(value, mpmath.mpc) and value.imag != 0:
                    if not near:
                        return mpmath.nan
                    where = ", ".join(f"{name} = {float(x):g}" for name, x in values.items())
                    raise FormulaError(
                        f"formula: expected a real number everywhere, and there is none at {where}; make cases, such "
                        "as sqrt(z) if z > 0 else 0"
                    )
                if not mpmath.isnan(value):
                    break
            return mpmath.re(value)


def _callable(expr: Expr, names: tuple[str, ...]) -> Callable[..., Any]:
    symbols = {symbol.name: symbol for symbol in expr.free_symbols}
    arguments = [symbols.get(name, sympy.Symbol(name)) for name in names]
    function: Callable[..., Any] = sympy.lambdify(arguments, meant(expr), [{"exp": _exp, "cosh": _cosh}, "mpmath"])
    return function


def _exp(x: Any) -> Any:
    if x > BEYOND:
        return mpmath.inf
    return mpmath.mpf(0) if x < -BEYOND else mpmath.exp(x)


def _cosh(x: Any) -> Any:
    return (_exp(x) + _exp(-x)) / 2
