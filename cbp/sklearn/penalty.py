"""What an estimator adds to the loss of so many samples: its penalties of the weights."""

from __future__ import annotations

import numpy as np

from ..network import Network

__all__ = ["Penalty"]


class Penalty:
    """½·alpha·ΣW² + l1·Σ|W| over the W that learn, which scikit-learn divides by the samples' weight.

    Parameters
    ----------
    net : Network
    alpha, l1 : float

    Attributes
    ----------
    blocks : list of slice
        Where these W lie in the parameters.
    """

    def __init__(self, net: Network, alpha: float, l1: float = 0.0) -> None:
        self.alpha, self.l1 = alpha, l1
        self.blocks = [slice(*net._plan.offsets(l)) for l in net.W if l not in net.frozen]

    def __call__(self, theta: np.ndarray) -> float:
        """Of these parameters."""
        blocks = [theta[block] for block in self.blocks] if self.alpha or self.l1 else []
        found = 0.5 * self.alpha * sum(float(W.dot(W)) for W in blocks)
        return found + self.l1 * sum(float(np.abs(W).sum()) for W in blocks) if self.l1 else found
