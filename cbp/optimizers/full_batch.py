"""What `fit` asks of an optimiser that looks at all samples at once, and chooses its own step lengths."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

__all__ = ["Point", "SupportsIterate"]


class Point(NamedTuple):
    """Parameters, and what a training thinks of them.

    Attributes
    ----------
    theta : (n,) float64 array
        Numbers that the network's dtype can hold.
    cost : float
        E of all samples, with its penalties; infinite where it or its gradient is not finite.
    gradient : (n,) float64 array
        δE/δθ; 0 for frozen layers.
    mean : float
        The weighted mean of C alone.
    """

    theta: np.ndarray
    cost: float
    gradient: np.ndarray
    mean: float


@runtime_checkable
class SupportsIterate(Protocol):
    """Anything with these two methods is a full-batch optimiser."""

    def init(self, parameters: Any) -> Any:
        """Return what the optimiser remembers before its first iteration."""
        ...

    def iterate(self, objective: Any, here: Any, state: Any) -> tuple[Any, Any, str | None]:
        """Find a better point than `here`.

        Parameters
        ----------
        objective : callable
            ``objective(theta)`` is the `Point` at the parameters `theta`, rounded to the network's dtype.
        here : Point
        state : object
            What `init` or the last iteration returned; it stays as it is, for an iteration may be broken off.

        Returns
        -------
        (Point, object, str or None)
            Where to go on from, what to remember, and, if nothing is left to be gained, why.
        """
        ...
