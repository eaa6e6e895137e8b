"""Plugins written in NumPy: the seven lines of the documentation, and what happens when one misbehaves."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cbp
from cbp import plugin
from cbp.plugin import Activation, Cost, Param
from cbp.registry import Registry

Code = Callable[..., str]
Distribution = Callable[..., Path]

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = rng.normal(size=(40, 2))

Fields = dict[str, Any]


def length(z: Any) -> Any:
    return np.linalg.norm(z, axis=1, keepdims=True)


CUBE: Fields = {"forward": lambda z: z**3, "derivative": lambda z, a: 3 * z**2}
UNIT: Fields = {
    "forward": lambda z: z / length(z),
    "vjp": lambda z, a, g: (g - (g * a).sum(axis=1, keepdims=True) * a) / length(z),
}
QUARTIC: Fields = {
    "value": lambda a, y: ((a - y) ** 4).sum(axis=1),
    "gradient": lambda a, y: 4 * (a - y) ** 3,
}
FUSED: Fields = QUARTIC | {
    "canonical": "identity",
    "fused_value": lambda z, a, y: QUARTIC["value"](z, y),
    "fused": lambda z, a, y: QUARTIC["gradient"](z, y),
}


def network(hidden: Any = "tanh", output: Any = "identity", cost: Any = "squared_error", **rest: Any) -> cbp.Network:
    return cbp.Network([3, 4, 2], hidden, output, cost, seed=1, **rest)


def test_the_seven_lines_of_the_documentation_work(registry: Registry, distribution: Distribution) -> None:
    documented = textwrap.dedent(re.split(r"::\n", plugin.__doc__ or "")[1])
    assert len([line for line in documented.splitlines() if line]) <= 7
    distribution("cbp-cube", documented)
    net = cbp.Network([3, 4, 2], activation="cube", output_activation="identity")
    first, *_, last = net.fit(X, Y, epochs=20, optimizer="adam")["cost"]
    assert last < first


def test_a_fused_numpy_pair_is_used_with_the_canonical_activation_only() -> None:
    refuse = FUSED | {"fused": lambda z, a, y: 1 / 0}
    network(cost=Cost("mine", **FUSED)).fit(X, Y, epochs=1)
    network("tanh", "tanh", Cost("mine", **refuse)).fit(X, Y, epochs=1)
    with pytest.raises(ZeroDivisionError):
        network(cost=Cost("mine", **refuse)).fit(X, Y, epochs=1)


# ---- what misbehaves, each placed everywhere it can be ----

ACTIVATIONS = {
    "forward": (CUBE, "forward"),
    "derivative": (CUBE, "derivative"),
    "rowwise forward": (UNIT, "forward"),
    "vjp": (UNIT, "vjp"),
}
COSTS = [(QUARTIC, "value"), (QUARTIC, "gradient"), (FUSED, "fused_value"), (FUSED, "fused")]


def placed(wrap: Callable[[Any], Any]) -> list[Any]:
    """Parts of a network with a wrapped function in every place, and what a message calls that place."""
    cases = []
    for name, (fields, function) in ACTIVATIONS.items():
        spec = Activation("mine", **fields | {function: wrap(fields[function])})
        for layer, place in ((1, "input_activation"), (2, "hidden"), (3, "output")):
            if layer > 1 or function == "forward":  # nothing learns below layer 2, so σ′(z^1) is not needed
                where = f"'mine' of layer {layer}"
                cases.append(pytest.param({place: spec}, where, id=f"{name} of layer {layer}"))
    for fields, function in COSTS:
        cost = Cost("mine", **fields | {function: wrap(fields[function])})
        cases.append(pytest.param({"cost": cost}, "the cost 'mine'", id=function))
    return cases


def check_refused(net: cbp.Network, where: str, error: type[BaseException], message: str | None) -> None:
    """`fit` and `gradients` raise `error` with a note that says where, and change nothing."""
    before = net.parameters.copy()
    for attempt in (net.fit, partial(net.fit, optimizer="adam"), net.gradients):
        with pytest.raises(error, match=message) as raised:
            attempt(X, Y)
        assert raised.value.__notes__[-1] == f"raised while computing {where}"
        assert (net.parameters == before).all()
        assert net.epochs_trained == 0


def raising(error: BaseException) -> Callable[[Any], Any]:
    def wrap(function: Any) -> Any:
        def broken(*arguments: Any) -> Any:
            raise type(error)(*error.args)

        return broken

    return wrap


@pytest.mark.parametrize(("parts", "where"), placed(raising(ZeroDivisionError("mine broke"))))
def test_an_exception_reaches_the_caller_with_its_place(parts: Any, where: str) -> None:
    check_refused(network(**parts), where, ZeroDivisionError, "mine broke")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), MemoryError()], ids=repr)
def test_any_exception_reaches_the_caller(error: BaseException) -> None:
    broken = Activation("mine", **CUBE | {"forward": raising(error)(None)})
    check_refused(network(broken), "'mine' of layer 2", type(error), None)


WRONG_ANSWERS: dict[str, Callable[[Any], Any]] = {
    "a transposed array": lambda answer: answer.T if answer.ndim == 2 else answer[:, None],
    "a number": lambda answer: 1.0,
    "nothing": lambda answer: None,
    "one row too few": lambda answer: answer[1:],
}


@pytest.mark.parametrize("answer", WRONG_ANSWERS)
@pytest.mark.parametrize("place", range(len(placed(lambda f: f))))
def test_an_answer_of_the_wrong_shape_is_an_error(place: int, answer: str) -> None:
    def wrap(function: Any) -> Any:
        return lambda *arguments: WRONG_ANSWERS[answer](function(*arguments))

    parts, where = placed(wrap)[place].values
    check_refused(network(**parts), where, ValueError, r"of 'mine' must return an array of shape \(\d+,.*\), got \(")


@pytest.mark.parametrize("argument", range(3))
@pytest.mark.parametrize("place", range(len(placed(lambda f: f))))
def test_writing_into_an_argument_is_an_error(place: int, argument: int) -> None:
    def wrap(function: Any) -> Any:
        def writing(*arguments: Any) -> Any:
            arguments[argument % len(arguments)][...] = 0
            return function(*arguments)

        return writing

    parts, where = placed(wrap)[place].values
    check_refused(network(**parts), where, ValueError, "read-only")


@pytest.mark.parametrize(("parts", "where"), placed(lambda f: lambda *arguments: np.array([["a"]])))
def test_an_answer_that_is_no_array_of_numbers_is_an_error(parts: Any, where: str) -> None:
    check_refused(network(**parts), where, ValueError, "must return")


def test_numpys_own_warnings_raised_as_errors_reach_the_caller() -> None:
    """Also where cbp does the arithmetic: g·σ′ overflows here."""
    steep = Activation("steep", forward=lambda z: z, derivative=lambda z, a: np.full_like(z, 3e38))
    net = network(steep)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="overflow") as raised:
        net.gradients(100 * X, 100 * Y)
    assert raised.value.__notes__ == ["raised while computing 'steep' of layer 2"]


@pytest.mark.parametrize("method", ["predict", "activations"])
def test_predicting_raises_too(method: str) -> None:
    broken = Activation("mine", **CUBE | {"forward": lambda z: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        getattr(network(broken), method)(X)


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_after_an_exception_the_parameters_are_those_of_the_last_whole_step(steps: int) -> None:
    """As if training had been given `steps` batches and no more."""
    calls: list[int] = []

    def derivative(z: Any, a: Any) -> Any:
        calls.append(len(z))
        if len(calls) > steps:
            raise ZeroDivisionError
        return 3 * z**2

    stopped = network(Activation("mine", **CUBE | {"derivative": derivative}))
    with pytest.raises(ZeroDivisionError):
        stopped.fit(X, Y, epochs=5, batch_size=5, shuffle=False)
    whole = network(Activation("mine", **CUBE))
    whole.fit(X[: 5 * steps], Y[: 5 * steps], epochs=1, batch_size=5, shuffle=False)
    assert (stopped.parameters == whole.parameters).all()


def test_a_network_works_again_after_its_plugin_raised() -> None:
    fail = [True]
    moody = Activation("mine", **CUBE | {"forward": lambda z: 1 / 0 if fail[0] else z**3})
    net = network(moody)
    with pytest.raises(ZeroDivisionError):
        net.predict(X)
    fail[0] = False
    assert (net.predict(X) == network(Activation("mine", **CUBE)).predict(X)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arguments_are_blocks_of_the_networks_dtype(dtype: str) -> None:
    seen: set[tuple[Any, ...]] = set()

    def forward(z: Any, alpha: float) -> Any:
        seen.add((z.dtype, z.ndim, z.shape[1], z.flags.writeable, alpha))
        return alpha * z

    def derivative(z: Any, a: Any, alpha: float) -> Any:
        return np.full_like(z, alpha)

    mine = Activation("mine", forward, derivative, params={"alpha": Param(2.5)})
    network(mine, dtype=dtype).fit(X, Y, epochs=1)
    assert seen == {(np.dtype(dtype), 2, 4, False, 2.5)}


def test_a_plugin_may_keep_what_it_is_given() -> None:
    """Later passes, and the end of training, leave it as it was."""
    kept: list[tuple[Any, Any]] = []

    def derivative(z: Any, a: Any) -> Any:
        kept.append((z, a))
        return np.ones_like(z)

    net = network(Activation("mine", forward=lambda z: z, derivative=derivative))
    first = net.W[2] @ X[:5].T + net.b[2][:, np.newaxis]
    net.fit(X, Y, epochs=3, batch_size=5, shuffle=False)
    assert len(kept) == 24
    for block in kept[0]:
        np.testing.assert_allclose(block, first.T, rtol=1e-5, atol=1e-6)


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "lists": lambda z: z.tolist(),
    "float64": lambda z: z.astype(np.float64),
    "column by column": np.asfortranarray,
    "the argument": lambda z: z,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_any_array_of_the_right_shape_is_an_answer(answer: Any) -> None:
    net = network(Activation("mine", forward=answer, derivative=lambda z, a: answer(np.ones_like(z))))
    plain = network("identity")
    np.testing.assert_array_equal(net.predict(X), plain.predict(X))
    np.testing.assert_allclose(net.gradients(X, Y).flat, plain.gradients(X, Y).flat, rtol=1e-6, atol=1e-7)
