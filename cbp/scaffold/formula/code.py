"""Writes a SymPy expression in C, in NumPy, and for readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy
from sympy import S
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from .vocabulary import VARIABLES, varies

__all__ = ["NUMPY", "READERS", "C", "Code", "written"]

Expr = Any
LARGEST_DENOMINATOR, LARGEST_INTEGER = 16, 10**6  # beyond, numbers are written as decimals
TEMPORARY = "t"


@dataclass(frozen=True)
class Code:
    """An expression with what is computed before it.

    Attributes
    ----------
    steps : tuple of (str, str)
        Names and what they are.
    result : str
    """

    steps: tuple[tuple[str, str], ...]
    result: str

    @property
    def text(self) -> str:
        """All of it, to look for names in."""
        return "\n".join([*(value for _, value in self.steps), self.result])


class Dialect(StrPrinter):
    """How SymPy's expressions are written in a language.

    Parameters
    ----------
    symbols : mapping of str to str
        How names are written.
    block : str
        The array of whose dtype the result must be.

    Attributes
    ----------
    names : mapping
        The language's names of functions; a function that is not there keeps its own.
    shares : bool
        Whether what occurs more than once is computed once, by steps.
    names_bases : bool
        Whether a power is written as a product, for which its base needs a name.
    """

    names: ClassVar[Mapping[str, str]] = {}
    shares = True
    names_bases = False

    def __init__(self, symbols: Mapping[str, str], block: str) -> None:
        super().__init__()
        self.symbols, self.block = symbols, block

    def _print_Symbol(self, expr: Expr) -> str:
        return self.symbols.get(expr.name, expr.name)

    def _print_Function(self, expr: Expr) -> str:
        name = type(expr).__name__
        return f"{self.names.get(name, name)}({', '.join(map(self._print, expr.args))})"

    _print_Abs = _print_sign = _print_exp = _print_log = _print_Function

    def _print_Pow(self, expr: Expr, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent == S.Half:
            return f"{self.names.get('sqrt', 'sqrt')}({self._print(base)})"
        if exponent.is_number and exponent.is_negative:
            return f"1/{self.parenthesize(base**-exponent, PRECEDENCE['Pow'])}"
        return self._power(base, exponent)

    def _power(self, base: Expr, exponent: Expr) -> str:
        return f"{self.parenthesize(base, PRECEDENCE['Pow'])}**{self.parenthesize(exponent, PRECEDENCE['Pow'])}"

    def _print_Relational(self, expr: Expr) -> str:
        if all(isinstance(each, Literal) for each in expr.lhs.free_symbols):  # 0.5 > z
            expr = expr.reversed
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _print_Or(self, expr: Expr) -> str:
        return " | ".join(f"({self._print(each)})" for each in expr.args)

    def _print_Piecewise(self, expr: Expr) -> str:
        *cases, (last, _) = expr.args
        text = self._print(last)
        for value, condition in reversed(cases):
            text = self._choice(self._print(condition), self._print(value), text)
        return text

    def _choice(self, condition: str, value: str, otherwise: str) -> str:
        raise NotImplementedError


class _C(Dialect):
    names: ClassVar = {
        "sqrt": "cbp_sqrt", "exp": "cbp_exp", "expm1": "cbp_expm1", "log": "cbp_log", "log1p": "cbp_log1p",
        "sin": "cbp_sin", "cos": "cbp_cos", "tanh": "cbp_tanh", "erf": "cbp_erf", "Abs": "cbp_abs", "sign": "SIGN",
        "maximum": "cbp_max", "minimum": "cbp_min", "softplus": "cbp_softplus", "logistic": "cbp_logistic",
        "sech": "SECH", "log_cosh": "LOG_COSH", "asinh": "ASINH",
    }  # fmt: skip
    names_bases = True

    def _print_Symbol(self, expr: Expr) -> str:
        return f"(T){expr.name}" if isinstance(expr, Literal) else super()._print_Symbol(expr)

    def _print_Rational(self, expr: Expr) -> str:
        return f"{'-' * (expr.p < 0)}(T){abs(expr.p)}/{expr.q}"

    def _power(self, base: Expr, exponent: Expr) -> str:
        if (2 * exponent).is_Integer:
            whole, half = divmod(int(2 * exponent), 2)
            root = [self._print(sympy.sqrt(base))] * half
            return f"({'*'.join([self.parenthesize(base, PRECEDENCE['Pow'])] * whole + root)})"
        return f"cbp_exp({self._print(exponent * sympy.log(base))})"

    def _choice(self, condition: str, value: str, otherwise: str) -> str:
        return f"({condition} ? {value} : {otherwise})"


class _NumPy(Dialect):
    names: ClassVar = {
        "sqrt": "np.sqrt", "exp": "np.exp", "expm1": "np.expm1", "log": "np.log", "log1p": "np.log1p",
        "sin": "np.sin", "cos": "np.cos", "tanh": "np.tanh", "asinh": "np.arcsinh", "Abs": "np.abs", "sign": "np.sign",
        "maximum": "np.maximum", "minimum": "np.minimum",
    }  # fmt: skip

    def _print_Piecewise(self, expr: Expr) -> str:
        text = super()._print_Piecewise(expr)
        return text if any(varies(value) for value, _ in expr.args) else f"{text}.astype({self.block}.dtype)"

    def _choice(self, condition: str, value: str, otherwise: str) -> str:
        return f"np.where({condition}, {value}, {otherwise})"

    def doprint(self, expr: Expr) -> str:
        """Of the dtype and shape of the block, and another array."""
        if expr.is_Symbol and expr.name in VARIABLES:
            return f"{expr.name}.copy()"
        return super().doprint(expr)


class _Readers(Dialect):
    names: ClassVar = {"Abs": "abs", "maximum": "max", "minimum": "min"}
    shares = False

    def _choice(self, condition: str, value: str, otherwise: str) -> str:
        return f"({value} if {condition} else {otherwise})"


C, NUMPY, READERS = _C, _NumPy, _Readers


class Literal(sympy.Symbol):
    """A number as it is written."""


def _literal(number: Expr) -> Expr:
    """A number of the formula; decimals where it is no small fraction."""
    plain = number.is_Rational and number.q <= LARGEST_DENOMINATOR and abs(number.p) <= LARGEST_INTEGER
    if plain:
        return number
    value = float(number)
    return Literal(repr(abs(value))) * (1 if value > 0 else -1)


def _with_literals(expr: Expr) -> Expr:
    """`expr` with the numbers in each sum and product taken together."""
    if expr.is_number:
        return _literal(expr)
    if not expr.args:
        return expr
    if isinstance(expr, sympy.Pow) and expr.base.is_number:
        return sympy.exp(_with_literals(expr.exp * sympy.log(expr.base)), evaluate=False)
    if isinstance(expr, sympy.Add | sympy.Mul):
        numbers = [each for each in expr.args if each.is_number]
        rest = [_with_literals(each) for each in expr.args if not each.is_number]
        return expr.func(_literal(expr.func(*numbers)), *rest)
    return expr.func(*map(_with_literals, expr.args))


def written(expr: Expr, dialect: type[Dialect], symbols: Mapping[str, str], block: str = "") -> Code:
    """`expr` in a language.

    Parameters
    ----------
    expr : sympy.Expr
    dialect : `C`, `NUMPY` or `READERS`
    symbols : mapping of str to str
        How the formula's names are written, where they have others.
    block : str
        In NumPy, the array whose dtype is that of the result.
    """
    printer = dialect(symbols, block)
    if not dialect.shares:
        return Code((), printer.doprint(expr))
    fresh = (sympy.Symbol(f"{TEMPORARY}{i}") for i in range(10**6))
    fresh = (symbol for symbol in fresh if symbol not in expr.free_symbols)
    steps, (result,) = sympy.cse([_with_literals(expr)], symbols=fresh)
    if dialect.names_bases:
        steps, result = _with_bases_named(steps, result, fresh)
    return Code(tuple((name.name, printer.doprint(value)) for name, value in steps), printer.doprint(result))


def _with_bases_named(steps: list[tuple[Expr, Expr]], result: Expr, fresh: Iterator[Expr]) -> tuple[list[Any], Expr]:
    """Steps in which what is multiplied by itself has a name."""
    named: list[tuple[Expr, Expr]] = []

    def name(expr: Expr) -> Expr:
        if not expr.args or expr.is_Boolean:
            return expr
        expr = expr.func(*map(name, expr.args))
        if isinstance(expr, sympy.Pow) and not expr.base.is_Symbol and abs(expr.exp) not in (S.One, S.Half):
            symbol = next(fresh)
            named.append((symbol, expr.base))
            return symbol**expr.exp
        return expr

    for symbol, value in steps:
        named.append((symbol, name(value)))  # what it needs has been put before it
    return named, name(result)
