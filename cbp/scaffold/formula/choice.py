"""Of the ways to write a function, the cheapest that is right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ...plugin import Array
from .form import Form
from .trials import Trial

__all__ = ["best"]

BOUNDS = (1e15, 1e4, 1000.0, 300.0, 100.0, 50.0, 40.0, 30.0, 25.0, 20.0)  # of z, where it is clipped


def best(forms: Iterable[Form], trials: Sequence[Trial]) -> tuple[Form, list[tuple[Trial, Array]]]:
    """The form with the fewest wrong answers, of these the cheapest; and the trials with wrong answers."""
    bounded = _bounded(forms, trials)
    form = min(bounded, key=lambda form: (sum(float(trial.wrong(form).sum()) for trial in trials), form.price))
    return form, [(trial, wrong) for trial in trials if (wrong := trial.wrong(form)).any()]


def _bounded(forms: Iterable[Form], trials: Sequence[Trial]) -> Iterator[Form]:
    """Each form, with the widest bounds of z that make it right, where it is not without."""
    for form in forms:
        yield _bounded_on(1, _bounded_on(-1, form, trials), trials) if form.reads("z") else form


def _bounded_on(side: int, form: Form, trials: Sequence[Trial]) -> Form:
    if not _count(form, trials, side):
        return form
    bounds = (math.inf, *BOUNDS)
    tried = [replace(form, high=most) if side > 0 else replace(form, low=-most) for most in bounds]
    return min(tried, key=lambda each: _count(each, trials, side))


def _count(form: Form, trials: Sequence[Trial], side: int) -> float:
    return sum(float(trial.wrong(form)[np.sign(trial.at["z"]) == side].sum()) for trial in trials)
