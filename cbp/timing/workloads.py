"""The networks whose training step is timed, with their costs and batch sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

__all__ = ["NAMED", "Workload"]


@dataclass(frozen=True)
class Workload:
    """One network and the batch it is trained with.

    Parameters
    ----------
    name : str
    sizes : tuple of int
        N_1 .. N_L.
    activation : str
        σ of layers 2 .. L; with ``cross_entropy`` layer L has softmax.
    cost : str
    batch : int
        Samples a step.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    cost: str
    batch: int

    @property
    def output_activation(self) -> str:
        """σ of layer L."""
        return "softmax" if self.cost == "cross_entropy" else self.activation

    def products(self) -> Iterator[tuple[str, int, int, int]]:
        """The matrix products of a step: its name, and M, N, K of (M, K)·(K, N)."""
        B = self.batch
        for l, (I, O) in enumerate(pairwise(self.sizes), start=2):
            yield "forward", B, O, I
            yield "weights", I, O, B
            if l > 2:
                yield "backward", B, I, O

    @property
    def flops(self) -> int:
        """Additions and multiplications of a step's products."""
        return sum(2 * M * N * K for _, M, N, K in self.products())

    @property
    def summary(self) -> str:
        """One line for tables: ``4-16-3 tanh, cross_entropy, batch 16``."""
        return f"{'-'.join(map(str, self.sizes))} {self.activation}, {self.cost}, batch {self.batch}"

    def as_dict(self) -> dict[str, Any]:
        """For a results file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Workload:
        """From a results file."""
        return cls(**{**fields, "sizes": tuple(fields["sizes"])})


NAMED = (
    Workload("iris", (4, 16, 3), "tanh", "cross_entropy", 16),
    Workload("nielsen", (784, 30, 10), "logistic", "quadratic", 10),
    Workload("digits", (64, 100, 10), "relu", "cross_entropy", 32),
    Workload("higgs", (28, 300, 300, 1), "tanh", "quadratic", 100),
    Workload("mnist", (784, 512, 512, 10), "relu", "cross_entropy", 128),
    Workload("wide", (1024, 1024, 1024, 1024), "relu", "quadratic", 256),
)
