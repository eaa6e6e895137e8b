"""Python functions that numba compiles are kernels like any: vectorised, without the GIL, checked by the kit."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from numba import types

import cbp
from cbp.abi import kernel_of
from cbp.cli import plugin_facts
from cbp.kernels import capsule_of, jit
from cbp.plugin import Activation, Cost, Param, numba_kernel
from cbp.registry.entries import LOCAL, Entry
from cbp.testing import ConformanceError, check_activation, check_cost

X, y = np.linspace(-1, 1, 40).reshape(20, 2), np.linspace(0.1, 0.9, 20)[:, None]
SOFTMAX = cbp.activations()["cbp:softmax"]


# ---- numbers ----


def ripple(z: Any, height: Any, rate: Any) -> Any:
    return z + height * math.sin(rate * z)


def ripple_slope(z: Any, a: Any, rate: Any, height: Any) -> Any:  # in another order: parameters go by name
    return 1 + height * rate * math.cos(rate * z)


RIPPLE = Activation(
    "ripple",
    lambda z, height, rate: z + height * np.sin(rate * z),
    lambda z, a, height, rate: 1 + height * rate * np.cos(rate * z),
    kernel=numba_kernel(forward=ripple, derivative=ripple_slope),
    params={"height": Param(0.5), "rate": Param(2.0, above=0)},
)


def softsign(z: Any) -> Any:
    return z / (1.0 + abs(z))


def softsign_slope(z: Any, a: Any) -> Any:
    return (1.0 - abs(a)) * (1.0 - abs(a))


SOFTSIGN = Activation(
    "softsigned", softsign, softsign_slope, kernel=numba_kernel(forward=softsign, derivative=softsign_slope)
)


def miss(a: Any, y: Any) -> Any:
    return (a - y) ** 2


def fused_slope(z: Any, a: Any, y: Any) -> Any:
    return 2 * (a - y) * a * (1 - a)


BRIER = Cost(
    "brier",
    value=lambda a, y: miss(a, y).sum(axis=1),
    gradient=lambda a, y: 2 * (a - y),
    canonical="logistic",
    fused_value=lambda z, a, y: miss(a, y).sum(axis=1),
    fused=fused_slope,
    kernel=numba_kernel(
        value=miss, gradient=lambda a, y: 2 * (a - y), fused_value=lambda z, a, y: (a - y) ** 2, fused=fused_slope
    ),
)


# ---- rows ----


def normalised(z: Any, a: Any) -> None:
    top, total = (z.max() if z.size else 0.0), 0.0
    for j in range(z.size):
        a[j] = math.exp(z[j] - top)
        total += a[j]
    for j in range(z.size):
        a[j] /= total


def normalised_vjp(z: Any, a: Any, g: Any, out: Any) -> None:
    inner = 0.0
    for j in range(a.size):
        inner += a[j] * g[j]
    for j in range(a.size):
        out[j] = a[j] * (g[j] - inner)


SHARES = replace(SOFTMAX, name="shares", aliases=(), kernel=numba_kernel(forward=normalised, vjp=normalised_vjp))


def longest(a: Any, y: Any) -> Any:
    return math.sqrt(1 + ((a - y) ** 2).sum())


def longest_gradient(a: Any, y: Any, da: Any) -> None:
    length = math.sqrt(1 + ((a - y) ** 2).sum())
    for j in range(a.size):
        da[j] = (a[j] - y[j]) / length


LENGTH = Cost(
    "length",
    value=lambda a, y: np.sqrt(1 + ((a - y) ** 2).sum(axis=1)),
    gradient=lambda a, y: (a - y) / np.sqrt(1 + ((a - y) ** 2).sum(axis=1, keepdims=True)),
    kernel=numba_kernel(value=longest, gradient=longest_gradient, rowwise=True),
)


@pytest.mark.parametrize("spec", [RIPPLE, SOFTSIGN, SHARES, BRIER, LENGTH], ids=lambda spec: spec.name)
def test_every_form_of_kernel_passes_every_check(spec: Any) -> None:
    """The checks compare with the NumPy tier, in both dtypes, in a thread without Python, at all sizes."""
    report = (check_activation if isinstance(spec, Activation) else check_cost)(spec)
    named = ("kernel-head", "kernel-without-gil", "kernel-chunking", "kernel-lengths", "kernel-threads")
    assert {report[name].outcome for name in named} == {"passed"}


def ir(name: str, function: Any, real: Any) -> str:
    """What LLVM made of a function of numbers."""
    text: str = jit._c_function(name, function, False, (), real).inspect_llvm()
    return text


@pytest.mark.parametrize(("real", "word"), [(types.float32, "float"), (types.float64, "double")], ids=str)
def test_arithmetic_is_vectorised(real: Any, word: str) -> None:
    """On vectors of the dtype, or where there are Python's numbers in it of doubles; not where it may raise."""
    assert re.search(rf"fmul <\d+ x {word}>", ir("forward", lambda z: z * z * z, real))
    assert re.search(rf"fmul <\d+ x {word}>", ir("derivative", lambda z, a: a * z, real))
    assert re.search(r"fdiv <\d+ x double>", ir("forward", softsign, real))
    assert not re.search(r"fmul <\d+ x", ir("forward", picky, real))


def picky(z: Any) -> Any:
    if z > 1e3:
        raise ValueError
    return z * z


def trained(spec: Any, dtype: str, threads: int = 1, sizes: tuple[int, ...] = (2, 9, 1)) -> np.ndarray:
    rng = np.random.default_rng(0)
    activation, cost = (spec, "squared_error") if isinstance(spec, Activation) else ("logistic", spec)
    net = cbp.Network(list(sizes), activation, cost=cost, dtype=dtype, seed=1)
    X, y = rng.normal(size=(256, sizes[0])), rng.uniform(0.1, 0.9, size=(256, sizes[-1]))
    net.fit(X, y, epochs=3, batch_size=64, threads=threads)
    return net.parameters


@pytest.mark.parametrize(("dtype", "atol"), [("float32", 1e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("spec", [RIPPLE, SOFTSIGN, SHARES, BRIER, LENGTH], ids=lambda spec: spec.name)
def test_it_trains_as_the_numpy_tier_does(spec: Any, dtype: str, atol: float) -> None:
    want = trained(replace(spec, kernel=None), dtype)
    np.testing.assert_allclose(trained(spec, dtype), want, rtol=0, atol=atol)


@pytest.mark.parametrize("spec", [RIPPLE, SHARES, BRIER, LENGTH], ids=lambda spec: spec.name)
def test_any_number_of_threads_gives_the_same_bits(spec: Any) -> None:
    sizes = (64, 200, 40)
    assert trained(spec, "float32", 1, sizes).tobytes() == trained(spec, "float32", 2, sizes).tobytes()


def test_a_kernel_is_compiled_once() -> None:
    assert capsule_of(RIPPLE) is capsule_of(RIPPLE)


def test_the_processes_of_all_checks_inherit_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check is a process of its own where it is a test case."""
    compiled, c_function = [], jit._c_function

    def counted(name: str, *rest: Any) -> Any:
        compiled.append(name)
        return c_function(name, *rest)

    monkeypatch.setattr(jit, "_c_function", counted)
    fresh = numba_kernel(forward=lambda z: z + 0 * z, derivative=lambda z, a: 1.0)
    same = Activation("same", lambda z: z.copy(), lambda z, a: np.ones_like(z), kernel=fresh)
    for check in ("kernel-head", "kernel-answers", "kernel-gaps"):
        assert check_activation(same, checks=[check])[check].outcome == "passed"
    assert compiled == ["forward", "forward", "derivative", "derivative"]  # here, for both dtypes


def laborious(z: Any) -> Any:
    for _ in range(300):
        z = math.sin(z)
    return z


def test_what_is_slower_than_numpy_is_better_written_in_c() -> None:
    kernel = numba_kernel(forward=laborious, derivative=lambda z, a: 1.0)
    slow = Activation("slow", lambda z: z + 0.0, lambda z, a: np.ones_like(z), kernel=kernel)
    with pytest.raises(ConformanceError, match=r"write the kernel in C or Cython, whose cbp_math\.h has"):
        check_activation(slow, checks=["kernel-speed"])


def test_an_exception_stops_the_pass_and_leaves_the_parameters() -> None:
    kernel = numba_kernel(forward=picky, derivative=lambda z, a: 2 * z)
    net = cbp.Network([2, 3, 1], Activation("picky", lambda z: z * z, lambda z, a: 2 * z, kernel=kernel))
    assert np.isfinite(net.predict(X)).all()
    before = net.parameters.copy()
    with pytest.raises(RuntimeError, match="'picky' of layer 2 failed: its kernel answered with status 1"):
        net.fit(1e6 * X, y)
    assert (net.parameters == before).all()


def test_a_division_by_zero_is_no_exception() -> None:
    kernel = numba_kernel(forward=lambda z: 1 / z, derivative=lambda z, a: -a * a)
    inverse = Activation("inverse", lambda z: 1 / z, lambda z, a: -a * a, kernel=kernel)
    net = cbp.Network([1, 1], inverse, init="zeros")
    assert net.predict([[5.0]])[0, 0] == np.inf


def plain(z: Any) -> Any:
    return z


WRONG: dict[str, tuple[Any, str]] = {
    "a function numba does not know": (
        lambda z: 2 * plain(z),
        r"numba cannot compile forward=: Untyped global name 'plain': Cannot determine Numba type of",
    ),
    "a name that is not there": (
        lambda z: 2 * nothing(z),  # type: ignore[name-defined]  # noqa: F821
        "numba cannot compile forward=: NameError: name 'nothing'",
    ),
    "an undeclared parameter": (
        lambda z, beta: beta * z,
        "numba cannot compile forward=: it takes 'beta', which params= of the spec does not declare",
    ),
    "no number": (lambda z: None, "numba cannot compile forward=: "),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_numba_cannot_compile_is_the_authors_error(wrong: str) -> None:
    forward, message = WRONG[wrong]
    kernel = numba_kernel(forward=forward, derivative=lambda z, a: 1.0)
    with pytest.raises(ImportError, match=f"'wrong': {message}"):
        cbp.Network([2, 2], Activation("wrong", plain, lambda z, a: 1 + 0 * z, kernel=kernel))


def test_what_numba_says_is_quoted_without_its_colours() -> None:
    """It has some where colorama is installed."""
    assert jit._first(ValueError("Failed in nopython mode\n\x1b[1m\x1b[31mUntyped\x1b[0m name")) == "Untyped name"


def test_a_kernel_of_a_cost_is_none_of_an_activation() -> None:
    with pytest.raises(ImportError, match="'mixed': its kernel is of kind 2, expected kind 1"):
        cbp.Network([2, 2], Activation("mixed", plain, lambda z, a: 1 + 0 * z, kernel=BRIER.kernel))


def test_the_head_says_who_compiled_it() -> None:
    head = kernel_of(capsule_of(SHARES)).head
    assert (head.build.decode(), head.name.decode()) == (f"numba {numba.__version__}", "shares")


def test_listings_do_not_compile_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "compiled", None)
    facts = plugin_facts.facts_of(Entry(RIPPLE, LOCAL, ""))
    assert (facts["runs_as"], facts["abi"], facts["build"]) == ("numba", None, "by numba, when it is used")
