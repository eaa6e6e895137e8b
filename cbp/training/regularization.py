"""What `Network.fit` does against overfitting, beside its optimiser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from ..constants import check_at_least_0, check_positive, check_rate

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Regularization"]


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """The options of `Network.fit` that regularise, checked; what none of them asks for costs nothing.

    In a step they come in this order: `input_noise`, `dropout`, the gradient of E with its penalties, `clip_value`,
    `clip_norm`, the optimiser's step, `max_norm`, `ema`. The weights of frozen layers take no part in any of them.

    Parameters
    ----------
    l1, l2 : float
        E has l1·Σ|W| + ½·l2·ΣW² added, over the weights of the layers that learn and not their biases. The
        gradient is l1·sign(W) + l2·W, with 0 where W is.
    dropout : float, sequence of float, or mapping of layer to float
        The probability p in [0, 1) that a unit's a is replaced by 0 in a step; the others are divided by 1 - p. A
        number is for each hidden layer, a sequence has one for each, and a mapping names layers 1 .. L-1, of which
        1 is the input.
    input_noise : float
        The standard deviation of normal noise that is added to the input in a step.
    max_norm : float, optional
        After a step, the weights into a unit that are longer than this are shortened to it.
    clip_value : float, optional
        Numbers of the gradient beyond ±clip_value become that.
    clip_norm : float, optional
        A gradient with a larger norm, over all layers together, is shortened to this one.
    ema : float, optional
        d in [0, 1): keep the mean of the parameters after each step, in which those of k steps ago weigh d^k.

    Raises
    ------
    ValueError
        A number out of range.
    """

    l1: float = 0.0
    l2: float = 0.0
    dropout: float | Sequence[float] | Mapping[int, float] = 0.0
    input_noise: float = 0.0
    max_norm: float | None = None
    clip_value: float | None = None
    clip_norm: float | None = None
    ema: float | None = None

    def __post_init__(self) -> None:
        check_at_least_0(l1=self.l1, l2=self.l2, input_noise=self.input_noise)
        if self.ema is not None:
            check_rate(ema=self.ema)
        for name in ("max_norm", "clip_value", "clip_norm"):
            if getattr(self, name) is not None:
                check_positive(**{name: getattr(self, name)})

    def rates(self, L: int) -> tuple[float, ...]:
        """The probabilities p_1 .. p_L with which units of each layer are dropped.

        Raises
        ------
        ValueError
            One that is none, or of a layer that drops nothing.
        TypeError
            Not in one of the three forms.
        """
        given = _by_layer(self.dropout, L)
        for l, p in given.items():
            if l not in range(1, L):
                raise ValueError(
                    f"dropout: expected layers 1 (the input) to {L - 1}, got {l!r}; nothing of the output is dropped"
                )
            check_rate(**{f"dropout of layer {l}": p})
        return tuple(float(given.get(l, 0.0)) for l in range(1, L + 1))

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
            penalty += self.l1 * float(np.abs(W).sum()) + 0.5 * self.l2 * float(np.square(W).sum())
        return penalty


def _by_layer(dropout: Any, L: int) -> Mapping[Any, float]:
    """Layers of a network of L layers to probabilities."""
    if isinstance(dropout, Mapping):
        return dropout
    if isinstance(dropout, Real):
        check_rate(dropout=dropout)
        return dict.fromkeys(range(2, L), float(dropout))
    if isinstance(dropout, str) or not isinstance(dropout, Sequence | np.ndarray):
        raise TypeError(
            f"dropout: expected a number, one for each hidden layer, or {{layer: number}}; got {dropout!r:.80}"
        )
    if len(dropout) != L - 2:
        raise ValueError(
            f"dropout: expected a number for each of the {L - 2} hidden layers, got {len(dropout)}; "
            "{1: 0.2} is for the input"
        )
    return dict(enumerate(dropout, start=2))


def weights_that_learn(net: Network) -> list[slice]:
    """Where each W^l that is not frozen lies in the parameters."""
    return [slice(*net._plan.offsets(l)) for l in net.W if l not in net.frozen]
