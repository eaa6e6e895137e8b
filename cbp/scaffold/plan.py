"""What is to be written: the choices ``cbp plugins new`` offers, and what follows from each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..registry.entries import Kind
from .naming import Names

if TYPE_CHECKING:
    from .formula.derivation import Derived

__all__ = ["KINDS", "LICENCES", "TIERS", "Form", "Plan", "Tier", "author"]


@dataclass(frozen=True)
class Form:
    """What a plugin provides.

    Attributes
    ----------
    kind : ``"activation"`` or ``"cost"``
    what : str
        What prose calls it.
    tagline : str
        The example that is to be replaced.
    usage, option : str
        How it is used in Python and on the command line.
    """

    kind: Kind
    what: str
    tagline: str
    usage: str
    option: str


@dataclass(frozen=True)
class Tier:
    """How a plugin is written.

    Attributes
    ----------
    about : str
    build : tuple of str
        What building it needs, besides the installed cbp.
    kernel : str
        The module of the package that has the kernel; ``""`` if there is none.
    data : tuple of str
        Further files of the package.
    base : str
        Another tier, whose templates it shares.
    """

    about: str
    build: tuple[str, ...] = ("setuptools>=77",)
    kernel: str = ""
    data: tuple[str, ...] = ()
    base: str = ""


KINDS = {
    "activation": Form(
        "activation", "activation", "tanh(αz)", 'net = cbp.Network([4, 16, 1], activation="{}")', "--activation {}"
    ),
    "rowwise": Form(
        "activation",
        "activation",
        "softmax of αz",
        'net = cbp.Network([4, 16, 3], activation="tanh", output_activation="{}", cost="squared_error")',
        "--output-activation {} --cost squared_error",
    ),
    "cost": Form("cost", "cost", "α Σ (a - λ)²", 'net = cbp.Network([4, 16, 1], cost="{}")', "--cost {}"),
}

TIERS = {
    "numpy": Tier("NumPy functions; nothing is compiled"),
    "c": Tier("a kernel in C, in a shared library without Python", kernel="kernel"),
    "formula": Tier("NumPy and C from --activation or --cost, by SymPy", kernel="kernel", base="c"),
    "cython": Tier("a kernel in Cython, with cbp's headers", ("setuptools>=77", "Cython>=3.1"), "kernel", ("*.pyi",)),
}

LICENCES = ("BSD-3-Clause", "MIT", "none")


def author(distribution: str) -> str:
    """Who git says is at work here; without that, the authors of `distribution`."""
    import shutil
    import subprocess

    git, said = shutil.which("git"), ""
    if git is not None:
        said = subprocess.run([git, "config", "user.name"], capture_output=True, text=True, check=False).stdout
    return said.strip() or f"The {distribution} authors"


@dataclass(frozen=True)
class Plan:
    """A distribution that is to be written.

    Attributes
    ----------
    names : Names
    form : str
        A key of `KINDS`.
    tier : str
        A key of `TIERS`.
    licence : str
        One of `LICENCES`.
    author : str
        Whose copyright it is.
    derived : formula.derivation.Derived, optional
        Of the tier ``"formula"``.
    """

    names: Names
    form: str
    tier: str
    licence: str
    author: str
    derived: Derived | None = None
    year: int = field(default_factory=lambda: dt.datetime.now(dt.UTC).year)
