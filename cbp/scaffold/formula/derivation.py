"""From the text of a formula to the forms of a function and of its derivative."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from ...plugin import Array, Param
from ...registry.entries import Kind
from ...testing.settings import settings
from .choice import best
from .form import Form
from .grammar import FormulaError, parsed
from .kinks import kinks
from .reference import NEAR, Reference
from .series import with_series
from .slopes import slopes
from .stable import stable
from .trials import Trial, of_activation, of_cost

__all__ = ["Derived", "derived"]

Expr = Any


@dataclass(frozen=True)
class Derived:
    """A function and its derivative.

    Attributes
    ----------
    kind : ``"activation"`` or ``"cost"``
    text : str
        The formula as it was given: σ(z), or a cost's term for one output.
    given : sympy.Expr
        The same, read.
    params : mapping of str to Param
    value, slope : Form
        σ and σ′; a cost's term and its derivative by a.
    kinks : tuple of float
    doubts : tuple of str
        Where the code is not right, in sentences.
    """

    kind: Kind
    text: str
    given: Expr
    params: Mapping[str, Param]
    value: Form
    slope: Form
    kinks: tuple[float, ...]
    doubts: tuple[str, ...]


def derived(kind: Kind, text: str, params: Mapping[str, Param]) -> Derived:
    """Read, rewrite and differentiate a formula.

    Raises
    ------
    FormulaError
        It cannot be read, or is no function with a slope for all numbers.
    """
    arguments = ("z",) if kind == "activation" else ("a", "y")
    symbols = {name: sympy.Symbol(name, real=True) for name in arguments}
    symbols |= {name: sympy.Symbol(name, **_assumptions(param)) for name, param in params.items()}
    given, by = parsed(text, symbols), symbols[arguments[0]]
    if unused := [name for name, symbol in symbols.items() if symbol not in given.free_symbols]:
        raise FormulaError(f"formula {text!r}: expected it to depend on {' and '.join(unused)}")
    names = *arguments, *params
    exact = Reference(given, stable(given), names)
    exact_slope = Reference(sympy.diff(given, by), sympy.diff(stable(given), by), names)
    choices = settings(params, {name: param.default for name, param in params.items()})
    values, of_slopes = (of_activation if kind == "activation" else of_cost)(exact, exact_slope, choices)
    value, wrong = _best((stable(given), given, sympy.factor(stable(given))), given, by, arguments, params, values)
    a = sympy.Symbol("a", real=True) if kind == "activation" else None
    ways = [*slopes(stable(given), by, a), *slopes(given, by, a)]
    slope, wrong_slopes = _best(ways, sympy.diff(given, by), by, ("z", "a") if a else arguments, params, of_slopes)
    bends = kinks(given, by, exact, exact_slope, choices) if kind == "activation" else ()
    doubts = *_doubts("the value", value, wrong), *_doubts("the slope", slope, wrong_slopes)
    return Derived(kind, text.strip(), given, params, value, slope, bends, doubts)


def _best(
    ways: Sequence[Expr],
    function: Expr,
    by: Expr,
    arguments: tuple[str, ...],
    params: Mapping[str, Param],
    trials: Sequence[Trial],
) -> tuple[Form, list[tuple[Trial, Array]]]:
    """The best of the ways to write a function; where it is wrong for numbers that occur, with a series near 0."""
    form, wrong = best([Form(expr, arguments, tuple(params)) for expr in ways], trials)
    farther_out = [*dict.fromkeys([*ways[:2], form.expr])]
    for further in with_series(function, farther_out, by) if arguments[0] == "z" else ():
        if not [*_doubts("", form, wrong)]:
            break
        form, wrong = best([form, *(Form(expr, arguments, tuple(params)) for expr in further)], trials)
    return form, wrong


def _assumptions(param: Param) -> dict[str, bool]:
    if param.above >= 0 or param.at_least > 0:
        return {"positive": True}
    return {"nonnegative": True} if param.at_least == 0 else {"real": True}


def _doubts(what: str, form: Form, wrong: list[tuple[Trial, Array]]) -> Iterator[str]:
    """The worst of the numbers that occur."""
    for trial, points in wrong:
        at = {name: trial.at[name].astype(np.float64) for name in form.arguments}
        seen = np.flatnonzero((points > 1) | (points == 1) & (np.abs(at[form.arguments[0]]) <= NEAR))
        if len(seen):
            i = seen[np.argmax(points[seen])]
            numbers = {name: x[i] for name, x in at.items()} | {**trial.setting}
            where = ", ".join(f"{name} = {x:g}" for name, x in numbers.items())
            got, want = trial.answers(form)[i], trial.want[i]
            yield f"{what} at {where} is {got:.12g} in {np.dtype(trial.dtype)}, expected {want:.12g}"
