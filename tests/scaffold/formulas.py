"""A formula's plugin, written, compiled and imported; and what mpmath makes of the same text."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath

import cbp
from cbp.core.isa import isa
from cbp.registry.entries import Kind
from cbp.scaffold.formula.derivation import Derived, derived
from cbp.scaffold.formula.parameters import parameters
from cbp.scaffold.naming import Names
from cbp.scaffold.plan import Plan
from cbp.scaffold.rendering import contents

__all__ = ["by_mpmath", "imported", "read"]

MPMATH = {
    "abs": abs, "max": max, "min": min, "sign": mpmath.sign, "e": mpmath.e, "pi": mpmath.pi,
    "relu": lambda x: max(x, 0),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    **{name: getattr(mpmath, name) for name in
       ("asinh", "cos", "cosh", "erf", "exp", "expm1", "log", "log1p", "sech", "sin", "sinh", "sqrt", "tan", "tanh")},
}  # fmt: skip


def read(kind: Kind, text: str) -> Derived:
    """The formula; a beta in it is a parameter above 0."""
    return derived(kind, text, parameters(["0<beta=0.7"] if "beta" in text else []))


def imported(given: Derived, folder: Path, name: str) -> ModuleType:
    """Its plugin's package, with the kernel compiled for the instruction set in use."""
    files = contents(Plan(Names(name, given.kind), given.kind, "formula", "none", "nobody", given))
    package = folder / f"cbp_{name}"
    package.mkdir()
    for path, text in files.items():
        if path.startswith("src/"):
            (package / Path(path).name).write_text(text, encoding="utf-8")
    flags = ["-shared", "-fPIC", "-Wall", "-Werror", "-Wno-unused-function", *cbp.get_compile_args()]
    library = ["-o", str(package / f"kernel_{isa}.so"), str(package / "kernel.c")]
    subprocess.run(["cc", *flags, "-I", cbp.get_include(), *library], check=True)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(package.name)
    finally:
        sys.path.remove(str(folder))


def by_mpmath(text: str) -> Callable[..., Any]:
    """The formula as a function of its names, read by Python and computed by mpmath."""
    code = compile(text.replace("^", "**"), "formula", "eval")
    return lambda **names: mpmath.mpf(eval(code, {"__builtins__": {}}, MPMATH | names))
