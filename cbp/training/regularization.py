"""What `Network.fit` does against overfitting, beside its optimiser: penalties, clipping, and bounds on the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..constants import check_at_least_0, check_positive

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Regularization"]


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """The options of `Network.fit` that regularise, checked; what none of them asks for costs nothing.

    In a step they come in this order: the gradient of E with its penalties, `clip_value`, `clip_norm`, the
    optimiser's step, `max_norm`. Frozen layers take no part in any of them.

    Parameters
    ----------
    l1, l2 : float
        E has l1·Σ|W| + ½·l2·ΣW² added, over the weights of the layers that learn and not their biases. The
        gradient is l1·sign(W) + l2·W, with 0 where W is.
    max_norm : float, optional
        After a step, the weights into a unit that are longer than this are shortened to it.
    clip_value : float, optional
        Numbers of the gradient beyond ±clip_value become that.
    clip_norm : float, optional
        A gradient with a larger norm, over all layers together, is shortened to this one.

    Raises
    ------
    ValueError
        A number out of range.
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float | None = None
    clip_value: float | None = None
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        check_at_least_0(l1=self.l1, l2=self.l2)
        for name in ("max_norm", "clip_value", "clip_norm"):
            if getattr(self, name) is not None:
                check_positive(**{name: getattr(self, name)})

    def penalize(self, net: Network, theta: np.ndarray, gradient: np.ndarray) -> float:
        """Add the penalties' gradient to that of E.

        Parameters
        ----------
        net : Network
            Says where the weights lie that learn.
        theta : (n_parameters,) array
        gradient : (n_parameters,) array
            Changed in place.

        Returns
        -------
        float
            l1·Σ|W| + ½·l2·ΣW².
        """
        penalty = 0.0
        for block in weights_that_learn(net):
            W = theta[block]
            gradient[block] += self.l1 * np.sign(W) + self.l2 * W
            penalty += self.l1 * float(np.abs(W).sum()) + 0.5 * self.l2 * float(W.dot(W))
        return penalty


def weights_that_learn(net: Network) -> list[slice]:
    """Where each W^l that is not frozen lies in the parameters."""
    return [slice(*net._plan.offsets(l)) for l in net.W if l not in net.frozen]
