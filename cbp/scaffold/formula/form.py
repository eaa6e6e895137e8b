"""A way to compute a function: an expression, and how far out its variable counts."""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy

from . import numpy_functions
from .code import NUMPY, C, written
from .vocabulary import varies

__all__ = ["Form"]

Expr = Any
CLIPPED = "clipped"
WIDTH, PYTHON_WIDTH = 100, 112
INDENT = 4 * " "
FUNCTION, DIVISION, LETTERS = 10, 4, 100
PRICES = {"cbp_abs": 1, "cbp_max": 2, "cbp_min": 2, "SIGN": 3, "cbp_sqrt": 4}


@dataclass(frozen=True)
class Form:
    """How a function is computed.

    Attributes
    ----------
    expr : sympy.Expr
    arguments : tuple of str
        The arrays it is given: ``("z",)``, ``("z", "a")`` or ``("a", "y")``.
    parameters : tuple of str
    low, high : float
        z counts as if it were at least `low` and at most `high`: beyond, the function has settled, and `expr` would
        overflow.
    quiet : bool
        Whether NumPy is told not to warn, as it does of a case that is not taken.
    """

    expr: Expr
    arguments: tuple[str, ...]
    parameters: tuple[str, ...]
    low: float = -math.inf
    high: float = math.inf
    quiet: bool = False

    def reads(self, name: str) -> bool:
        """Whether the value depends on the array of that name."""
        return any(symbol.name == name for symbol in self.expr.free_symbols)

    @property
    def clips(self) -> bool:
        """Whether z is kept within bounds."""
        return self.reads("z") and (self.low > -math.inf or self.high < math.inf)

    @cached_property
    def price(self) -> float:
        """About how long it takes, in additions; of two that take as long, the shorter is cheaper."""
        text = self.c()
        functions = Counter(re.findall(r"(\w+)\(", text))
        return (
            sum(PRICES.get(name, FUNCTION) * count for name, count in functions.items())
            + DIVISION * len(re.findall(r"/[^\d(]|/\((?!T)", text))
            + sum(map(text.count, "*+-?"))
            + len(text) / LETTERS
        )

    # ---- NumPy ----

    def numpy_body(self) -> Iterator[str]:
        """The statements of a Python function."""
        if self.clips:
            yield f"{CLIPPED} = {self._clipped('np.minimum', 'np.maximum', '{}')}"
        yield from _numpy_body(self.expr, CLIPPED if self.clips else "z", self.arguments[0])

    def numpy(self, name: str, about: str) -> str:
        """A Python function."""
        arguments = ", ".join([*(f"{x}: Array" for x in self.arguments), *(f"{p}: float" for p in self.parameters)])
        body = "\n".join(map(_python_line, self.numpy_body()))
        if self.quiet:
            body = f'with np.errstate(all="ignore"):\n{textwrap.indent(body, INDENT)}'
        return f"def {name}({arguments}) -> Array:\n" + textwrap.indent(f'"""{about}"""\n{body}\n', INDENT)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The Python function, to be called."""
        known: dict[str, Any] = {"np": np, "math": math, "Array": Any}
        exec("\n\n".join([*self.helpers(), self.numpy("function", "")]), known)
        return known["function"]

    def helpers(self) -> Iterator[str]:
        """What it calls of `numpy_functions`."""
        for name in numpy_functions.__all__:
            if any(type(each).__name__ == name for each in self.expr.atoms(sympy.Function)):
                yield inspect.getsource(getattr(numpy_functions, name))

    # ---- C ----

    def c(self) -> str:
        """A C expression of the type T, for the macros of ``cbp_elementwise.h``."""
        symbols = {name: f"p[{i}]" for i, name in enumerate(self.parameters)} | ({"z": CLIPPED} if self.clips else {})
        code = written(self.expr, C, symbols)
        lines = [f"const T {CLIPPED} = {self._clipped('cbp_min', 'cbp_max', '(T){}')};"] if self.clips else []
        lines += [f"const T {name} = {value};" for name, value in code.steps]
        if not lines:
            return _folded(code.result)
        inside = textwrap.indent("\n".join(map(_folded, [*lines, f"{code.result};"])), "    ")
        return f"({{\n{inside}\n}})"

    def _clipped(self, minimum: str, maximum: str, number: str) -> str:
        text = "z"
        if self.low > -math.inf:
            text = f"{maximum}({text}, {number.format(_plain(self.low))})"
        return f"{minimum}({text}, {number.format(_plain(self.high))})" if self.high < math.inf else text


@lru_cache(maxsize=1000)  # it is the same for many bounds
def _numpy_body(expr: Expr, z: str, block: str) -> list[str]:
    code = written(expr, NUMPY, {"z": z}, block)
    result = code.result if varies(expr) else f"np.full_like({block}, {code.result})"
    return [*(f"{name} = {_spaced(value)}" for name, value in code.steps), f"return {_spaced(result)}"]


def _plain(number: float) -> str:
    """1e15 for 1000000000000000.0."""
    return f"{number:g}".replace("e+", "e")


def _spaced(python: str) -> str:
    """As Python is written: spaces around operators, but for a short power."""
    return re.sub(r"(\w) \*\* (\d)", r"\1**\2", ast.unparse(ast.parse(python)))


def _folded(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _python_line(line: str) -> str:
    """A statement ``name = value`` or ``return value``, in lines that are not too long."""
    if len(line) <= PYTHON_WIDTH:
        return line
    start, _, value = line.partition(" = ") if " = " in line else line.partition(" ")
    start = f"{start} = " if " = " in line else f"{start} "
    return f"{start}(\n{textwrap.indent(_folded(value), '    ')}\n)"
