"""Plugins in NumPy, each with one fault, the check that must find it, and what must be said about it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from cbp.plugin import Activation, Cost, Param

__all__ = ["ZOO", "Animal"]

TANH: dict[str, Any] = {"forward": np.tanh, "derivative": lambda z, a: 1 - a * a}
SQUARE: dict[str, Any] = {
    "value": lambda a, y: ((a - y) ** 2).sum(axis=-1),
    "gradient": lambda a, y: 2 * (a - y),
}
BINARY: dict[str, Any] = {  # the logistic's canonical cost, as it should be
    "value": lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=-1),
    "gradient": lambda a, y: (1 - y) / (1 - a) - y / a,
    "canonical": "logistic",
    "target_range": (0.0, 1.0),
    "fused_value": lambda z, a, y: (np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))).sum(axis=-1),
    "fused": lambda z, a, y: a - y,
}


class Animal(NamedTuple):
    """A plugin with a fault."""

    spec: Activation | Cost
    check: str
    words: tuple[str, ...]


def tanh(name: str, check: str, *words: str, **changed: Any) -> Animal:
    return Animal(Activation(name, **TANH | changed), check, words)


def square(name: str, check: str, *words: str, **changed: Any) -> Animal:
    return Animal(Cost(name, **SQUARE | changed), check, words)


def binary(name: str, check: str, *words: str, **changed: Any) -> Animal:
    return Animal(Cost(name, **BINARY | changed), check, words)


def counting(f: Any) -> Any:
    """A function that adds a little more with each call."""
    calls = count()
    return lambda *arrays: f(*arrays) + 1e-6 * next(calls)


def scribbling(z: Any) -> Any:
    z *= 2
    return np.tanh(z / 2)


def printing(z: Any) -> Any:
    print("tanh!")
    return np.tanh(z)


def warning(z: Any) -> Any:
    warnings.warn("tanh is deprecated", stacklevel=1)
    return np.tanh(z)


def log_softmax(z: Any) -> Any:
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def activations() -> Iterator[Animal]:
    yield tanh(
        "wrong_derivative",
        "derivative",
        "the slope of forward",
        "derivative(z, a) at z = ",
        "correct the derivative",
        derivative=lambda z, a: 1 - a,
    )
    yield tanh(
        "right_for_positive_z",
        "derivative",
        "it is wrong for z < 0",
        "got",
        derivative=lambda z, a: np.where(z > 0, 1 - a * a, 1),
    )
    yield tanh("wrong_sign", "derivative", "everywhere it has the wrong sign", derivative=lambda z, a: a * a - 1)
    yield tanh("nearly", "complex-step", "the slope of forward", derivative=lambda z, a: 1 - a * a + 1e-9)
    yield tanh(
        "centred",
        "per-sample",
        "among 8 others",
        "no mean or sum over the samples",
        forward=lambda z: np.tanh(z - z.mean(axis=0)),
    )
    yield tanh(
        "mixes_a_row",
        "elementwise",
        "among the others of its row",
        "gives vjp=",
        forward=lambda z: np.tanh(z - z.mean(axis=-1, keepdims=True)),
    )
    yield tanh(
        "scribbles",
        "inputs-untouched",
        "z left as it was",
        "numbers of z were overwritten",
        "`z += …`",
        forward=scribbling,
    )
    yield tanh("counts", "repeatable", "the answer of the first call", "keep no state", forward=counting(np.tanh))
    yield tanh("prints", "silence", "tanh!", "remove the print", forward=printing)
    yield tanh("warns", "silence", "tanh is deprecated", forward=warning)
    yield tanh(
        "overflows",
        "silence",
        "overflow encountered",
        "np.clip",
        forward=lambda z: np.tanh(z) + 0 * np.exp(-100 * np.abs(z)) / (1 + np.exp(100 * np.abs(z))),
    )
    yield tanh(
        "widens",
        "shape-and-dtype",
        "dtype float32",
        "dtype float64",
        "Python floats as constants",
        derivative=lambda z, a: np.float64(1) - a * a,
    )
    yield tanh(
        "flattens", "shape-and-dtype", "an array of shape (5, 3)", "shape (15,)", forward=lambda z: np.tanh(z).ravel()
    )
    yield tanh(
        "knows_its_layout",
        "shape-and-dtype",
        "laid out column by column",
        "memory layout",
        forward=lambda z: np.tanh(np.ravel(z, "K").reshape(z.shape)),
    )
    yield tanh(
        "wants_four_columns",
        "shape-and-dtype",
        "ValueError",
        "numpy_animals.py",
        "any block",
        forward=lambda z: np.tanh(z) + np.zeros(4, z.dtype),
    )
    yield tanh(
        "wants_even_rows",
        "save-and-load",
        "an exception",
        "let it take rows of three numbers",
        forward=lambda z: np.tanh(z.reshape(len(z), -1, 2 if z.shape[1] == 3 else 1)).reshape(z.shape),
    )
    yield tanh(
        "narrow",
        "float32",
        "as in float64",
        "float16",
        forward=lambda z: np.tanh(z.astype(np.float16)).astype(z.dtype) if z.dtype == "f" else np.tanh(z),
    )
    yield tanh(
        "deaf",
        "parameters",
        "for rate=",
        "the same, from every function",
        "do not declare it",
        forward=lambda z, rate: np.tanh(z),
        derivative=lambda z, a, rate: 1 - a * a,
        params={"rate": Param(1.0)},
    )
    yield tanh(
        "swallows_nan",
        "special-values",
        "NaN where z is NaN",
        "the NaN was swallowed",
        "np.nan_to_num",
        forward=lambda z: np.nan_to_num(np.tanh(z)),
    )
    yield tanh("loses_itself", "special-values", "got NaN", "z = -", "0·∞", forward=lambda z: np.sinh(z) / np.cosh(z))
    yield tanh("undefined_at_infinity", "saturation", "σ′ = 0", "0·∞", "nan", forward=lambda z: np.tanh(z) + 0 * z)
    yield tanh(
        "secret_kink",
        "kinks",
        "a jump at z = 1.5",
        "kinks=(1.5,)",
        forward=lambda z: np.tanh(z) + np.maximum(z - 1.5, 0),
        derivative=lambda z, a: 1 - np.tanh(z) ** 2 + (z > 1.5),
    )
    yield tanh("false_kink", "kinks", "no jump at 0.0", "take it out of kinks", kinks=(0.0,))
    yield tanh("jumps", "kinks", "a jump at z = ", forward=lambda z: np.tanh(z) + 0.1 * np.sign(z - 2))
    yield Animal(
        Activation("symmetric_only", log_softmax, vjp=lambda z, a, g: g - (np.exp(a) * g).sum(axis=-1, keepdims=True)),
        "vjp",
        ("right only for a symmetric Jacobian", "swap the Jacobian's rows and columns", "g = ["),
    )
    yield Animal(
        Activation("forgets_the_rest", log_softmax, vjp=lambda z, a, g: g * (1 - np.exp(a))),
        "vjp", ("by differences of forward", "sum g_j δa_j/δz_k over j"),
    )  # fmt: skip


def costs() -> Iterator[Animal]:
    yield square(
        "averages",
        "per-sample",
        "among 8 others",
        "no division by their number",
        value=lambda a, y: ((a - y) ** 2).sum(axis=-1) / len(a),
    )
    yield square(
        "averages_too", "per-sample", "gradient(a, y)", "each twice, at", gradient=lambda a, y: 2 * (a - y) / len(a)
    )
    yield square("a_fifth", "squares", "0.2·‖a - λ‖²", "leave it out", squares=0.2)
    yield square("half", "gradient", "(0.5 times it)", "a constant factor", gradient=lambda a, y: a - y)
    yield square("backwards", "gradient", "(-1 times it)", gradient=lambda a, y: 2 * (y - a))
    yield square("nearly", "complex-step", "by a complex step", gradient=lambda a, y: 2 * (a - y) * (1 + 1e-9))
    yield square(
        "one_number",
        "shape-and-dtype",
        "shape (5,)",
        "shape ()",
        "sum over the last axis",
        value=lambda a, y: ((a - y) ** 2).sum(),
    )
    yield square(
        "stairs",
        "gradient",
        "a cost with a slope",
        "do not settle",
        value=lambda a, y: np.floor(1000 * ((a - y) ** 2).sum(axis=-1)),
    )
    yield square("swallows_nan", "special-values", "NaN for row 1", value=lambda a, y: np.nansum((a - y) ** 2, axis=-1))
    yield square(
        "spreads_nan",
        "special-values",
        "numbers for the others",
        value=lambda a, y: ((a - y) ** 2).sum(axis=-1) + 0 * a.max(),
    )
    yield square(
        "scribbles",
        "inputs-untouched",
        "a left as it was",
        "`a += …`",
        value=lambda a, y: (np.subtract(a, y, out=a) ** 2).sum(axis=-1),
    )
    yield binary(
        "other_pair",
        "chain-rule",
        "gradient(a, y)·[δa/δz]",
        "derivative with respect to z",
        fused=lambda z, a, y: 2 * (a - y),
    )
    yield binary("other_value", "chain-rule", "value(σ(z), y)", fused_value=lambda z, a, y: (a - y).sum(axis=-1) ** 2)
    yield binary(
        "infinite",
        "saturation",
        "a finite number",
        "nan",
        "log(1 + e^-z)",
        fused_value=lambda z, a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=-1),
    )
    yield binary("without_pair", "saturation", "give a fused pair", fused=None, fused_value=None)


def declarations() -> Iterator[Animal]:
    yield tanh("a,b", "registration", "letters, digits and _", "rename it")
    yield tanh("relu", "registration", "is built in", "another name")
    yield tanh(
        "unasked",
        "registration",
        "derivative(z, a, rate)",
        "as a keyword",
        forward=lambda z, rate: np.tanh(rate * z),
        params={"rate": Param(1.0)},
    )
    yield tanh("no_init", "registration", "initialiser", init="at_random")
    yield square("unknown_output", "registration", "canonical='sofmax'", "did you mean 'softmax'", canonical="sofmax")
    yield square("labels_outside", "registration", "labels inside of the target range", target_range=(0.0, 0.5))


ZOO = [*activations(), *costs(), *declarations()]
