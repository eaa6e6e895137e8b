"""What `fit` asks of an optimiser, cbp's own or a plugin's."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

__all__ = ["SupportsUpdate"]


@runtime_checkable
class SupportsUpdate(Protocol):
    """Anything with these two methods is an optimiser; `fit` also reads its learning rate, ``lr``, if it has one.

    Vectors are flat, of the network's dtype, and hold the parameters in the order of ``net.parameters``.
    """

    def init(self, parameters: Any) -> Any:
        """Return what the optimiser remembers before its first step."""
        ...

    def update(self, gradient: Any, state: Any, parameters: Any, learning_rate: float) -> None:
        """Take one step: change `parameters` and `state` in place."""
        ...
