"""From the text of a formula to the forms of a function and of its derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import sympy

from ...plugin import Array, Param
from ...registry.entries import Kind
from ...testing.settings import settings
from .choice import best
from .form import Form
from .grammar import FormulaError, parsed
from .holes import holes, with_limits
from .kinks import kinks
from .reference import Reference
from .series import with_series
from .slopes import simplified, slopes
from .stable import stable
from .trials import NOT_A_NUMBER, Trial, of_activation, of_cost
from .vocabulary import VARIABLES

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
    points: tuple[Expr, ...] = ()
    bends: tuple[float, ...] = ()
    if kind == "activation":
        points = holes(given, by, exact, exact_slope, choices)
        bends = kinks(given, by, exact, exact_slope, choices)
        values, of_slopes = of_activation(exact, exact_slope, choices, points)
    else:
        values, of_slopes = of_cost(exact, exact_slope, choices)
    form = partial(Form, arguments=arguments, parameters=tuple(params))
    ways = [stable(given), given, sympy.factor(stable(given)), *(simplified(given) if points else ())]
    value, wrong = _best(form, ways, given, by, points, values)
    _require_answers("the value", value, wrong)
    a = sympy.Symbol("a", real=True) if kind == "activation" else None
    form = partial(Form, arguments=("z", "a") if a else arguments, parameters=tuple(params))
    ways = [*slopes(stable(given), by, a), *slopes(given, by, a)]
    slope, wrong_slopes = _best(form, ways, sympy.diff(given, by), by, points, of_slopes)
    _require_answers("the slope", slope, wrong_slopes)
    doubts = *_doubts("the value", value, wrong), *_doubts("the slope", slope, wrong_slopes)
    return Derived(kind, text.strip(), given, params, value, slope, bends, doubts)


def _best(
    form: Callable[[Expr], Form],
    ways: Sequence[Expr],
    function: Expr,
    by: Expr,
    points: Sequence[Expr],
    trials: Sequence[Trial],
) -> tuple[Form, list[tuple[Trial, Array]]]:
    """The best of the ways to write a function, with a series near 0 or a hole where numbers that occur are wrong."""
    elsewhere = with_limits(ways, function, by, points)
    found, wrong = best(map(form, (*ways, *elsewhere)), trials)
    for about in dict.fromkeys([sympy.S.Zero, *points]) if by.name == "z" else ():
        farther_off = [*dict.fromkeys([*ways[:2], elsewhere.get(found.expr, found.expr)])]
        for further in with_series(function, farther_off, by, about):
            if not any(errors[trial.near].any() for trial, errors in wrong):
                break
            found, wrong = best([found, *map(form, further)], trials)
    return replace(found, quiet=any(trial.noisy(found) for trial in trials)), wrong


def _assumptions(param: Param) -> dict[str, bool]:
    if param.above >= 0 or param.at_least > 0:
        return {"positive": True}
    return {"nonnegative": True} if param.at_least == 0 else {"real": True}


def _require_answers(what: str, form: Form, wrong: list[tuple[Trial, Array]]) -> None:
    """No number that occurs becomes NaN, and an ordinary one keeps half of its digits."""
    for trial, errors in wrong:
        known = trial.near & np.isfinite(trial.want)
        if len(lost := np.flatnonzero((errors >= NOT_A_NUMBER) & known)):
            raise FormulaError(
                f"formula: at {_where(trial, lost[0])} it has a limit, but is no number as it stands; make cases, such "
                "as 1-z**2/6 if abs(z) < 0.01 else sin(z)/z"
            )
        known &= trial.ordinary & (errors > 0)
        got, half = trial.answers(form), float(np.finfo(trial.dtype).eps) ** 0.5
        with np.errstate(invalid="ignore"):
            off = np.where(known, np.abs(got - trial.want) / np.maximum(np.abs(trial.want), 1), 0)
        if off[i := int(np.argmax(off))] > half:
            raise FormulaError(
                f"formula: {what} {_said(trial, form, i)}, and no way to write it was found that is nearer; make "
                "cases, such as 1-z**2/6 if abs(z) < 0.01 else sin(z)/z, or write the functions yourself (--tier c)"
            )


def _doubts(what: str, form: Form, wrong: list[tuple[Trial, Array]]) -> Iterator[str]:
    """The worst of the numbers that occur, or that should have settled."""
    for trial, errors in wrong:
        seen = np.flatnonzero((errors > 1) | (errors == 1) & (trial.near | (trial.slack == 0)))
        if len(seen):
            yield f"{what} {_said(trial, form, seen[np.argmax(errors[seen])])}"


def _said(trial: Trial, form: Form, i: int) -> str:
    """What the code answers at a point, and what it should."""
    got, want = trial.answers(form)[i], trial.want[i]
    return f"at {_where(trial, i, form.arguments)} is {got:.12g} in {np.dtype(trial.dtype)}, expected {want:.12g}"


def _where(trial: Trial, i: int, names: Sequence[str] = VARIABLES) -> str:
    numbers = {name: trial.at[name][i] for name in names if name in trial.at} | {**trial.setting}
    return ", ".join(f"{name} = {x:g}" for name, x in numbers.items())
