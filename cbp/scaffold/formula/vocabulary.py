"""The functions formulas are made of, with their derivatives: SymPy's, and those that keep their digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import sympy
from sympy import Piecewise, S
from sympy.codegen.cfunctions import expm1, log1p

__all__ = [
    "CONSTANTS", "FUNCTIONS", "VARIABLES", "asinh", "expm1", "log1p", "log_cosh", "logistic", "maximum", "meant",
    "minimum", "sech", "sign", "softplus", "tanh", "varies",
]  # fmt: skip

Expr = Any  # sympy.Expr, which has no types
Rule = Callable[..., Expr]

VARIABLES = ("z", "a", "y")  # all other names are parameters


class Own(sympy.Function):
    """A function that is not SymPy's, of and to real numbers.

    Attributes
    ----------
    meaning : callable
        The same in SymPy's functions.
    slopes : tuple of callable
        Its derivative by each argument.
    at_once : callable
        What SymPy makes of it at once; None if nothing.
    """

    meaning: ClassVar[Rule]
    slopes: ClassVar[tuple[Rule, ...]]
    at_once: ClassVar[Rule]

    @classmethod
    def eval(cls, *arguments: Expr) -> Expr:
        """As SymPy asks for it."""
        return cls.at_once(*arguments)

    def fdiff(self, argindex: int = 1) -> Expr:
        """As SymPy asks for it."""
        return self.slopes[argindex - 1](*self.args)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(x.is_extended_real for x in self.args) else None


def _own(name: str, meaning: Rule, *slopes: Rule, at_once: Rule = lambda *arguments: None) -> Any:
    fields = {
        "meaning": staticmethod(meaning),
        "slopes": slopes,
        "at_once": staticmethod(at_once),
        "nargs": len(slopes),
    }
    return type(name, (Own,), fields)


def _negative(x: Expr) -> bool:
    return bool(x.could_extract_minus_sign())


def _larger(a: Expr, b: Expr) -> Expr:
    return Piecewise((a, a > b), (b, True))


def _smaller(a: Expr, b: Expr) -> Expr:
    return Piecewise((a, a < b), (b, True))


softplus: Any = _own("softplus", lambda x: sympy.log(1 + sympy.exp(x)), lambda x: logistic(x))  # noqa: PLW0108 (defined below)
logistic: Any = _own("logistic", lambda x: 1 / (1 + sympy.exp(-x)), lambda x: sech(x / 2) ** 2 / 4)
log_cosh: Any = _own("log_cosh", lambda x: sympy.log(sympy.cosh(x)), lambda x: tanh(x))  # noqa: PLW0108
tanh: Any = _own("tanh", sympy.tanh, lambda x: sech(x) ** 2, at_once=lambda x: -tanh(-x) if _negative(x) else None)
sech: Any = _own(
    "sech",
    lambda x: 1 / sympy.cosh(x),
    lambda x: -sech(x) * tanh(x),
    at_once=lambda x: sech(-x) if _negative(x) else None,
)
asinh: Any = _own(
    "asinh", sympy.asinh, lambda x: 1 / sympy.sqrt(1 + x**2), at_once=lambda x: -asinh(-x) if _negative(x) else None
)
# Beside its jump the slope of sign is 0. Where two numbers are equal, the slope of their maximum is that of the second,
# the constant if there is one.
sign: Any = _own("sign", sympy.sign, lambda x: S.Zero, at_once=lambda x: sympy.sign(x) if x.is_number else None)
maximum: Any = _own(
    "maximum",
    _larger,
    lambda a, b: Piecewise((S.One, a > b), (S.Zero, True)),
    lambda a, b: Piecewise((S.Zero, a > b), (S.One, True)),
    at_once=lambda a, b: _constant_second(maximum, sympy.Max, a, b),
)
minimum: Any = _own(
    "minimum",
    _smaller,
    lambda a, b: Piecewise((S.One, a < b), (S.Zero, True)),
    lambda a, b: Piecewise((S.Zero, a < b), (S.One, True)),
    at_once=lambda a, b: _constant_second(minimum, sympy.Min, a, b),
)


def _constant_second(function: Any, of_numbers: Any, a: Expr, b: Expr) -> Expr:
    if a.is_number and b.is_number:
        return of_numbers(a, b)
    return function(b, a) if a.is_number else None


FUNCTIONS: dict[str, Rule] = {
    "exp": sympy.exp,
    "expm1": expm1,
    "log": sympy.log,
    "ln": sympy.log,
    "log1p": log1p,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": lambda x: sympy.sin(x) / sympy.cos(x),
    "sinh": lambda x: (sympy.exp(x) - sympy.exp(-x)) / 2,
    "cosh": lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2,
    "tanh": tanh,
    "sech": sech,
    "asinh": asinh,
    "erf": sympy.erf,
    "abs": sympy.Abs,
    "sign": sign,
    "max": maximum,
    "min": minimum,
    "relu": lambda x: maximum(x, S.Zero),
    "softplus": softplus,
    "logistic": logistic,
    "sigmoid": logistic,
}
CONSTANTS = {"pi": sympy.pi, "π": sympy.pi, "e": sympy.E}


def meant(expr: Expr) -> Expr:
    """`expr` in SymPy's own functions."""
    return expr.replace(lambda e: isinstance(e, Own), lambda e: e.meaning(*e.args))


def varies(expr: Expr) -> bool:
    """Whether it depends on more than parameters."""
    return any(symbol.name in VARIABLES for symbol in expr.free_symbols)
