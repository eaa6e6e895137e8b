"""PyTorch, eager: `nn.Sequential`, autograd, and its optimisers in their foreach form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.peers.peer import Peer
from cbp.timing.problems import Array, Problem

__all__ = ["TorchEager"]

ACTIVATIONS: dict[str, Any] = {
    "identity": nn.Identity, "logistic": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU,
    "silu": nn.SiLU, "softplus": nn.Softplus, "elu": nn.ELU,
}  # fmt: skip
COSTS: dict[str, Callable[..., Any]] = {
    "quadratic": lambda a, y: F.mse_loss(a, y, reduction="sum") * (0.5 / len(y)),
    "squared_error": lambda a, y: F.mse_loss(a, y, reduction="sum") * (1 / len(y)),
    "cross_entropy": F.cross_entropy,
}
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": torch.optim.SGD, "momentum": partial(torch.optim.SGD, momentum=0.9), "adam": torch.optim.Adam,
}  # fmt: skip


class TorchEager(Peer):
    """An epoch is gathered at once and cut into batches, which are views.

    The last σ is left out where the cost is the cross-entropy, which PyTorch computes from z^L.
    """

    optimizers = tuple(OPTIMIZERS)

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        torch.set_num_threads(problem.threads)
        self._sigma = self.choose(problem.workload.activation, ACTIVATIONS)
        self._cost = self.choose(problem.workload.cost, COSTS)
        self._linear = [self._layer(W, b) for W, b in problem.parameters]
        layers = [layer for linear in self._linear for layer in (linear, self._sigma())]
        self._net = nn.Sequential(*layers[:-1] if problem.labels else layers)
        self._X, self._y = torch.from_numpy(problem.X), torch.from_numpy(problem.targets)
        self._optimizer = OPTIMIZERS[problem.optimizer](self._net.parameters(), lr=problem.rate, foreach=True)

    def _layer(self, W: Array, b: Array) -> Any:
        layer = nn.Linear(*W.shape)
        layer.weight, layer.bias = nn.Parameter(torch.tensor(W.T.copy())), nn.Parameter(torch.tensor(b))
        return layer

    def step(self, x_B: Any, y_B: Any) -> Any:
        """Forward, backward, update; returns the batch's cost."""
        self._optimizer.zero_grad(set_to_none=True)
        cost = self._cost(self._net(x_B), y_B)
        cost.backward()
        self._optimizer.step()
        return cost.detach()

    def train(self, epochs: int) -> None:
        """As `Peer.train`."""
        n, batch = len(self._X), self.problem.workload.batch
        for _ in range(epochs):
            order = torch.randperm(n)
            batches = zip(self._X[order].split(batch), self._y[order].split(batch), strict=True)
            torch.stack([self.step(x_B, y_B) for x_B, y_B in batches]).mean().item()

    def parameters(self) -> list[tuple[Array, Array]]:
        """As `Peer.parameters`."""
        return [(layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy()) for layer in self._linear]

    def predictor(self, X: Array) -> Callable[[], object]:
        """As `Peer.predictor`."""
        x, net = torch.from_numpy(X), self._net
        output = nn.Sequential(net, nn.Softmax(dim=-1)) if self.problem.labels else net

        def predict() -> object:
            with torch.inference_mode():
                return output(x)

        return predict
