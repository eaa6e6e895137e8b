"""Every built-in again, as a plugin: ``clone_tanh`` is ``tanh`` with a kernel compiled outside of cbp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import cbp
from cbp.core.isa import isa
from cbp.plugin import Activation, Cost, hookimpl

kernels = import_module(f"cbp_clone.{isa}.kernels")


@hookimpl
def cbp_activations() -> Iterator[Activation]:
    """Clones of the activations."""
    for name, spec in cbp.activations().items():
        if name.startswith("cbp:"):
            yield replace(spec, name=f"clone_{spec.name}", aliases=(), kernel=kernels.activations[spec.name])


@hookimpl
def cbp_costs() -> Iterator[Cost]:
    """Clones of the costs, each made for the clone of its activation."""
    for name, spec in cbp.costs().items():
        if name.startswith("cbp:"):
            canonical = spec.canonical and f"clone_{spec.canonical}"
            clone = replace(spec, name=f"clone_{spec.name}", aliases=(), kernel=kernels.costs[spec.name])
            yield replace(clone, canonical=canonical)
