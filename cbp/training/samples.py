"""Checked data to learn from or to measure on, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs
from ..metrics import Answers

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Samples", "parts"]


class Samples:
    """n samples: X, targets as a matrix or as labels, weights.

    Attributes
    ----------
    X : (n, N_1) array
    y : (n, N_L) array or None
    labels : (n,) int64 array or None
        One of `y` and `labels` is there.
    weights : (n,) array or None
        With those of the classes.
    sample_weights : (n,) array or None
        Without them.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray | None,
        labels: np.ndarray | None,
        weights: np.ndarray | None,
        sample_weights: np.ndarray | None,
    ) -> None:
        self.X, self.y, self.labels, self.weights, self.sample_weights = X, y, labels, weights, sample_weights

    @classmethod
    def checked(
        cls,
        net: Network,
        X: ArrayLike,
        targets: ArrayLike,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[int, float] | str | None = None,
    ) -> Samples:
        """What users pass in, ready for the network; ValueError or TypeError if it is not fit for it."""
        X, one = inputs.as_samples(X, net.sizes[0], net.dtype)
        y, labels = inputs.as_targets(targets, len(X), net.sizes[-1], net.dtype, net.cost_function.spec, one)
        weights = own = inputs.as_weights(sample_weight, len(X), net.dtype)
        if class_weight is not None:
            each = inputs.as_class_weights(class_weight, labels, net.sizes[-1], net.dtype)
            weights = each if weights is None else weights * each
        return cls(X, y, labels, weights, own).weighted("the samples")

    def __len__(self) -> int:
        return len(self.X)

    def split(self, fraction: float, seed: int) -> tuple[Samples, Samples]:
        """(the rest, a held-out `fraction`), drawn by `seed`."""
        held = round(fraction * len(self)) if 0 < fraction < 1 else 0
        if not 0 < held < len(self):
            raise ValueError(
                f"validation: expected a fraction that leaves samples on both sides, got {fraction!r} of "
                f"{len(self)} samples"
            )
        order = np.random.default_rng(seed).permutation(len(self))
        rest, held_out = self.take(np.sort(order[held:])), self.take(np.sort(order[:held]))
        return rest.weighted("the samples to learn from"), held_out.weighted("the held-out samples")

    def take(self, rows: np.ndarray) -> Samples:
        """These rows of it."""
        others = (self.y, self.labels, self.weights, self.sample_weights)
        return Samples(self.X[rows], *(None if x is None else x[rows] for x in others))

    def weighted(self, which: str) -> Samples:
        """Itself; ValueError if no sample has any weight."""
        if self.weights is not None and not self.weights.any():
            raise ValueError(f"sample_weight, class_weight: expected a weight above 0 among {which}, all are 0")
        return self

    def costs(self, net: Network) -> np.ndarray:
        """C of each."""
        return net._costs(self.X, inputs.dense(self.y, self.labels, net.sizes[-1], net.dtype, net.cost_function.spec))

    def answers(self, net: Network) -> Answers:
        """The outputs beside the targets; weights of classes do not count there."""
        targets = self.labels if self.y is None else self.y
        assert targets is not None
        return Answers(net._outputs(self.X), targets, self.sample_weights)


def parts(validation: Any) -> tuple[ArrayLike, ArrayLike, ArrayLike | None]:
    """X, targets and weights of validation data; TypeError if it is none."""
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        got = " ".join(f"{validation!r:.80}".split())
        raise TypeError(
            f"validation: expected a fraction such as 0.2, (X, targets), or (X, targets, weights); got {got}"
        )
    return validation[0], validation[1], validation[2] if len(validation) == 3 else None
