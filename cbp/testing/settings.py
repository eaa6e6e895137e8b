"""With which parameters an activation or cost is checked: the defaults, then each of them changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import chain

from ..plugin import Param

__all__ = ["another", "described", "settings"]

Setting = dict[str, float]


def settings(params: Mapping[str, Param], chosen: Mapping[str, float]) -> tuple[Setting, ...]:
    """The `chosen` parameters (the user's, or the defaults) and, if there are any, a second choice.

    In that each has another value, and all are different: a kernel cannot mix them up unnoticed.
    """
    if not params:
        return ({},)
    second: Setting = {}
    for name, param in params.items():
        second[name] = another(param, {chosen[name], *second.values()})
    return (dict(chosen), second)


def another(param: Param, taken: set[float]) -> float:
    """A value in the range of `param` that is none of those `taken`, or the default where there is none."""
    return next((v for v in _candidates(param) if v not in taken and param.allows(v)), param.default)


def _candidates(param: Param) -> Iterable[float]:
    low = max(param.above, param.at_least)
    high = min(param.below, param.at_most)
    bounded = math.isfinite(low) and math.isfinite(high)
    inside = [low + (high - low) * part for part in (0.3, 0.7, 0.45, 0.6, 0.1)] if bounded else []
    near = [param.default * factor for factor in (1.25, 0.8, 1.5, 0.6)]
    beside = [param.default + step for step in (0.25, -0.25, 1, -1)]
    return chain((0.3, 0.7, 2.5, 1.7, -0.4), inside, near, beside)


def described(setting: Mapping[str, float]) -> str:
    """``", alpha=0.3"``: how a message ends."""
    return "".join(f", {name}={value:g}" for name, value in setting.items())
