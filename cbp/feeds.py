"""How the samples of an epoch come into the core, in their order: all at once where they are in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .core.epoch import Epochs
    from .samples import Samples

__all__ = ["Feed", "Whole"]


class Feed(Protocol):
    """Where a training takes its samples from.

    Attributes
    ----------
    batch_size : int
        Samples in a batch, or in the largest.
    batches : int or None
        Of an epoch; None where nobody knows.
    seen : int
        Samples of the newest epoch.
    """

    batch_size: int
    batches: int | None
    seen: int

    def parts(self, epochs: Epochs, number: int, batch: int) -> Iterator[int]:
        """Give the core the samples of epoch `number` part by part, from `batch` on; yield each part's batches.

        `number` counts all epochs of the network, `batch` those of this epoch, both from 0.
        """
        ...


class Whole:
    """Samples in memory: one part.

    Parameters
    ----------
    samples : Samples
    batch_size : int
    shuffle : bool
        Whether each epoch takes the samples in an order of its own.
    seed : int
        Of the orders.
    """

    def __init__(self, samples: Samples, batch_size: int, shuffle: bool, seed: int) -> None:
        self._samples, self._shuffle, self._seed = samples, shuffle, seed
        self.seen = len(samples)
        self.batch_size = min(batch_size, len(samples))
        self.batches: int | None = -(-len(samples) // self.batch_size)
        self._fed: Epochs | None = None

    def parts(self, epochs: Epochs, number: int, batch: int) -> Iterator[int]:
        """As `Feed.parts`."""
        if self._fed is not epochs:
            epochs.feed(self._samples.X, self._samples.y, self._samples.labels, self._samples.weights)
            epochs.take_up(batch, epochs.cost, epochs.weight)
            self._fed = epochs
        if self._shuffle:
            epochs.shuffle(self._seed, number)
        assert self.batches is not None
        yield self.batches - batch
