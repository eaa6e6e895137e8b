"""What the templates of the formula tier are filled in with."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import sympy

from ...plugin import Param
from .code import READERS, written
from .derivation import Derived
from .form import Form
from .vocabulary import meant

__all__ = ["slope_for_readers", "values", "where"]

MACROS = Path(__file__).parents[1] / "templates" / "parts" / "macros.h.in"
DEFINITIONS = {
    "softplus": "log(1 + e^x)",
    "logistic": "1 / (1 + e^-x)",
    "sech": "1 / cosh(x)",
    "log_cosh": "log(cosh(x))",
    "asinh": "log(x + √(x² + 1))",
    "expm1": "e^x - 1",
    "log1p": "log(1 + x)",
}
BOUNDS = {"above": ", above=", "at_least": ", at_least=", "below": ", below=", "at_most": ", at_most="}
COLUMN = 12 * " "


def slope_for_readers(derived: Derived) -> str:
    """The derivative, to be read."""
    return written(derived.slope.expr, READERS, {}).result


def where(derived: Derived) -> list[str]:
    """What the functions in it are that not everybody knows."""
    names = {type(each).__name__ for each in derived.slope.expr.atoms(sympy.Function)}
    lines = [f"{name}(x) = {meaning}" for name, meaning in DEFINITIONS.items() if name in names]
    return [*lines, "a = σ(z)"] if derived.kind == "activation" and derived.slope.reads("a") else lines


def values(derived: Derived) -> dict[str, str]:
    """By their names in the templates; those of whole lines end in a newline, or are empty."""
    value, slope = derived.value, derived.slope
    activation = derived.kind == "activation"
    names = ("forward", "derivative") if activation else ("term", "gradient")
    abouts = (f"σ(z) = {derived.text}.", "σ′(z).") if activation else (f"C of one output: {derived.text}.", "∂C/∂a.")
    value_function, slope_function = (
        f.numpy(n, about) for f, n, about in zip((value, slope), names, abouts, strict=True)
    )
    helpers = "\n\n".join(dict.fromkeys([*value.helpers(), *slope.helpers()]))
    python = ast.unparse(ast.parse(sympy.pycode(meant(derived.given))))
    code = helpers + value_function + slope_function
    return {
        "formula": derived.text,
        "slope": slope_for_readers(derived),
        "where": "".join(f"    {line}\n" for line in where(derived)),
        "imports": ("import math\n\n" if "math." in code else "") + ("import numpy as np\n" if "np." in code else ""),
        "helpers": f"\n{helpers}\n" if helpers else "",
        "value": value_function,
        "slope_function": slope_function,
        "value_c": textwrap.indent(value.c(), "    "),
        "slope_c": textwrap.indent(slope.c(), "    "),
        "macros": "".join(_macros(value.c() + slope.c())),
        "reads": _reads(slope),
        "kinks_field": f"{COLUMN}kinks={derived.kinks!r},\n" if derived.kinks else "",
        "formula_python": python,
        "test_imports": "import math\n\n" if "math." in python else "",
        "clipped_note": "; `clipped` is z, kept to where they still change" if value.clips or slope.clips else "",
        "doubts_note": "".join(f"\nDigits are lost all the same: {doubt}." for doubt in derived.doubts),
        **_of_parameters(derived),
    }


def _reads(slope: Form) -> str:
    return " | ".join(f"CBP_BWD_READS_{name.upper()}" for name in ("z", "a") if slope.reads(name)) or "0"


def _macros(code: str) -> Iterator[str]:
    for macro in MACROS.read_text(encoding="utf-8").strip().split("\n\n"):
        if any(f"#define {name}(" in macro for name in re.findall(r"\b([A-Z_]{4,})\(", code)):
            yield f"\n{macro}\n"


def _of_parameters(derived: Derived) -> dict[str, str]:
    params = derived.params
    declared = "".join(f'{COLUMN}    "{name}": {_declared(param)},\n' for name, param in params.items())
    notes = [f"{name}: {param.describe()}, {param.default:g} by default." for name, param in params.items()]
    places = ", ".join(f"p[{i}] is {name}" for i, name in enumerate(params))
    clips = derived.value.clips or derived.slope.clips
    c_notes = [places] * bool(params) + ["`clipped` is z, kept to where they still change"] * clips
    return {
        "n_params": str(len(params)),
        "params_field": f"{COLUMN}params={{\n{declared}{COLUMN}}},\n" if params else "",
        "param_import": "Param, hookimpl\n" if params else "hookimpl\n",
        "parameters": json.dumps({name: param.default for name, param in params.items()}),
        "parameters_typed": "".join(f", {name}: float" for name in params),
        "parameters_passed": "".join(f", {name}" for name in params),
        "parameters_note": "".join(f"{note}\n\n" for note in notes),
        "c_notes": "".join(f"\n * {note}." for note in c_notes),
    }


def _declared(param: Param) -> str:
    bounds = [f"{text}{value:g}" for name, text in BOUNDS.items() if abs(value := getattr(param, name)) < float("inf")]
    return f"Param({param.default:g}{''.join(bounds)})"
