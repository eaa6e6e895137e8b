"""What optimisers, schedules and callbacks remember, as JSON and tensors: no pickle, nothing runs when it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["pack", "unpack"]


def pack(value: Any, tensors: dict[str, np.ndarray], name: str) -> Any:
    """`value` as JSON can hold it, with its arrays added to `tensors`, called `name` and where they are in it.

    Parameters
    ----------
    value : None, bool, int, float, str, array, NumPy scalar; list, tuple, mapping by str or object of such
        Of an object, its attributes are kept.
    tensors : dict
    name : str

    Raises
    ------
    TypeError
        Something else is in it.
    """
    if value is None or isinstance(value, bool | int | str) or type(value) is float:
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiub":
        tensors[name] = np.ascontiguousarray(value).reshape(value.shape)
        return {"array" if isinstance(value, np.ndarray) else "number": name}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [pack(each, tensors, f"{name}/{i}") for i, each in enumerate(value)]}
    kind, items = ("mapping", value) if isinstance(value, Mapping) else ("object", _attributes(value, name))
    if any(not isinstance(key, str) for key in items):
        raise TypeError(f"{name}: expected a mapping by str, got {value!r:.80}")
    return {kind: {key: pack(each, tensors, f"{name}/{key}") for key, each in items.items()}}


def unpack(packed: Any, tensors: Mapping[str, np.ndarray], like: Any = None) -> Any:
    """What `pack` was given.

    Parameters
    ----------
    packed : object
        What it returned.
    tensors : mapping
    like : object, optional
        One of the same shape; attributes are set on its objects, and nothing else is made.
    """
    if not isinstance(packed, Mapping):
        return packed
    ((kind, inside),) = packed.items()
    if kind in ("array", "number"):
        return tensors[inside].copy() if kind == "array" else tensors[inside][()]
    if kind in ("list", "tuple"):
        alike = like if isinstance(like, list | tuple) and len(like) == len(inside) else [None] * len(inside)
        each = [unpack(item, tensors, one) for item, one in zip(inside, alike, strict=True)]
        return each if kind == "list" else like._make(each) if hasattr(like, "_make") else tuple(each)
    if kind == "mapping":
        known = like if isinstance(like, Mapping) else {}
        return {key: unpack(item, tensors, known.get(key)) for key, item in inside.items()}
    for key, item in inside.items():
        object.__setattr__(like, key, unpack(item, tensors, getattr(like, key, None)))
    return like


def _attributes(value: Any, name: str) -> dict[str, Any]:
    """An object's attributes by name."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if not hasattr(value, "__dict__") or callable(value):
        raise TypeError(f"{name}: expected numbers, text, arrays, or lists or mappings of them, got {value!r:.80}")
    return dict(vars(value))
