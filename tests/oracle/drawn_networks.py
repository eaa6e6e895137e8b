"""Random networks with random data: every activation and cost that go together, sizes that leave remainders.

What is drawn fits float32, so that one answer of JAX serves both number types. Weights are scaled to keep z
moderate, and a network is drawn again if one of its z lies so near a kink that rounding to float32 could
carry it across.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax_network import COSTS, SAMPLES, SIGMAS, UNITS, Choice, JaxNetwork, padded

N_NETWORKS = 330
EDGES = [1, 2, 3, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 70]
REACH = {"any": 0, "positive": 1, "unit": 2}  # a in (0, 1) is positive, and any
LARGEST_Z = 4.0
MARGIN = 3e-5

Array = Any


@dataclass(frozen=True, repr=False)
class Drawn:
    """One network with its data; `targets` is what cbp gets, `y` the same as a matrix."""

    net: JaxNetwork
    kind: str
    W: list[Array]
    b: list[Array]
    X: Array
    targets: Array
    y: Array
    weights: Array | None

    def __str__(self) -> str:
        sizes = "-".join(map(str, self.net.sizes))
        names = "-".join(name for name, _ in self.net.sigmas)
        return f"{sizes}-{names}-{self.net.cost[0]}-{self.kind}"

    @cached_property
    def theta(self) -> list[tuple[Array, Array]]:
        return [(padded(W, UNITS, UNITS), padded(b, UNITS)) for W, b in zip(self.W, self.b, strict=True)]

    @cached_property
    def data(self) -> tuple[Array, Array, Array]:
        weights = np.ones(len(self.X)) if self.weights is None else self.weights
        return padded(self.X, SAMPLES, UNITS), padded(self.y, SAMPLES, UNITS), padded(weights, SAMPLES)


def in_float32(x: Array) -> Array:
    return np.asarray(x, np.float32).astype(np.float64)


def pairs() -> Iterator[tuple[str, str]]:
    """Every output activation with every cost that is defined on its range."""
    for cost, C in COSTS.items():
        for name, sigma in SIGMAS.items():
            if REACH[sigma.answers] >= REACH[C.takes]:
                yield name, cost


def wanted() -> Iterator[tuple[str, str, str]]:
    """(output activation, cost, kind of targets): every pair, then the canonical ones with every kind."""
    for name, cost in pairs():
        yield name, cost, COSTS[cost].targets[0]
    while True:
        for cost, C in COSTS.items():
            for kind in C.targets:
                yield C.canonical or "identity", cost, kind


def networks() -> list[Drawn]:
    rng = np.random.default_rng(20200106)
    return [
        draw(np.random.default_rng(rng.integers(2**63)), i, *want)
        for i, want in enumerate(islice(wanted(), N_NETWORKS))
    ]


def draw(rng: np.random.Generator, i: int, output: str, cost: str, kind: str) -> Drawn:
    """The i-th network: hidden and input activations take turns, so that none is left out."""
    while True:
        sizes = [size(rng, UNITS) for _ in range(rng.integers(2, 7))]
        if SIGMAS[output].rowwise or kind == "labels":
            sizes[-1] = max(sizes[-1], 2)
        names = list(SIGMAS)
        hidden = [names[(i + k * 7) % len(names)] for k in range(len(sizes) - 2)]
        first = "identity" if rng.random() < 0.5 else names[i % len(names)]
        sigmas = [choose(rng, name, SIGMAS[name]) for name in (first, *hidden, output)]
        net = JaxNetwork(sizes, sigmas, choose(rng, cost, COSTS[cost]), str(rng.choice(["mean", "sum"])))
        drawn = with_data(rng, net, kind)
        if drawn is not None:
            return drawn


def size(rng: np.random.Generator, largest: int) -> int:
    edges = [n for n in EDGES if n <= largest]
    return int(rng.choice(edges) if rng.random() < 0.6 else rng.integers(1, largest + 1))


def choose(rng: np.random.Generator, name: str, what: Any) -> Choice:
    return name, what.default if rng.random() < 0.5 else what.other


def with_data(rng: np.random.Generator, net: JaxNetwork, kind: str) -> Drawn | None:
    """Parameters and data for `net`, or None if they come too near a kink."""
    n = size(rng, SAMPLES)
    X = in_float32(rng.normal(size=(n, net.sizes[0])))
    a, margin, W, b = passed(net, 1, X), distance(net, 1, X), [], []
    for l in range(2, len(net.sizes) + 1):
        n_in, n_out = net.sizes[l - 2 : l]
        W_l, b_l = rng.normal(size=(n_out, n_in)) / np.sqrt(n_in), 0.3 * rng.normal(size=n_out)
        scale = min(1.0, LARGEST_Z / np.abs(a @ W_l.T + b_l).max())
        W.append(in_float32(scale * W_l))
        b.append(in_float32(scale * b_l))
        z = a @ W[-1].T + b[-1]
        margin = min(margin, distance(net, l, z))
        a = passed(net, l, z)
    given, y = targets(rng, net, kind, n)
    kink = COSTS[net.cost[0]].kink
    if kink is not None:
        margin = min(margin, float(np.abs(kink(a, y)).min()))
    weights = in_float32(rng.integers(0, 4, n) + rng.random(n)) if rng.random() < 0.4 else None
    return Drawn(net, kind, W, b, X, given, y, weights) if margin > MARGIN else None


def passed(net: JaxNetwork, l: int, z: Array) -> Array:
    """a^l."""
    full = padded(z, SAMPLES, UNITS)
    return np.asarray(net.sigma(l, jnp.asarray(full)))[: z.shape[0], : z.shape[1]]


def distance(net: JaxNetwork, l: int, z: Array) -> float:
    """How near z^l comes to a kink of its σ."""
    return min((float(np.abs(z - kink).min()) for kink in SIGMAS[net.sigmas[l - 1][0]].kinks), default=np.inf)


def targets(rng: np.random.Generator, net: JaxNetwork, kind: str, n: int) -> tuple[Array, Array]:
    """(what cbp is given, the same as a matrix)."""
    N = net.sizes[-1]
    off, on = COSTS[net.cost[0]].labels
    labels = rng.integers(0, N, n)
    rows = np.full((n, N), off)
    rows[np.arange(n), labels] = on
    if kind == "labels":
        return labels, rows
    y = {
        "one-hot": rows,
        "real": rng.normal(size=(n, N)),
        "counts": rng.poisson(2.0, size=(n, N)),
        "signs": rng.choice([-1.0, 1.0], size=(n, N)),
        "multi-label": rng.choice([0.0, 1.0], size=(n, N)),
        "soft": rng.dirichlet(np.ones(N), size=n),
    }[kind]
    return in_float32(y), in_float32(y)
