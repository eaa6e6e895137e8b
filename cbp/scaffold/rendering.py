"""Fills in the templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from .origin import REQUIREMENT, public, source
from .plan import KINDS, TIERS, Plan

__all__ = ["contents"]

TEMPLATES = Path(__file__).parent / "templates"
ENDING = ".in"


def contents(plan: Plan) -> dict[str, str]:
    """The files of a new distribution, by their paths in its folder.

    A template's path is a template too. Where several folders have a file, the most special one counts.
    """
    values = _values(plan)
    files = {}
    for folder in _folders(plan):
        for path in sorted((TEMPLATES / folder).rglob(f"*{ENDING}")):
            name = path.relative_to(TEMPLATES / folder).as_posix().removesuffix(ENDING)
            text = _filled(path, values)
            files[Template(name).substitute(values)] = _one_blank_line(text) if name.endswith(".md") else text
    if plan.licence != "none":
        files["LICENSE"] = _filled(TEMPLATES / "licences" / f"{plan.licence}{ENDING}", values)
    return files


def _one_blank_line(text: str) -> str:
    """`text` without the empty lines that empty parts leave."""
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _folders(plan: Plan) -> Iterator[str]:
    yield from ("any", plan.form)
    for tier in filter(None, (TIERS[plan.tier].base, plan.tier)):
        yield f"{tier}/any"
        if tier == plan.tier:
            yield f"{tier}/{plan.form}"


def _filled(path: Path, values: Mapping[str, str]) -> str:
    return Template(path.read_text(encoding="utf-8")).substitute(values)


def _values(plan: Plan) -> dict[str, str]:
    """What every name in the templates stands for; those of whole lines end in a newline, or are empty."""
    names, form = plan.names, KINDS[plan.form]
    values = {
        "name": names.name,
        "distribution": names.distribution,
        "module": names.module,
        "what": form.what,
        "tagline": plan.tagline,
        "usage": form.usage.format(names.name),
        "option": form.option.format(names.name),
        "author": plan.author,
        "author_quoted": json.dumps(plan.author, ensure_ascii=False),  # as TOML has it too
        "year": str(plan.year),
        "source": source(),
        "tox_line": f"{'tox':{len('cbp plugins check   ' + names.distribution)}}",
        "public_source": public(),
        "requirement": REQUIREMENT,
        **_of_licence(plan),
        **dict(_of_tier(plan)),
    }
    if plan.derived is not None:
        from .formula.filled import values as of_formula

        values |= of_formula(plan.derived)
    of_tier = _part(f"{plan.tier}-{plan.form}")
    values["maths"] = _filled(of_tier if of_tier.exists() else _part(plan.form), values)
    values["kernel"] = _filled(_part(plan.tier), values)
    return values


def _part(name: str) -> Path:
    """The template of a part of the README."""
    return TEMPLATES / "parts" / f"{name}.md{ENDING}"


def _of_licence(plan: Plan) -> dict[str, str]:
    if plan.licence == "none":
        private = 'classifiers = ["Private :: Do Not Upload"] # before it is published, it needs a licence\n'
        return {"licence_line": "", "licence_section": "", "classifiers": private}
    return {
        "licence_line": f'license = "{plan.licence}"\n',
        "licence_section": f"\nLicense: {plan.licence}.\n",
        "classifiers": "",
    }


def _of_tier(plan: Plan) -> Iterator[tuple[str, str]]:
    tier, folder = TIERS[plan.tier], plan.names.distribution
    yield "build_requires", ", ".join(f'"{each}"' for each in tier.build)
    yield "needs", "".join(f', "{each}"' for each in tier.needs)
    yield "tools", "\n    ".join([*tier.build, *tier.needs])
    yield "build_comment", " # and the installed cbp: see README.md" if tier.compiled else ""
    yield "import_kernel", f"\nfrom .{tier.kernel} import kernel\n" if tier.kernel else ""
    yield "kernel_field", f"{12 * ' '}kernel=kernel,\n" if tier.kernel else ""
    data = ", ".join(f'"{each}"' for each in tier.data)
    yield "package_data", f"\n[tool.setuptools.package-data]\n{plan.names.module} = [{data}]\n" if data else ""
    lines = [f"pip install ./{folder}"]
    if tier.compiled:
        tools = " ".join(f'"{each}"' for each in tier.build)
        lines = [f"pip install {tools}", f"pip install --no-build-isolation ./{folder}"]
    yield "install", "\n".join(lines)
