"""How sizes, names and lists of names are written on the command line."""

from __future__ import annotations

import argparse
import csv

from ..registry import Kind
from ..registry.chosen import Chosen, choose

__all__ = ["columns", "count", "fraction", "function", "functions", "seed", "sizes"]


def sizes(text: str) -> list[int]:
    """``"100,50"`` as [100, 50]; ``""`` and ``"0"`` as []."""
    try:
        found = [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        found = [-1]
    if found == [0]:
        return []
    if any(size < 1 for size in found):
        raise argparse.ArgumentTypeError(f"expected sizes of layers such as 100 or 100,50, got {text!r}")
    return found


def count(text: str) -> int:
    """A whole number from 1."""
    return _whole(text, 1)


def seed(text: str) -> int:
    """A whole number from 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not text.strip().isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least}, got {text!r}")
    return int(text)


def fraction(text: str) -> float:
    """A number from 0 to below 1."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, got {text!r}")
    return found


def columns(text: str) -> list[str]:
    """``'a,b'`` as ['a', 'b']; a name with a comma in it is quoted as in a CSV file."""
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), []) if name.strip()]


def function(kind: Kind, text: str) -> Chosen:
    """``"huber:delta=2"`` as ``cbp.cost("huber", delta=2)``.

    Parameters
    ----------
    kind : "activation" or "cost"
    text : str
        A name, ``distribution:name`` too, with ``:parameter=value`` for each parameter.

    Raises
    ------
    ValueError, TypeError, PluginError
        As `choose`.
    """
    words = text.strip().split(":")
    name = ":".join(word for word in words if "=" not in word)
    params = dict(_parameter(kind, text, word) for word in words if "=" in word)
    return choose(kind, name, **params)


def _parameter(kind: Kind, text: str, word: str) -> tuple[str, float]:
    key, _, value = word.partition("=")
    try:
        return key.strip(), float(value)
    except ValueError:
        raise ValueError(
            f"{kind} {text!r}: expected a number for {key.strip()}, got {value!r}; "
            f"write {kind}s as name or name:parameter=number"
        ) from None


def functions(text: str) -> list[Chosen]:
    """``"relu,leaky_relu:alpha=0.1"``: one activation for each layer."""
    return [function("activation", word) for word in text.split(",")]
