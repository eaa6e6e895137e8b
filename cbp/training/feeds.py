"""How the samples of an epoch come into the core, in their order: all at once where they are in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from ..core.epoch import Epochs
    from .samples import Samples

__all__ = ["Feed", "Whole"]

LOOKED_AT = 64  # samples, for a checksum that tells other data


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

    def settings(self) -> dict[str, Any]:
        """What must be the same for a training that is resumed, as JSON can hold it."""
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

    def settings(self) -> dict[str, Any]:
        """As `Feed.settings`."""
        samples = self._samples.take(np.linspace(0, len(self._samples) - 1, LOOKED_AT).astype(np.intp))
        parts = (samples.X, samples.y, samples.labels, samples.weights)
        seen = crc32(b"".join(part.tobytes() for part in parts if part is not None))
        return {
            "batch_size": self.batch_size,
            "shuffle": self._shuffle,
            "samples": len(self._samples),
            "checksum of some samples": f"{seen:08x}",
        }
