"""How quick an activation or cost is beside built-in ones of its class, and what it is of a training step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from ..network import Network
from ..optimizers import SGD
from ..registry.chosen import Chosen, choose
from ..timing.rounds import interleaved
from .calls import Caller
from .functions import kernel_functions
from .subject import Subject

__all__ = ["NETWORKS", "Speed", "Step", "compared", "like"]

ROWS, COLS = 256, 256
COSTS = {"logistic": "binary_cross_entropy", "softmax": "cross_entropy"}  # by the canonical activation
ELEMENTWISE = ("relu", "tanh", "mish")  # no exponential, one, several
NETWORKS = (((64, 100, 10), 32), ((784, 512, 512, 10), 128))
STEPS = 20  # of an epoch
CALLED = {"activation": ("forward", "backward"), "cost": ("value", "gradient")}


@dataclass(frozen=True)
class Speed:
    """How long an activation or cost takes.

    Attributes
    ----------
    chosen : Chosen
    nanoseconds : mapping of str to float
        The time a number, forward and backward; of a cost, of value and gradient.
    """

    chosen: Chosen
    nanoseconds: Mapping[str, float]

    @property
    def total(self) -> float:
        """Nanoseconds a number and a pass, forward and back."""
        return sum(self.nanoseconds.values())


@dataclass(frozen=True)
class Step:
    """What a training step takes.

    Attributes
    ----------
    sizes : tuple of int
    batch : int
    seconds, beside, without : float
        Of a step; with the built-in in its place; with the identity in its place, if that can be.
    numbers : int
        How many numbers of a step the function treats.
    """

    sizes: tuple[int, ...]
    batch: int
    seconds: float
    beside: float
    without: float
    numbers: int

    def share(self, speed: Speed) -> float:
        """The part of a step that the function takes, by its numbers or, if that is more, by the steps without it."""
        return max(speed.total * 1e-9 * self.numbers, self.seconds - self.without) / self.seconds


def compared(chosen: Chosen, dtype: str, rounds: int, seconds: float) -> tuple[Speed, list[Speed], list[Step]]:
    """Time a function, the built-ins of its class, and training steps with it and with the built-in like it.

    Parameters
    ----------
    chosen : Chosen
    dtype : ``"float32"`` or ``"float64"``
    rounds : int
    seconds : float
        Of a sample; each is taken `rounds` times, interleaved, and the medians count.
    """
    built_in = [each for each in _class_of(chosen) if each.entry.id != chosen.entry.id]
    own, *others = _speeds([chosen, *(built_in or [chosen])], dtype, rounds, seconds)
    beside = like(own, others).chosen
    return own, others, list(_steps(chosen, beside, dtype, rounds, seconds))


def like(own: Speed, others: Sequence[Speed]) -> Speed:
    """The one that takes about as long."""
    return min(others, key=lambda other: abs(math.log(own.total / other.total)))


def _class_of(chosen: Chosen) -> Iterator[Chosen]:
    """The built-ins to compare it with."""
    spec = chosen.spec
    if chosen.entry.kind == "cost":
        yield choose("cost", COSTS.get(spec.canonical, "squared_error"))
    elif spec.rowwise:
        yield choose("activation", "softmax")
    else:
        yield from (choose("activation", name) for name in ELEMENTWISE)


def _speeds(choices: Sequence[Chosen], dtype: str, rounds: int, seconds: float) -> list[Speed]:
    works = [_calls(each, dtype) for each in choices]
    contestants = {f"{i} {name}": work for i, calls in enumerate(works) for name, work in calls.items()}
    times = interleaved(contestants, rounds, seconds, lambda: None, "wall")
    return [
        Speed(each, {name: median(times[f"{i} {name}"]) * 1e9 / (ROWS * COLS) for name in works[i]})
        for i, each in enumerate(choices)
    ]


def _calls(chosen: Chosen, dtype: str) -> dict[str, Callable[[int], None]]:
    """What a pass calls of it, again and again: the compiled functions, or those in NumPy."""
    subject = Subject(chosen)
    ready: list[Callable[[], object]]
    if chosen.spec.kernel is None:
        sample = subject.sample(ROWS, COLS, dtype)
        ready = [partial(function.of, sample, {**chosen.params}) for function in kernel_functions(chosen.spec)]
    else:
        caller = Caller(subject, lambda words: None)
        ready = [caller.ready(case) for case in caller.cases(ROWS, COLS) if case.dtype == dtype]
    used = ready[-2:]  # the fused pair, where there is one
    return {name: _repeating(work) for name, work in zip(CALLED[chosen.entry.kind], used, strict=True)}


def _repeating(work: Callable[[], object]) -> Callable[[int], None]:
    def run(count: int) -> None:
        for _ in range(count):
            work()

    return run


def _steps(chosen: Chosen, beside: Chosen, dtype: str, rounds: int, seconds: float) -> Iterator[Step]:
    contestants: dict[str, Callable[[int], object]] = {}
    functions = [chosen, beside]
    if chosen.entry.kind == "activation":
        functions.append(choose("activation", "identity"))
    for i, (sizes, batch) in enumerate(NETWORKS):
        rowwise = getattr(chosen.spec, "rowwise", False)
        contestants |= {f"{i} {j}": _training(f, rowwise, sizes, batch, dtype) for j, f in enumerate(functions)}
    times = interleaved(contestants, rounds, seconds, lambda: None, "wall")
    for i, (sizes, batch) in enumerate(NETWORKS):
        taken = [median(times[f"{i} {j}"]) / STEPS for j in range(len(functions))]
        without = taken[2] if len(taken) > 2 else taken[0]
        yield Step(sizes, batch, taken[0], taken[1], without, batch * sum(_treated(chosen, sizes)))


def _treated(chosen: Chosen, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the layers whose numbers it treats."""
    hidden = chosen.entry.kind == "activation" and not chosen.spec.rowwise
    return sizes[1:-1] if hidden else sizes[-1:]


def _training(chosen: Chosen, rowwise: bool, sizes: tuple[int, ...], batch: int, dtype: str) -> Callable[[int], object]:
    """Epochs of a network that has the function where it belongs."""
    used: dict[str, Any] = {"activation": "relu", "dtype": dtype, "seed": 0}
    if chosen.entry.kind == "cost":
        used |= {"cost": chosen}
    elif rowwise:
        used |= {"output_activation": chosen, "cost": "squared_error"}
    else:
        used |= {"activation": chosen, "output_activation": "identity", "cost": "squared_error"}
    net, rng = Network(sizes, **used), np.random.default_rng(0)
    X = rng.standard_normal((STEPS * batch, sizes[0]), dtype=np.float32).astype(dtype)
    labels = rng.integers(0, sizes[-1], len(X))
    return lambda epochs: net.fit(X, labels, epochs=epochs, batch_size=batch, optimizer=SGD(1e-6), threads=1)
