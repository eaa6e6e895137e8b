"""Checked data to learn from or to measure on: in memory, or left in a file and read when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs
from ..metrics import Answers
from .mapped import Mapped, as_rows, blocks_of, in_file

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Samples", "parts"]


class Samples:
    """n samples: X, targets as a matrix or as labels, weights.

    Attributes
    ----------
    X : (n, N_1) array or Mapped
    y : (n, N_L) array, Mapped or None
    labels : (n,) int64 array or None
        One of `y` and `labels` is there.
    weights : (n,) array or None
        With those of the classes.
    sample_weights : (n,) array or None
        Without them.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
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
        weightless: bool = False,
        later: bool = False,
    ) -> Samples:
        """What users pass in, ready for the network; ValueError or TypeError if it is not fit for it.

        Where it may be `weightless`, as one batch of many, all weights of it may be 0. Whether every number of X is
        finite may be found out `later`, if there is nothing else to do with X.
        """
        ready = _as_it_is if later and _is_ready(X, net.dtype) else as_rows
        X, one = inputs.as_samples(X, net.sizes[0], net.dtype, ready)
        y, labels = inputs.as_targets(targets, len(X), net.sizes[-1], net.dtype, net.cost_function.spec, one, as_rows)
        weights = own = inputs.as_weights(sample_weight, len(X), net.dtype, weightless)
        if class_weight is not None:
            each = inputs.as_class_weights(class_weight, labels, net.sizes[-1], net.dtype)
            weights = each if weights is None else weights * each
        samples = cls(X, y, labels, weights, own)
        return samples if weightless else samples.weighted("the samples")

    def __len__(self) -> int:
        return len(self.X)

    def look(self) -> None:
        """ValueError if a number of X is not finite."""
        inputs.finite(self.X, self.X.dtype, "X")

    def split(self, fraction: float, seed: int) -> tuple[Samples, Samples]:
        """(the rest, a held-out `fraction`), drawn by `seed`."""
        held = round(fraction * len(self)) if 0 < fraction < 1 else 0
        if not 0 < held < len(self):
            raise ValueError(
                f"validation: expected a fraction that leaves samples on both sides, got {fraction!r} of "
                f"{len(self)} samples"
            )
        order = np.random.default_rng(seed).permutation(len(self))
        rest, held_out = self.part(np.sort(order[held:])), self.part(np.sort(order[:held]))
        return rest.weighted("the samples to learn from"), held_out.weighted("the held-out samples")

    @property
    def in_memory(self) -> bool:
        """Whether all of it is."""
        return not (isinstance(self.X, Mapped) or isinstance(self.y, Mapped))

    def take(self, rows: Any) -> Samples:
        """These rows, by a slice or indices, in memory."""
        return self._each(lambda values: values[rows])

    def part(self, rows: np.ndarray) -> Samples:
        """These rows, in the file where they are in one."""
        return self._each(lambda values: values.part(rows) if isinstance(values, Mapped) else values[rows])

    def _each(self, function: Callable[[Any], Any]) -> Samples:
        all_of_it = (self.X, self.y, self.labels, self.weights, self.sample_weights)
        return Samples(*(None if values is None else function(values) for values in all_of_it))

    def weighted(self, which: str) -> Samples:
        """Itself; ValueError if no sample has any weight."""
        if self.weights is not None and not self.weights.any():
            raise ValueError(f"sample_weight, class_weight: expected a weight above 0 among {which}, all are 0")
        return self

    def costs(self, net: Network, threads: int | None = None) -> np.ndarray:
        """C of each; by at most so many threads."""
        n_out, cost = net.sizes[-1], net.cost_function.spec
        return self._block_by_block(
            net, lambda X, y, labels: net._costs(X, inputs.dense(y, labels, n_out, net.dtype, cost), threads)
        )

    def answers(self, net: Network, threads: int | None = None) -> Answers:
        """The outputs beside the targets; weights of classes do not count there."""
        targets = self.labels if self.y is None else self.y[:]
        assert targets is not None
        outputs = self._block_by_block(net, lambda X, *_: net._outputs(X, threads))
        return Answers(outputs, targets, self.sample_weights)

    def _block_by_block(self, net: Network, function: Callable[..., np.ndarray]) -> np.ndarray:
        """What the function returns for X, y and labels: at once where they are in memory, or else in blocks."""
        if self.in_memory:
            return function(self.X, self.y, self.labels)
        size = self.bytes_of_a_row + net.sizes[-1] * net.dtype.itemsize
        blocks = map(self.take, blocks_of(len(self), size))
        return np.concatenate([function(block.X, block.y, block.labels) for block in blocks])

    @property
    def bytes_of_a_row(self) -> int:
        """Of X and y while they are read."""
        return sum(values.shape[1] * values.itemsize for values in (self.X, self.y) if values is not None)


def _is_ready(values: Any, dtype: np.dtype) -> bool:
    """Whether these are what `as_rows` would return, if every number is finite."""
    if type(values) is not np.ndarray or values.dtype != dtype or in_file(values):
        return False
    return bool(values.flags.c_contiguous and values.flags.aligned)


def _as_it_is(values: ArrayLike, dtype: np.dtype, name: str) -> np.ndarray:
    """In the place of `as_rows`, where they are."""
    return np.asarray(values)


def parts(given: Any, name: str, expected: str) -> tuple[ArrayLike, ArrayLike, ArrayLike | None]:
    """X, targets and weights of what was given; TypeError if it is not what was expected."""
    if not isinstance(given, tuple | list) or len(given) not in (2, 3):
        raise TypeError(f"{name}: expected {expected}; got {' '.join(f'{given!r:.80}'.split())}")
    return given[0], given[1], given[2] if len(given) == 3 else None
