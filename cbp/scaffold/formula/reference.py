"""What a formula is, to many digits and also where doubles would overflow: mpmath's answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import mpmath
import sympy

from .grammar import FormulaError
from .vocabulary import meant

__all__ = ["Reference", "real"]

Expr = Any
DIGITS = 60
NEAR = 100  # farther out, log(z + sqrt(1 + z²)) has too few digits
FURTHER_DIGITS = 5  # for each power of ten that is between a number and 0
BESIDE = 60, 72  # powers of ten, how far from a hole
AS_ONE = 1e-12  # the most that values beside a hole may differ by
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
        """The value at a point, or what it is beside a hole; NaN where neither has one.

        Raises
        ------
        FormulaError
            It is no real number.
        """
        with mpmath.workdps(_digits(values)):
            for function in self._functions:
                value = real(function, values.values())
                if value is None and all(abs(x) <= NEAR for x in values.values()):
                    return self.limit(values)
                if value is None or not mpmath.isnan(value):
                    break
            return mpmath.nan if value is None else value

    def has(self, values: Mapping[str, float]) -> bool:
        """Whether there is a value at a point itself."""
        with mpmath.workdps(DIGITS):
            value = real(self._functions[0], values.values())
        return value is not None and not mpmath.isnan(value)

    def limit(self, values: Mapping[str, float]) -> Any:
        """The value at a point that is that of the points beside it, along the first variable.

        Raises
        ------
        FormulaError
            They have none, or none in common.
        """
        (name, x), *_ = values.items()
        with mpmath.workdps(DIGITS + FURTHER_DIGITS * BESIDE[-1]):
            points = [{**values, name: x + side * mpmath.mpf(10) ** -n} for n in BESIDE for side in (-1, 1)]
            beside = [real(self._functions[0], point.values()) for point in points]
            # not <= is True of NaN, too
            if any(one is None or not abs(one - beside[0]) <= AS_ONE * max(1, abs(beside[0])) for one in beside):
                where = ", ".join(f"{name} = {float(x):g}" for name, x in values.items())
                raise FormulaError(
                    f"formula: expected a real number everywhere, and there is none at {where}; make cases, such "
                    "as sqrt(z) if z > 0 else 0"
                )
            return (beside[-2] + beside[-1]) / 2


def _digits(values: Mapping[str, float]) -> int:
    """So many that, close to 0, enough are left of what cancels."""
    smallest = min((abs(x) for x in values.values() if x), default=1)
    return DIGITS + FURTHER_DIGITS * max(0, -math.floor(math.log10(smallest)))


def real(function: Callable[..., Any], numbers: Iterable[Any]) -> Any:
    """A function's value; None where it is no real number."""
    try:
        value = function(*map(mpmath.mpf, numbers))
    except (ZeroDivisionError, ValueError):
        return None
    if isinstance(value, mpmath.mpc) and value.imag != 0:
        return None
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
