"""What is known of plugins and of what they provide, as JSON holds it."""

from __future__ import annotations

from typing import Any

from ..kernels import KernelSource, capsule_of
from ..plugin.makers import Maker
from ..registry import registry
from ..registry.discovery import Installed, chosen, installed
from ..registry.entries import CBP, Entry

__all__ = ["constants", "facts_of", "plugins", "tier"]


def tier(entry: Entry) -> str:
    """``"compiled"``, ``"shared library"``, ``"numba"``, ``"NumPy"`` or ``"Python"``: what runs, if it can."""
    if isinstance(entry.spec, Maker):
        return "compiled" if entry.kind == "optimizer" and entry.distribution == CBP else "Python"
    kernel = entry.spec.kernel
    return "NumPy" if kernel is None else kernel.tier if isinstance(kernel, KernelSource) else "compiled"


def constants(entry: Entry) -> dict[str, Any]:
    """Its parameters with their defaults."""
    if isinstance(entry.spec, Maker):
        return entry.spec.constants()
    return {name: param.default for name, param in entry.spec.params.items()}


def facts_of(entry: Entry) -> dict[str, Any]:
    """An activation, cost, optimiser or initialiser."""
    spec = entry.spec
    return {
        "kind": entry.kind,
        "name": spec.name,
        "aliases": list(spec.aliases),
        "distribution": entry.distribution,
        "version": entry.version,
        "plugin": entry.plugin,
        "runs_as": tier(entry),
        **_kernel(entry),
        "params": constants(entry),
        "formula": spec.formula,
        "summary": spec.summary,
    }


def _kernel(entry: Entry) -> dict[str, Any]:
    """The kernel's ABI and how it was built; every kernel has both dtypes, and so have NumPy functions."""
    if isinstance(entry.spec, Maker):
        return {}
    facts: dict[str, Any] = {"dtypes": ["float32", "float64"], "abi": None, "build": None}
    kernel = entry.spec.kernel
    if isinstance(kernel, KernelSource) and not kernel.ready:
        return facts | {"build": f"by {kernel.tier}, when it is used"}
    if kernel is not None:
        from ..abi import built_with, head_of

        try:
            head = head_of(capsule_of(entry.spec))
        except ImportError as error:
            return facts | {"unavailable": str(error)}
        if head is not None:
            facts |= {"abi": f"{head.abi_major}.{head.abi_minor}", "build": built_with(head)}
    return facts


def plugins() -> list[dict[str, Any]]:
    """Every plugin there is, whether it is loaded or not; loads nothing."""
    there, unreadable = installed()
    let_in = chosen(there)
    facts = [_plugin(plugin, plugin in let_in) for plugin in there]
    for label, error in unreadable.items():
        facts.append(_facts(label, state="failed", failure=_said(error)))
    return facts


def _plugin(plugin: Installed, let_in: bool) -> dict[str, Any]:
    record, error = registry.provenance.get(plugin.label), registry.failures.get(plugin.label)
    if record is None:
        state = "installed" if let_in else "left out"
        return _facts(plugin.label, plugin, state)
    return _facts(
        plugin.label,
        plugin,
        "failed" if error else "loaded",
        failure=_said(error) if error else None,
        file=record.file,
        seconds=record.seconds,
        deeds=record.deeds,
    )


def _facts(label: str, plugin: Installed | None = None, state: str = "installed", **known: Any) -> dict[str, Any]:
    return {
        "plugin": label,
        "distribution": plugin.distribution if plugin else label.partition(":")[0],
        "version": plugin.version if plugin else "",
        "module": plugin.point.value if plugin else "",
        "state": state,
        "file": None,
        "seconds": None,
        "deeds": {},
        "failure": None,
    } | known


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
