"""Batches that somebody else makes: an iterable of (X, targets[, weights]), or a function that gives one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from ..shown import shown
from .samples import Samples, parts

if TYPE_CHECKING:
    from ..core.epoch import Epochs
    from ..network import Network

__all__ = ["Batches", "Source"]

Source: TypeAlias = "Iterable[Any] | Callable[..., Iterable[Any]]"


class Batches:
    """A feed of batches, each of which is a step, whatever its size.

    Parameters
    ----------
    net : Network
    source : iterable of batches, or callable
        It is gone through in each epoch; a callable gives what to go through, and is told the number of the epoch if it
        has a parameter for it.
    batches : int or None
        An epoch ends after so many; by default ``len(source)`` if there is one, or else with the source.
    epochs : int
    class_weight : mapping of label to weight, optional

    Raises
    ------
    TypeError, ValueError
        It gives no batches, or not for so many epochs.
    """

    batch_size = 1  # the core makes room as it sees them

    def __init__(
        self,
        net: Network,
        source: Source,
        batches: int | None,
        epochs: int,
        class_weight: Mapping[int, float] | str | None,
    ) -> None:
        _check(source)
        if class_weight == "balanced":
            raise ValueError("class_weight: expected a weight for each label, for batches do not say how many come")
        self._net, self._source, self._class_weight = net, source, class_weight
        self.again = not isinstance(source, Iterator)
        self.seen, self._ever = 0, False
        self.batches: int | None = batches or (len(source) if isinstance(source, Sized) else None)
        if not self.again and batches is None and epochs > 1:
            raise ValueError(
                f"X: expected batches for {epochs} epochs, got {shown(source)}, which can be gone through once: pass "
                "the function that makes it, or batches_per_epoch="
            )

    def parts(self, epochs: Epochs, number: int, batch: int) -> Iterator[int]:
        """As `Feed.parts`."""
        self.seen = 0
        for k, given in enumerate(islice(self._begin(number), self.batches)):
            samples = self._checked(given, f"batch {k + 1} of epoch {number + 1}")
            if k >= batch:
                epochs.feed(samples.X, samples.y, samples.labels, samples.weights, True)
                yield 1
            self.seen += len(samples)
            if k == batch - 1:
                epochs.take_up(batch, epochs.cost, epochs.weight, self.seen)
        if not self.seen and (self.again or not self._ever):
            raise ValueError(f"X: expected a batch or more for each epoch, got none for epoch {number + 1}")
        self._ever = True

    def settings(self) -> dict[str, Any]:
        """As `Feed.settings`."""
        return {"samples": "batches", "batches": self.batches}

    def _begin(self, number: int) -> Iterator[Any]:
        if isinstance(self._source, Iterable):
            return iter(self._source)
        return iter(self._source(number) if _takes_a_number(self._source) else self._source())

    def _checked(self, given: Any, which: str) -> Samples:
        X, targets, weights = parts(given, which, "(X, targets) or (X, targets, weights)")
        try:
            samples = Samples.checked(self._net, X, targets, weights, self._class_weight, weightless=True)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{which}: {error}") from None
        return samples if samples.in_memory else samples.take(slice(None))


def _check(source: Any) -> None:
    """TypeError unless it gives batches."""
    if hasattr(source, "__array__") or isinstance(source, str | bytes | Mapping):
        raise TypeError(
            "targets: expected real numbers, got None; they are only missing where X is an iterable of batches "
            "(X, targets), or a function that gives one"
        )
    if not (callable(source) or isinstance(source, Iterable)):
        raise TypeError(
            f"X: expected samples, an iterable of batches, or a function that gives one; got {shown(source)}"
        )


def _takes_a_number(function: Callable[..., Any]) -> bool:
    """Whether it has a parameter that must be given, or is called epoch."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C without a signature
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = [each for each in signature.parameters.values() if each.kind in positional]
    return bool(places) and (places[0].default is inspect.Parameter.empty or places[0].name == "epoch")
