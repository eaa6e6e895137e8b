"""`fit` against loops written out: gradients from JAX, steps from the optimisers' papers and torch.optim."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import drawn_networks
import numpy as np
import pytest
from drawn_networks import Drawn
from jax_network import UNITS, padded
from update_rules import Array, Rule, adam, gradient_descent, heavy_ball, nesterov

import cbp

EPOCHS, BATCH = 4, 7
SOURCES = ["papers", "torch"] if find_spec("torch") else ["papers"]  # torch is welcome, not needed

OPTIMIZERS: dict[str, tuple[Any, Callable[[], Rule]]] = {
    "sgd": (cbp.SGD(lr=0.002), lambda: gradient_descent(0.002)),
    "momentum": (cbp.SGD(lr=0.002, momentum=0.9), lambda: heavy_ball(0.002, 0.9)),
    "nesterov": (cbp.SGD(lr=0.002, momentum=0.9, nesterov=True), lambda: nesterov(0.002, 0.9)),
    "adam": (cbp.Adam(lr=0.01), lambda: adam(0.01, 0.9, 0.999, 1e-8)),
}

SMOOTH = {"tanh", "logistic", "softplus", "gelu", "silu", "softmax", "identity", "sin", "mish"}
DRAWN = [
    d
    for d in drawn_networks.networks()
    if {name for name, _ in d.net.sigmas} <= SMOOTH and max(d.net.sizes) * len(d.X) > 100
][:8]

every_network = pytest.mark.parametrize("d", DRAWN, ids=[f"{i}-{d}" for i, d in enumerate(DRAWN)])


def built(d: Drawn, dtype: str) -> cbp.Network:
    sigmas = [cbp.activation(name, **params) for name, params in d.net.sigmas]
    name, params = d.net.cost
    net = cbp.Network(
        d.net.sizes,
        sigmas[1:],
        input_activation=sigmas[0],
        cost=cbp.cost(name, **params),
        reduction=d.net.reduction,
        dtype=dtype,
    )
    net.parameters = flat(d, d.W, d.b)
    return net


def flat(d: Drawn, Ws: Any, bs: Any) -> Array:
    """Padded or plain W^l and b^l in the layout of ``net.parameters``."""
    blocks = []
    for (n_in, n_out), W, b in zip(zip(d.net.sizes, d.net.sizes[1:], strict=False), Ws, bs, strict=True):
        blocks += [np.asarray(W)[:n_out, :n_in].T.ravel(), np.asarray(b)[:n_out]]
    return np.concatenate(blocks)


def padded_theta(d: Drawn, theta: Array) -> list[tuple[Array, Array]]:
    found, start = [], 0
    for n_in, n_out in zip(d.net.sizes, d.net.sizes[1:], strict=False):
        W, b = np.split(theta[start : start + (n_in + 1) * n_out], [n_in * n_out])
        found.append((padded(W.reshape(n_in, n_out).T, UNITS, UNITS), padded(b, UNITS)))
        start += (n_in + 1) * n_out
    return found


def looped(d: Drawn, step: Rule) -> Array:
    """The parameters after EPOCHS epochs of steps along JAX's gradient, in order."""
    theta = flat(d, d.W, d.b)
    X, y, weights = d.data
    rows = np.arange(len(X))
    for start in [*range(0, len(d.X), BATCH)] * EPOCHS:
        batch = weights * ((rows >= start) & (rows < start + BATCH))  # the others weigh nothing
        gradient, _ = d.net.gradient(padded_theta(d, theta), X, y, batch)
        theta = step(theta, flat(d, *zip(*gradient, strict=True)))
    return theta


def torch_rule(name: str, theta: Array) -> Rule:
    """torch.optim's step."""
    import torch

    point = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    optimizer = {
        "sgd": lambda: torch.optim.SGD([point], lr=0.002),
        "momentum": lambda: torch.optim.SGD([point], lr=0.002, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD([point], lr=0.002, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam([point], lr=0.01),
    }[name]()

    def step(theta: Array, g: Array) -> Array:
        point.grad = torch.tensor(g)
        optimizer.step()
        return np.asarray(point.detach().numpy().copy())

    return step


@every_network
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("source", SOURCES)
def test_training_takes_the_right_steps_along_jaxs_gradient(d: Drawn, name: str, source: str) -> None:
    optimizer, rule = OPTIMIZERS[name]
    begin = flat(d, d.W, d.b)
    want = looped(d, rule() if source == "papers" else torch_rule(name, begin))
    moved = np.abs(want - begin).max()
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-3)):
        net = built(d, dtype)
        net.fit(
            d.X,
            d.targets,
            epochs=EPOCHS,
            batch_size=BATCH,
            optimizer=optimizer,
            shuffle=False,
            sample_weight=d.weights,
        )
        assert np.abs(net.parameters - want).max() <= tolerance * moved
