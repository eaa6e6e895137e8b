"""PyTorch, compiled: forward, backward and update of a step are one `torch.compile`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.peers.peer import Unsupported
from benchmarks.peers.torch_eager import TorchEager
from cbp.timing.problems import Array, Problem

__all__ = ["TorchCompile"]


class TorchCompile(TorchEager):
    """As `TorchEager`, with plain gradient descent written out: the compiler fuses it with the rest."""

    optimizers = ("sgd",)

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._weights = list(self._net.parameters())
        self._compiled = torch.compile(self._whole_step, dynamic=False)

    def _whole_step(self, x_B: Any, y_B: Any) -> Any:
        cost = self._cost(self._net(x_B), y_B)
        gradients = torch.autograd.grad(cost, self._weights)
        with torch.no_grad():
            for p, g in zip(self._weights, gradients, strict=True):
                p.sub_(g, alpha=self.problem.rate)
        return cost.detach()

    def step(self, x_B: Any, y_B: Any) -> Any:
        """As `TorchEager.step`."""
        return self._compiled(x_B, y_B)

    def predictor(self, X: Array) -> Callable[[], object]:
        """The eager peer stands for both."""
        raise Unsupported("inference")
