"""E over all the samples as a function of the parameters: what full-batch optimisers minimise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..core.epoch import Epochs, NotFinite
from ..core.memory import aligned
from ..optimizers.full_batch import Point

if TYPE_CHECKING:
    from ..network import Network
    from .feeds import Feed
    from .regularization import Regularization

__all__ = ["Objective", "rounded"]

ROWS = 1024  # samples the core takes at once: enough to share between threads, few enough to stay in cache


class Objective:
    """E with its penalties, and its gradient; the network's own parameters stay as they are.

    Parameters
    ----------
    net : Network
    feed : Feed
        Gives the samples, batches of ROWS.
    threads : int
        At most so many; the result has the same bits for any number.
    regularization : Regularization
        Its penalties.

    Attributes
    ----------
    evaluations : int
        How often it was called.
    trouble : NotFinite or None
        Where the newest cost was not finite.
    """

    def __init__(self, net: Network, feed: Feed, threads: int, regularization: Regularization) -> None:
        self._net, self._feed, self._regularization = net, feed, regularization
        self.evaluations = 0
        self.trouble: NotFinite | None = None
        self._theta = aligned(net.n_parameters, net.dtype)
        self._epochs = Epochs(
            net._plan,
            self._theta,
            np.array(net.cost_function.spec.labels, dtype=net.dtype),
            feed.batch_size,
            "sum",
            np.empty(0),
            np.empty((0, net.n_parameters), net.dtype),
            threads,
        )

    def __call__(self, theta: np.ndarray) -> Point:
        """E and its gradient at `theta`, rounded to the network's dtype."""
        self.evaluations += 1
        theta = rounded(theta, self._theta)
        self.trouble = None
        try:
            self._pass()
        except NotFinite as stop:
            self.trouble = stop
            return Point(theta, math.inf, np.zeros_like(theta), math.inf)
        mean = self._epochs.cost / self._epochs.weight
        scale = 1 / self._epochs.weight if self._net.reduction == "mean" else 1.0
        gradient = scale * self._epochs.gradient.astype(np.float64)
        cost = scale * self._epochs.cost + self._regularization.penalize(self._net, theta, gradient)
        return Point(theta, cost if np.isfinite(gradient).all() else math.inf, gradient, mean)

    def _pass(self) -> None:
        """Σ w·C, Σ w·δC/δθ and Σ w over all samples."""
        self._epochs.begin()
        for batches in self._feed.parts(self._epochs, 0, 0):
            self._epochs.run(np.zeros(batches))


def rounded(theta: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Write `theta` into `out`; what `out` then holds, in float64."""
    with np.errstate(over="ignore"):
        out[...] = theta
    return out.astype(np.float64)
