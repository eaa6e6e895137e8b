"""What is to be written: the choices ``cbp plugins new`` offers, and what follows from each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
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
        What building it needs.
    needs : tuple of str
        What running it needs, besides cbp and NumPy.
    kernel : str
        The module of the package that has the kernel; ``""`` if there is none.
    compiled : bool
        Whether it is compiled when it is built, with the headers of the installed cbp.
    data : tuple of str
        Further files of the package.
    base : str
        Another tier, whose templates it shares.
    examples : mapping of str to str
        By form, the tagline where its example is another.
    """

    about: str
    build: tuple[str, ...] = ("setuptools>=77",)
    needs: tuple[str, ...] = ()
    kernel: str = ""
    compiled: bool = False
    data: tuple[str, ...] = ()
    base: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)


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
    "numpy": Tier("NumPy functions, nothing compiled"),
    "numba": Tier(
        "a kernel in Python, which numba compiles when it is used",
        needs=("numba>=0.61",),
        kernel="kernel",
        examples={"activation": "αz / (1 + |αz|)"},  # numba vectorises arithmetic, but no tanh
    ),
    "cython": Tier(
        "a kernel in Cython, with cbp's headers",
        build=("setuptools>=77", "Cython>=3.1"),
        kernel="kernel",
        compiled=True,
        data=("*.pyi",),
    ),
    "c": Tier("a kernel in C, in a shared library without Python", kernel="kernel", compiled=True),
    "formula": Tier("NumPy and C from --activation or --cost, by SymPy", kernel="kernel", compiled=True, base="c"),
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

    @property
    def tagline(self) -> str:
        """The formula, or the example that is to be replaced."""
        if self.derived is not None:
            return self.derived.text
        return TIERS[self.tier].examples.get(self.form, KINDS[self.form].tagline)
