"""What a plugin as a whole must do: be found, be imported quietly, and provide what its hooks promise."""

from __future__ import annotations

import re
import sys
from importlib import metadata

from ..registry import registry
from ..registry.entries import CBP, KINDS
from .plugin_subject import PluginSubject
from .report import Failure, Skip

__all__ = ["floating_point_mode", "gil", "hooks", "import_", "names", "output", "requirements"]

BELOW_1 = re.compile(r"<\s*1(\.0)*\b|<\s*0\.|==\s*0\.|~=\s*0\.")


def requirements(subject: PluginSubject) -> str:
    """Its requirement of cbp, if it has one, admits no project that is not this."""
    required = metadata.requires(subject.plugin.distribution)
    for each in required or []:
        if re.match(r"cbp\b(?![-_.])", each, re.IGNORECASE) and not BELOW_1.search(each):
            raise Failure(
                "a requirement such as cbp>=0.1,<1",
                each,
                f"dependencies of {subject.plugin.distribution}",
                "bound it below 1: on PyPI the name belongs to another project, whose versions begin at 1.1",
            )
    return "; ".join(each for each in required or [] if each.startswith("cbp")) or "it requires no cbp"


def import_(subject: PluginSubject) -> str:
    """Its module can be imported."""
    account = subject.account
    _require(
        subject,
        "import",
        "a module that can be imported",
        "put right what it raises; what it imports must be among its dependencies",
    )
    return f"{1e3 * account['seconds']:.0f} ms, from {account['file']}"


def hooks(subject: PluginSubject) -> str:
    """Its hooks are spelt right and return what they should."""
    account = subject.beyond("import")
    _require(
        subject,
        "hooks",
        "hooks named cbp_activations, cbp_costs, cbp_optimizers or cbp_initializers, each marked with "
        "@cbp.plugin.hookimpl, without arguments, returning a list",
        "correct the name, the arguments, or what is returned",
    )
    return f"it provides {', '.join(account['provides']) or 'nothing'}"


def names(subject: PluginSubject) -> str:
    """The names it gives are its own."""
    account = subject.beyond("hooks")
    _require(
        subject,
        "names",
        "names that no built-in has, and none twice",
        "rename: users write distribution:name where two plugins share a name, but a built-in's is never another's",
    )
    shared = [
        f"{name} ({', '.join(other.id for other in others)})"
        for name in (each.rpartition(":")[2] for each in account["provides"])
        for kind in KINDS.values()
        if len(others := [e for e in registry.known(kind).having(name) if e.distribution != CBP]) > 1
    ]
    return f"shared, so that users must write them in full: {'; '.join(shared)}" if shared else "its own"


def _require(subject: PluginSubject, stage: str, expected: str, remedy: str) -> None:
    account = subject.account
    if account["error"] and account["stage"] == stage:
        raise Failure(expected, account["error"], account["where"] or subject.plugin.label, remedy)


def output(subject: PluginSubject) -> str:
    """Nothing is written to stdout or stderr while it is imported."""
    subject.beyond("import")
    if subject.said:
        raise Failure(
            "no output while it is imported",
            repr(subject.said[:300]),
            f"importing {subject.plugin.point.module}",
            "remove the print, the progress bar or the logging at import; whoever looks up a name imports every plugin",
        )
    return "no output"


def floating_point_mode(subject: PluginSubject) -> str:
    """Rounding and subnormal numbers are as before when it has been imported."""
    if deed := subject.beyond("import")["deeds"].get("floating-point mode"):
        raise Failure(
            "the floating-point mode as it was before the import",
            f"it {deed}",
            f"importing {subject.plugin.point.module} ({subject.account['file']})",
            "compile and link without -ffast-math (-Ofast), it and every library it loads: the linker adds code that "
            "flushes subnormal numbers to zero, for the whole thread that loads it",
        )
    return "as before"


def gil(subject: PluginSubject) -> str:
    """In a Python without a GIL none is turned on."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        raise Skip("this Python has a GIL")
    if deed := subject.beyond("import")["deeds"].get("GIL"):
        raise Failure(
            "a Python that still runs without a GIL",
            f"it {deed}",
            f"importing {subject.plugin.point.module}",
            "declare each compiled module free of it: Py_mod_gil, in Cython freethreading_compatible=True",
        )
    return "none"
