"""The parameters of a formula, as ``--param`` gives them: ``beta=1.5``, ``0<beta=1.5``, ``-1<=beta=0.5<=1``."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from ...plugin import Param
from .grammar import FormulaError
from .vocabulary import CONSTANTS, FUNCTIONS, VARIABLES

__all__ = ["parameters"]

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
PARAM = re.compile(rf"(?:({NUMBER})(<=?))?(\w+)=({NUMBER})(?:(<=?)({NUMBER}))?")
MOST = 4  # CBP_MAX_PARAMS of cbp_elementwise.h
TAKEN = {*VARIABLES, *FUNCTIONS, *CONSTANTS, "g", "p", "np", "math", "clipped", "log_cosh"}


def parameters(words: Sequence[str]) -> dict[str, Param]:
    """The parameters by name, in the order in which they are given.

    Raises
    ------
    FormulaError
    """
    found: dict[str, Param] = {}
    for word in words:
        name, param = _parameter(word)
        if name in found:
            raise FormulaError(f"--param {word}: {name} is given twice")
        found[name] = param
    if len(found) > MOST:
        raise FormulaError(f"--param: expected at most {MOST} parameters, got {len(found)}")
    return found


def _parameter(word: str) -> tuple[str, Param]:
    read = PARAM.fullmatch(word.replace(" ", ""))
    if not read:
        usual = "beta=1.5 or, in a range, 0<beta=1.5<=10"
        raise FormulaError(f"--param {word}: expected a name and its default, such as {usual}")
    low, low_sign, name, default, high_sign, high = read.groups()
    if not name.isidentifier() or keyword.iskeyword(name) or name in TAKEN:
        raise FormulaError(f"--param {word}: {name} cannot be the name of a parameter; choose another, such as beta")
    bounds = {}
    if low:
        bounds["above" if low_sign == "<" else "at_least"] = float(low)
    if high:
        bounds["below" if high_sign == "<" else "at_most"] = float(high)
    try:
        return name, Param(float(default), **bounds)
    except ValueError as error:
        raise FormulaError(f"--param {word}: {error}") from None
