"""How the samples of an epoch come into the core, in their order: all at once where they are in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np

from ..core.epoch import shuffled
from .mapped import blocks_of

if TYPE_CHECKING:
    from ..core.epoch import Epochs
    from .samples import Samples

__all__ = ["Feed", "Parts", "Whole"]

LOOKED_AT = 64  # samples, for a checksum that tells other data
NEIGHBOURS, MIXED = 256, 64  # samples in a block, and blocks that are mixed with each other


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
    again : bool
        Whether an epoch can be begun again, as a training that is resumed does.
    """

    batch_size: int
    batches: int | None
    seen: int
    again: bool

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
    shuffle : bool or ``"blocks"``
        Whether each epoch takes the samples in an order of its own; in blocks, neighbours come close to one another.
    seed : int
        Of the orders.
    """

    again = True

    def __init__(self, samples: Samples, batch_size: int, shuffle: bool | str, seed: int) -> None:
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
        if self._shuffle == "blocks":
            epochs.arrange(self._order(number))
        elif self._shuffle:
            epochs.shuffle(self._seed, number)
        assert self.batches is not None
        yield self.batches - batch

    def _order(self, number: int) -> np.ndarray:
        """In which epoch `number` takes the samples."""
        if self._shuffle == "blocks":
            return shuffled_in_blocks(self.seen, self._seed, number)
        return shuffled(self.seen, self._seed, number) if self._shuffle else np.arange(self.seen)

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


class Parts(Whole):
    """Samples in a file: some batches at once, read in the order of the file; the same bits as from memory."""

    def parts(self, epochs: Epochs, number: int, batch: int) -> Iterator[int]:
        """As `Feed.parts`."""
        order = self._order(number)[batch * self.batch_size :]
        for part in blocks_of(len(order), self._samples.bytes_of_a_row, self.batch_size):
            samples = self._samples.take(order[part])
            epochs.feed(samples.X, samples.y, samples.labels, samples.weights)
            yield -(-len(samples) // self.batch_size)


def shuffled_in_blocks(n: int, seed: int, number: int) -> np.ndarray:
    """An order in which to read n samples that goes through a file in blocks: an (n,) intp array.

    Blocks of `NEIGHBOURS` samples come in an order of their own, and each `MIXED` of them that follow are mixed.
    """
    blocks = shuffled(-(-n // NEIGHBOURS), seed, number)
    order = []
    for k, start in enumerate(range(0, len(blocks), MIXED), start=1):
        firsts = blocks[start : start + MIXED] * NEIGHBOURS
        rows = np.concatenate([np.arange(first, min(first + NEIGHBOURS, n)) for first in firsts])
        order.append(rows[shuffled(len(rows), seed, number + (k << 32))])
    return np.concatenate(order)
