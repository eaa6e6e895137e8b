"""Optimisers that are not compiled: the core calls them once a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .protocol import SupportsUpdate

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["InPython"]


class InPython:
    """A step of an optimiser on a network's parameters, as the core calls it.

    A step that raises changes nothing, and frozen layers stay as they are, whatever the optimiser does.

    Attributes
    ----------
    state : object
        What the optimiser's `init` returned.
    whole : bool
        Whether no update was broken off in its middle.
    """

    def __init__(self, optimizer: SupportsUpdate, net: Network) -> None:
        self._optimizer: Any = optimizer
        self._theta = net.parameters
        self._before = np.empty_like(net.parameters)
        self._frozen = [_stretch(net, l) for l in net.frozen]
        self.state, self.whole = optimizer.init(self._theta.copy()), True

    def __call__(self, gradient: np.ndarray, rate: float) -> None:
        """Take one step."""
        self._before[...] = self._theta
        self.whole = False
        try:
            answer = self._optimizer.update(gradient, self.state, self._theta, rate)
            if answer is not None:
                name = type(self._optimizer).__name__
                raise TypeError(f"update of the optimizer {name}: expected it to change the parameters and return None")
        except BaseException:
            self._theta[...] = self._before
            raise
        for frozen in self._frozen:
            self._theta[frozen] = self._before[frozen]
        self.whole = True


def _stretch(net: Network, l: int) -> slice:
    """Where W^l and b^l lie in the parameters."""
    W, b = net._plan.offsets(l)
    return slice(W, b + net.sizes[l - 1])
