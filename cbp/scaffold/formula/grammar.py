"""Reads a formula: numbers, names, + - * / **, calls of known functions, and ``a if z > 0 else b``. Runs nothing."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy

from ...suggestions import did_you_mean
from .vocabulary import CONSTANTS, FUNCTIONS, VARIABLES, varies

__all__ = ["FormulaError", "parsed"]

Expr = Any

OPERATORS: dict[type, Callable[..., Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.And: sympy.And,
    ast.Or: sympy.Or,
}
LARGEST = 1e300
SPELLINGS = {"^": "**", "·": "*", "−": "-", "²": "**2", "³": "**3"}


class FormulaError(ValueError):
    """A formula that cannot be read, or of which no activation or cost can be made."""


def parsed(text: str, symbols: Mapping[str, Expr]) -> Expr:
    """The formula as SymPy has it.

    Parameters
    ----------
    text : str
    symbols : mapping of str to Symbol
        The variables and parameters.

    Raises
    ------
    FormulaError
    """
    plain = text.strip()
    for spelling, meant in SPELLINGS.items():
        plain = plain.replace(spelling, meant)
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError) as error:
        at = f" at {plain[error.offset - 1 :][:20]!r}" if isinstance(error, SyntaxError) and error.offset else ""
        raise FormulaError(
            f"formula {text!r}: cannot be read{at}; write it as in Python, such as z*tanh(log(1 + exp(z)))"
        ) from None
    try:
        return _Reader(text, symbols).read(tree)
    except RecursionError:
        raise FormulaError(f"formula {text[:60]!r}…: is nested too deeply") from None


class _Reader:
    def __init__(self, text: str, symbols: Mapping[str, Expr]) -> None:
        self.text, self.symbols = text, symbols

    def read(self, node: ast.expr) -> Expr:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and number <= LARGEST:
                return sympy.Rational(repr(number))
            case ast.Name():
                return self._named(node.id)
            case ast.BinOp() if type(node.op) in OPERATORS:
                return self._number(OPERATORS[type(node.op)](self.read(node.left), self.read(node.right)), node)
            case ast.UnaryOp() if type(node.op) in OPERATORS:
                return OPERATORS[type(node.op)](self.read(node.operand))
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name)
            case ast.IfExp():
                return _cases(self.read(node.body), self._condition(node.test), self.read(node.orelse))
        usable = "numbers, names, + - * / **, functions, and a if … else b can be used"
        raise self._error(f"cannot use {ast.unparse(node)!r}", usable)

    def _named(self, name: str) -> Expr:
        if name in self.symbols:
            return self.symbols[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS:
            raise self._error(f"the function {name!r} without an argument", f"write {name}(z)")
        known = [*self.symbols, *CONSTANTS]
        if name in VARIABLES:
            raise self._error(f"unknown name {name!r}", "an activation is a function of z, a cost one of a and y")
        hint = did_you_mean(name, known, f"it has {', '.join(known)}; a parameter is declared by --param {name}=1")
        raise self._error(f"unknown name {name!r}", hint)

    def _called(self, node: ast.Call, name: str) -> Expr:
        if name not in FUNCTIONS:
            if name in self.symbols or name in CONSTANTS:
                raise self._error(f"{name!r} is no function", f"write {name}*(…) for a product")
            there_are = f"there are {', '.join(FUNCTIONS)}"
            meant = did_you_mean(name, FUNCTIONS, "")
            raise self._error(f"unknown function {name!r}", f"{meant} {there_are}".strip())
        wanted = 2 if name in ("max", "min") else 1
        if len(node.args) != wanted or node.keywords:
            expected = "two arguments" if wanted == 2 else "one argument"
            raise self._error(f"{ast.unparse(node)!r}", f"{name} takes {expected}")
        return self._number(FUNCTIONS[name](*map(self.read, node.args)), node)

    def _condition(self, node: ast.expr) -> Expr:
        match node:
            case ast.Compare() if all(type(op) in OPERATORS for op in node.ops):
                sides = [self.read(side) for side in (node.left, *node.comparators)]
                pairs = zip(node.ops, sides[:-1], sides[1:], strict=True)
                return sympy.And(*(OPERATORS[type(op)](a, b) for op, a, b in pairs))
            case ast.BoolOp():
                return OPERATORS[type(node.op)](*map(self._condition, node.values))
        raise self._error(f"cannot use {ast.unparse(node)!r} as a condition", "write one such as z > 0 or -1 < z < 1")

    def _number(self, value: Expr, node: ast.expr) -> Expr:
        if value.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            raise self._error(f"{ast.unparse(node)!r} is no real number", "correct it")
        return value

    def _error(self, what: str, remedy: str) -> FormulaError:
        return FormulaError(f"formula {self.text!r}: {what}; {remedy}")


def _cases(value: Expr, condition: Expr, otherwise: Expr) -> Expr:
    """One that varies last, where there is one: it is what is computed of NaN, of which no condition holds."""
    if varies(value) and not varies(otherwise):
        return sympy.Piecewise((otherwise, sympy.Not(condition)), (value, True))
    return sympy.Piecewise((value, condition), (otherwise, True))
