"""``cbp plugins new``: the folder of a new plugin, which builds and passes its own tests as it stands."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

from ..scaffold.naming import Names
from ..scaffold.plan import KINDS, LICENCES, TIERS, Plan, author
from .tables import printable

SUMMARY = "write a new plugin: a distribution with code, tests, CI and README, to put your formula into"
EXAMPLES = """\
  cbp plugins new wiggle                         an activation, in NumPy
  cbp plugins new wiggle --tier cython           as quick as the built-in ones
  cbp plugins new my_loss --kind cost
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins new``."""
    tiers = "; ".join(f"{name}: {tier.about}" for name, tier in TIERS.items())
    add = parser.add_argument
    add("name", metavar="NAME", help="what users will write: wiggle, of the distribution cbp-wiggle")
    add("--tier", choices=[*TIERS], default="numpy", help=f"how it is written (default: numpy). {tiers}")
    add(
        "--kind",
        choices=[*KINDS],
        default="activation",
        help="what it provides (default: activation); rowwise: an activation that mixes a sample's outputs, as softmax",
    )
    add("--out", metavar="FOLDER", type=Path, default=None, help="the folder to make (default: cbp-NAME)")
    add("--license", choices=LICENCES, default=LICENCES[0], dest="licence", help=f"(default: {LICENCES[0]})")
    add("--author", metavar="NAME", default=None, help="whose copyright it is (default: git's user.name)")


def run(options: argparse.Namespace) -> None:
    """Write the folder and say what to do with it."""
    from ..scaffold.folder import write
    from ..scaffold.rendering import contents

    names = Names(options.name, KINDS[options.kind].kind)
    plan = Plan(names, options.kind, options.tier, options.licence, options.author or author(names.distribution))
    folder = options.out or Path(names.distribution)
    files = contents(plan)
    write(folder, files)
    if options.json:
        print(json.dumps({"folder": str(folder), "distribution": names.distribution, "files": sorted(files)}, indent=1))
    else:
        print("\n".join(map(printable, _told(plan, folder, files))))


def _told(plan: Plan, folder: Path, files: dict[str, str]) -> list[str]:
    form, tier = KINDS[plan.form], TIERS[plan.tier]
    isolated = " --no-build-isolation" if tier.kernel else ""
    needs = [f"pip install {' '.join(map(repr, tier.build))}"] if tier.kernel else []
    steps = [*needs, f"pip install{isolated} {_path(folder)}", f"cbp plugins check {plan.names.distribution}"]
    return [
        f"wrote {folder}: the {form.what} {plan.names.name} = {form.tagline}, to be replaced by yours",
        *(f"  {name}" for name in sorted(files)),
        "next:",
        *(f"  {step}" for step in steps),
        f"  cbp train digits {form.option.format(plan.names.name)}",
    ]


def _path(folder: Path) -> str:
    """`folder` so that pip does not take it for a project's name."""
    return shlex.quote(str(folder) if folder.is_absolute() else f"./{folder}")
