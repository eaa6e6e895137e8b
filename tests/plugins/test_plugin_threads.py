"""Names looked up, networks used and trained in many threads at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation, Cost
from cbp.registry import Registry

Code = Callable[..., str]
Run = Callable[..., str]
Distribution = Callable[..., Path]

Parts = tuple[Any, Any, Any]

THREADS = 8


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(function: Callable[[int], Any]) -> list[Any]:
    """``function(i)`` in `THREADS` threads that start together."""
    start = threading.Barrier(THREADS)

    def run(i: int) -> Any:
        start.wait()
        return function(i)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


CUBE = Activation("cube", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)
QUARTIC = Cost("quartic", lambda a, y: ((a - y) ** 4).sum(axis=1), lambda a, y: 4 * (a - y) ** 3)
TIERS = {"compiled": ("tanh", "softmax", "cross_entropy"), "NumPy": (CUBE, "identity", QUARTIC)}
tiers = pytest.mark.parametrize("parts", TIERS.values(), ids=TIERS)


def network(parts: Parts, hidden: int, seed: int) -> cbp.Network:
    activation, output, cost = parts
    return cbp.Network([5, hidden, 3], activation, output, cost, seed=seed)


def test_many_threads_look_up_names_at_once(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    names = [f"act_{i}" for i in range(THREADS)]
    for i, name in enumerate(names):
        distribution(f"plug-{i}", activation_plugin(name, more="import time; time.sleep(0.01)"))
    found = at_once(lambda i: [registry.find("activation", name) for name in names[i:] + names[:i]])
    for i, entries in enumerate(found):
        assert [entry.spec.name for entry in entries] == names[i:] + names[:i]
        assert {id(entry) for entry in entries} == {id(entry) for entry in found[0]}
    assert [sys.modules[f"plug_{i}"].calls for i in range(THREADS)] == [["cbp_activations"]] * THREADS


SLOW_IMPORT = """
import threading
import cbp

found = threading.Thread(target=cbp.activation, args=["slow"])   # this loads slow_plugin ...
import slow_plugin                                               # ... while this thread imports it
found.join(60)
print(found.is_alive())
"""

WHILE_SOMEBODY_SCANS = """
import sys, time
import cbp
sys.modules["__main__"].found.start()
time.sleep(0.3)
cbp.Network([1, 1], activation="tanh", cost="huber")
"""


def test_a_plugin_imported_while_another_thread_loads_it_may_use_built_ins(
    run: Run, distribution: Distribution, activation_plugin: Code
) -> None:
    """Without an embrace: the one waits for the import, the other must not wait for the registry."""
    folder = distribution("slow-plugin", activation_plugin("slow", more=WHILE_SOMEBODY_SCANS)).parent
    assert run(SLOW_IMPORT, folder) == "False\n"


@tiers
def test_one_network_is_used_in_many_threads(parts: Parts) -> None:
    net = network(parts, 17, seed=1)
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(50 * i + 1, 5)) for i in range(THREADS)]
    y = [rng.uniform(size=(len(x), 3)) for x in X]

    def work(i: int) -> list[Any]:
        gradients = net.gradients(X[i], y[i])
        return [net.predict(X[i]), net.cost(X[i], y[i]), gradients.flat, net.activations(X[i])[2]]

    alone = [work(i) for i in range(THREADS)]
    for _ in range(5):
        for got, want in zip(at_once(work), alone, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(got, want, strict=True))


@tiers
def test_networks_train_in_many_threads(parts: Parts) -> None:
    """Networks of their own, but sharing their activations and cost."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 5)), rng.uniform(size=(200, 3))

    def work(i: int) -> np.ndarray:
        net = network(parts, 9, seed=i)
        net.fit(X, y, epochs=3, batch_size=10, optimizer=cbp.Adam(lr=1e-3))
        return net.parameters

    alone = [work(i) for i in range(THREADS)]
    for got, want in zip(at_once(work), alone, strict=True):
        assert np.array_equal(got, want)


def test_each_thread_gets_its_own_exception() -> None:
    """Every other thread trains, which does without the GIL, where the others predict."""

    def forward(z: np.ndarray) -> np.ndarray:
        if z[0, 0] >= 0:
            raise ValueError(int(z[0, 0]))
        return z

    picky = Activation("picky", forward=forward, derivative=lambda z, a: np.ones_like(z))
    net = cbp.Network([1, 1, 1], activation=[picky, "identity"], init="zeros", dtype="float64")
    net.W[2] = [[1.0]]
    note = "raised while computing 'picky' of layer 2"

    def work(i: int) -> list[bool]:
        answers = []
        for turn in range(200):
            number = 1000.0 * i + turn
            try:
                answers.append(net.predict([[-1.0]]).tolist() == [[0.0]])
                net.fit([[number]], [[0.0]]) if i % 2 else net.predict([[number]])
            except ValueError as error:
                answers.append((error.args, error.__notes__) == ((number,), [note]))
        return answers

    assert at_once(work) == [[True, True] * 200] * THREADS
