"""The hooks a plugin may implement. Each is called once, when a name is first looked up, never while training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from .plugin import Activation, Cost, Initializer, Optimizer

hookspec = pluggy.HookspecMarker("cbp")


@hookspec
def cbp_activations() -> Iterable[Activation]:
    """Return the activations (σ, σ′) this plugin provides."""
    raise NotImplementedError  # a specification: pluggy never calls it


@hookspec
def cbp_costs() -> Iterable[Cost]:
    """Return the costs (C, ∂C/∂a) this plugin provides."""
    raise NotImplementedError  # a specification: pluggy never calls it


@hookspec
def cbp_optimizers() -> Iterable[Optimizer]:
    """Return the optimisers (init, update) this plugin provides."""
    raise NotImplementedError  # a specification: pluggy never calls it


@hookspec
def cbp_initializers() -> Iterable[Initializer]:
    """Return the initialisers (how W^l begins) this plugin provides."""
    raise NotImplementedError  # a specification: pluggy never calls it
