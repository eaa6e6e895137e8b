"""Optimisers and initialisers: by name, as a plugin provides them, or made already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..plugin.makers import Initializer, Maker, Optimizer
from .lookup import registry

if TYPE_CHECKING:
    from ..initializers import SupportsWeights
    from ..optimizers import SupportsIterate, SupportsUpdate

__all__ = ["initializer", "optimizer"]


def optimizer(
    choice: str | Optimizer | SupportsUpdate | SupportsIterate, **constants: Any
) -> SupportsUpdate | SupportsIterate:
    """An optimiser by name, with constants of its own: ``cbp.optimizer("rmsprop", alpha=0.9)``.

    Parameters
    ----------
    choice : str or cbp.plugin.Optimizer
        Or an object that is an optimiser already, which is returned as it is.
    **constants
        What it is made with.

    Raises
    ------
    ValueError
        An unknown or ambiguous name, or a constant out of its range.
    TypeError
        Not an optimiser, or it has no such constant.
    """
    spec = registry.find("optimizer", choice).spec if isinstance(choice, str) else choice
    made: SupportsUpdate | SupportsIterate = _made("optimizer", spec, constants, "init", "update or iterate")
    return made


def initializer(choice: str | Initializer | SupportsWeights, **constants: Any) -> SupportsWeights:
    """An initialiser by name, with constants of its own: ``cbp.initializer("orthogonal", gain=2)``.

    Parameters
    ----------
    choice : str or cbp.plugin.Initializer
        Or an object that is an initialiser already, which is returned as it is.
    **constants
        What it is made with.

    Raises
    ------
    ValueError, TypeError
        As `optimizer`.
    """
    spec = registry.find("initializer", choice).spec if isinstance(choice, str) else choice
    made: SupportsWeights = _made("init", spec, constants, "weights")
    return made


def _made(keyword: str, spec: object, constants: dict[str, Any], *methods: str) -> Any:
    """What `spec` makes, or `spec` itself; TypeError unless it has the methods, of ``"a or b"`` either."""
    made = spec.made(**constants) if isinstance(spec, Maker) else spec
    has = [any(callable(getattr(made, name, None)) for name in method.split(" or ")) for method in methods]
    if isinstance(made, type) or not all(has):
        said = f"{spec.name!r} made {made!r:.80}" if isinstance(spec, Maker) else f"got {made!r:.80}"
        raise TypeError(f"{keyword}: expected a name or an object with {' and '.join(methods)}, {said}")
    return made
