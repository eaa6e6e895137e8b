"""``cbp plugins new``: the folder of a new plugin, which builds and passes its own tests as it stands."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..registry.entries import Kind
from ..scaffold.naming import Names
from ..scaffold.plan import KINDS, LICENCES, TIERS, Plan, author
from .tables import printable

if TYPE_CHECKING:
    from ..scaffold.formula.derivation import Derived

SUMMARY = "write a new plugin: a distribution with code, tests, CI and README, to put your formula into"
EXAMPLES = """\
  cbp plugins new wiggle                         an activation, in NumPy
  cbp plugins new wiggle --tier cython           as quick as the built-in ones
  cbp plugins new my_loss --kind cost
  cbp plugins new softlog --activation "z*tanh(log(1+exp(z)))"     compiled, from the formula alone
  cbp plugins new smooth --activation "z/(1+exp(-beta*z))" --param "0<beta=1"
  cbp plugins new quartic --cost "(a-y)**4"
"""

DOUBTS = (
    "digits are lost there, and `cbp plugins check` may fail: write the formula so that nothing cancels, correct "
    "kernel.c and __init__.py, or declare it (expected_failures in tests/test_conformance.py)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins new``."""
    tiers = "; ".join(f"{name}: {tier.about}" for name, tier in TIERS.items())
    add = parser.add_argument
    add("name", metavar="NAME", help="what users will write: wiggle, of the distribution cbp-wiggle")
    add("--tier", choices=[*TIERS], default=None, help=f"how it is written (default: numpy). {tiers}")
    add(
        "--kind",
        choices=[*KINDS],
        default=None,
        help="what it provides (default: activation); rowwise: an activation that mixes a sample's outputs, as softmax",
    )
    add(
        "--activation",
        metavar="FORMULA",
        default=None,
        help='of z: writes σ and σ′ in NumPy and C, such as "z*tanh(log(1+exp(z)))"',
    )
    add(
        "--cost",
        metavar="FORMULA",
        default=None,
        help="of an output a and its target y, to be summed over the outputs: (a-y)**4",
    )
    add(
        "--param",
        metavar="NAME=DEFAULT",
        action="append",
        default=[],
        help="a parameter of the formula, with its range if it has one: beta=1.5, 0<beta=1.5<=10; repeatable",
    )
    add("--out", metavar="FOLDER", type=Path, default=None, help="the folder to make (default: cbp-NAME)")
    add("--license", choices=LICENCES, default=LICENCES[0], dest="licence", help=f"(default: {LICENCES[0]})")
    add("--author", metavar="NAME", default=None, help="whose copyright it is (default: git's user.name)")


def run(options: argparse.Namespace) -> None:
    """Write the folder and say what to do with it."""
    from ..scaffold.folder import write
    from ..scaffold.rendering import contents

    form, tier = _form_and_tier(options)
    names = Names(options.name, KINDS[form].kind)
    derived = _derived(options, names.kind) if tier == "formula" else None
    by = options.author or author(names.distribution)
    plan = Plan(names, form, tier, options.licence, by, derived)
    folder = options.out or Path(names.distribution)
    files = contents(plan)
    write(folder, files)
    if options.json:
        facts = {"folder": str(folder), "distribution": names.distribution, "files": sorted(files)}
        print(json.dumps(facts | _of_formula(derived), indent=1))
    else:
        print("\n".join(map(printable, _told(plan, folder, files))))


def _form_and_tier(options: argparse.Namespace) -> tuple[str, str]:
    """What it provides, and how it is written: a formula says both."""
    formulas = [kind for kind in ("activation", "cost") if getattr(options, kind) is not None]
    if not formulas:
        if options.tier == "formula":
            raise ValueError("--tier formula: expected --activation or --cost with it, the formula itself")
        if options.param:
            raise ValueError(
                "--param: expected --activation or --cost with it; elsewhere write parameters into the code"
            )
        return options.kind or "activation", options.tier or "numpy"
    if len(formulas) > 1:
        raise ValueError("expected --activation or --cost, got both: a plugin of each is two folders")
    if (options.tier or "formula") != "formula" or (options.kind or formulas[0]) != formulas[0]:
        raise ValueError(f"--{formulas[0]}: expected no --tier and no --kind with it: the formula says both")
    return formulas[0], "formula"


def _derived(options: argparse.Namespace, kind: Kind) -> Derived:
    try:
        from ..scaffold.formula.derivation import derived
    except ModuleNotFoundError as missing:
        if missing.name not in ("sympy", "mpmath"):
            raise
        raise ImportError(f"--{kind}: expected SymPy, which finds the derivative: pip install sympy") from None
    from ..scaffold.formula.parameters import parameters

    return derived(kind, options.activation or options.cost, parameters(options.param))


def _told(plan: Plan, folder: Path, files: dict[str, str]) -> list[str]:
    form, tier = KINDS[plan.form], TIERS[plan.tier]
    isolated = " --no-build-isolation" if tier.compiled else ""
    needs = [f"pip install {' '.join(map(shlex.quote, tier.build))}"] if tier.compiled else []
    steps = [*needs, f"pip install{isolated} {_path(folder)}", f"cbp plugins check {plan.names.distribution}"]
    example = "" if plan.derived else f" = {plan.tagline}, to be replaced by yours"
    return [
        f"wrote {folder}: the {form.what} {plan.names.name}{example}",
        *_formulas(plan.derived),
        *(f"  {name}" for name in sorted(files)),
        "next:",
        *(f"  {step}" for step in steps),
        f"  cbp train digits {form.option.format(plan.names.name)}",
    ]


def _formulas(derived: Derived | None) -> list[str]:
    """What it computes, and where that is not quite so."""
    if derived is None:
        return []
    from ..scaffold.formula.filled import slope_for_readers, where

    lines = [f"σ(z)  = {derived.text}", f"σ′(z) = {slope_for_readers(derived)}"]
    if derived.kind == "cost":
        lines = [f"C     = Σ {derived.text}", f"∂C/∂a = {slope_for_readers(derived)}"]
    notes = [*derived.doubts, DOUBTS] if derived.doubts else []
    return [*(f"  {line}" for line in [*lines, *where(derived)]), *(f"note: {note}" for note in notes)]


def _of_formula(derived: Derived | None) -> dict[str, Any]:
    """The same, for programs."""
    if derived is None:
        return {}
    from ..scaffold.formula.filled import slope_for_readers

    return {"formula": derived.text, "slope": slope_for_readers(derived), "doubts": list(derived.doubts)}


def _path(folder: Path) -> str:
    """`folder` so that pip does not take it for a project's name."""
    return shlex.quote(str(folder) if folder.is_absolute() else f"./{folder}")
