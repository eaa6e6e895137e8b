"""A problem in cbp's hands."""

from __future__ import annotations

import inspect
from typing import Any

from ..network import Network
from ..optimizers import SGD, Adam
from .problems import Problem

__all__ = ["Training"]


def _optimizer(name: str, rate: float) -> SGD | Adam:
    return Adam(rate) if name == "adam" else SGD(rate, momentum=0.9 if name == "momentum" else 0.0)


class Training:
    """One network, `fit` again and again.

    Attributes
    ----------
    net : Network
    """

    threaded = "threads" in inspect.signature(Network.fit).parameters

    def __init__(self, problem: Problem) -> None:
        w = problem.workload
        self.net = Network(w.sizes, w.activation, cost=w.cost, dtype=problem.dtype)
        self._problem = problem
        self._optimizer = _optimizer(problem.optimizer, problem.rate)
        self._threads: dict[str, Any] = {"threads": problem.threads} if self.threaded else {}
        for l, (W, b) in enumerate(problem.parameters, start=2):
            self.net.W[l][...], self.net.b[l][...] = W.T, b

    def train(self, epochs: int) -> None:
        """Run so many epochs."""
        self.net.fit(
            self._problem.X, self._problem.targets, epochs=epochs, batch_size=self._problem.workload.batch,
            optimizer=self._optimizer, **self._threads,
        )  # fmt: skip
