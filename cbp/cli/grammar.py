"""Names with constants, as activations, costs, optimisers and schedules are chosen: ``leaky_relu:alpha=0.1``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..registry import Kind
from ..registry.chosen import Chosen, choose
from ..schedules import Schedule
from ..schedules import schedule as make_schedule
from ..schedules.choosing import NAMED

__all__ = ["function", "functions", "named", "of_function", "of_schedule", "schedule", "written"]

WORDS = {"true": True, "false": False, "none": None}


def named(text: str) -> tuple[str, dict[str, Any]]:
    """``"adamw:lr=0.01:betas=0.9,0.99"`` as ("adamw", {"lr": 0.01, "betas": (0.9, 0.99)}).

    The name may be ``distribution:name``; a constant is a number, several with commas, true, false, none, or a word.

    Raises
    ------
    ValueError
        No name, or it is written as Python has it.
    """
    name, parenthesis, inside = text.strip().partition("(")
    if parenthesis:
        several = re.split(r",\s*(?=\w+\s*=)", inside.rstrip(")"))
        raise ValueError(f"{text!r}: write constants after colons, {':'.join([name, *several])}")
    words = text.strip().split(":")
    constants = (word.partition("=") for word in words if "=" in word)
    name = ":".join(word for word in words if "=" not in word)
    if not name:
        raise ValueError(f"{text!r}: expected a name, and its constants after colons as in step:step_size=10")
    return name, {key.strip(): _value(value) for key, _, value in constants}


def written(name: str, constants: Mapping[str, Any]) -> str:
    """What `named` reads; constants that are None are left out."""
    known = {key: value for key, value in constants.items() if value is not None}
    return ":".join([name, *(f"{key}={_word(value)}" for key, value in known.items())])


def _value(word: str) -> Any:
    if "," in word:
        return tuple(_value(each) for each in word.split(",") if each.strip())
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return WORDS.get(word.strip(), word.strip())


def _word(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ",".join(map(_word, value)) + "," * (len(value) == 1)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def function(kind: Kind, text: str) -> Chosen:
    """``"huber:delta=2"`` as ``cbp.cost("huber", delta=2)``; errors as those of `choose`."""
    name, constants = named(text)
    return choose(kind, name, **constants)


def functions(text: str) -> list[Chosen]:
    """``"relu,leaky_relu:alpha=0.1"``: one activation for each layer."""
    return [function("activation", word) for word in text.split(",")]


def of_function(chosen: Chosen) -> str:
    """What `function` reads."""
    return written(chosen.entry.id.removeprefix("cbp:"), chosen.params)


def schedule(text: str) -> Schedule:
    """``"cosine:eta_min=1e-4"``; after ``:then=``, as of a warm-up, comes a schedule with its own constants.

    Raises
    ------
    ValueError, TypeError
        As `cbp.schedules.schedule`.
    """
    first, follows, then = text.partition(":then=")
    name, constants = named(first)
    several = {field.name for field in fields(NAMED.get(name, Schedule)) if str(field.type).startswith("tuple")}
    constants |= {key: (constants[key],) for key in several & constants.keys() if not isinstance(constants[key], tuple)}
    return make_schedule(name, **constants, **({"then": schedule(then)} if follows else {}))


def of_schedule(chosen: Schedule) -> str:
    """What `schedule` reads."""
    name = next(name for name, kind in NAMED.items() if kind is type(chosen))
    constants = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    then = constants.pop("then", None)
    words = written(name, constants)
    return words if then is None else f"{words}:then={of_schedule(then)}"
