"""What every peer can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

from cbp.timing.problems import Array, Problem

__all__ = ["Peer", "Unsupported"]

Offer = TypeVar("Offer")


class Unsupported(Exception):
    """A peer cannot do this workload; the message says what it lacks."""


class Peer(ABC):
    """A problem in the hands of one library.

    The constructor copies the problem's parameters and puts the data where the library wants them, untimed.

    Attributes
    ----------
    optimizers : tuple of str
        The optimisers it has.
    note : str
        Where it computes something else than cbp, what: a footnote of the table. Empty: its step is checked
        against cbp's.
    threaded : bool
        Whether it can use more than one thread.
    """

    optimizers: tuple[str, ...] = ("sgd",)
    note: str = ""
    threaded: bool = True

    def __init__(self, problem: Problem) -> None:
        if problem.optimizer not in self.optimizers:
            raise Unsupported(f"the optimiser {problem.optimizer}")
        self.problem = problem

    @abstractmethod
    def train(self, epochs: int) -> None:
        """Train and wait for the end: each epoch in a new order, its batches gathered, its cost computed."""

    @abstractmethod
    def parameters(self) -> list[tuple[Array, Array]]:
        """(W, b) of layers 2 .. L as they are now, in the problem's shapes."""

    def predictor(self, X: Array) -> Callable[[], object]:
        """A call that computes a^L of `X`, (n, N_1) or (N_1,); X is made the library's own now."""
        raise Unsupported("inference")

    def choose(self, name: str, offers: Mapping[str, Offer]) -> Offer:
        """What the library has under the name of an activation or cost."""
        if name not in offers:
            raise Unsupported(name)
        return offers[name]
