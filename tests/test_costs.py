"""Every registered cost: its NumPy tier against calculus, its kernels against that, saturation against mpmath.

The tests enumerate the table: a new entry is tested by being there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from kernel_calls import ISAS, Array, call, kernels_of, same_bits, struct
from mpmath import mp, mpf
from scipy import special

from cbp.builtins.activations import cbp_activations
from cbp.builtins.costs import cbp_costs
from cbp.plugin import Activation, Cost, Param

ALL = {spec.name: spec for spec in cbp_costs()}
FUSED = [spec for spec in ALL.values() if spec.fused is not None]
ACTIVATIONS = {spec.name: spec for spec in cbp_activations()}
DTYPES = (np.float32, np.float64)
WIDE = np.longdouble  # the NumPy tier in this type is the kernels' oracle
CHOICES = {"label_smoothing": 0.1, "gamma": 1.5, "q": 0.3, "delta": 0.4}


def settings(spec: Cost) -> list[dict[str, float]]:
    """The defaults and, where there are parameters, another choice."""
    default = {name: p.default for name, p in spec.params.items()}
    return [default] + ([{name: CHOICES[name] for name in default}] if default else [])


def cases(specs: Iterable[Cost]) -> pytest.MarkDecorator:
    some = [pytest.param(s, p, id="-".join([s.name, *map(str, p.values())])) for s in specs for p in settings(s)]
    return pytest.mark.parametrize(("spec", "params"), some)


every_cost = cases(ALL.values())
every_fused = cases(FUSED)
every_kernel = pytest.mark.parametrize("isa", ISAS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def kernel(spec: Cost, isa: str) -> Any:
    return struct(kernels_of(isa).capsule("cost", spec.name))


def output(spec: Cost) -> Activation:
    return ACTIVATIONS[spec.canonical or "identity"]


def pull_back(sigma: Activation, z: Array, a: Array, g: Array) -> Array:
    if sigma.derivative is not None:
        return g * sigma.derivative(z, a)
    assert sigma.vjp is not None
    return sigma.vjp(z, a, g)


def sample(
    spec: Cost, rng: np.random.Generator, rows: int = 30, cols: int = 5, spread: float = 1
) -> tuple[Array, Array, Array]:
    """z, a = σ(z) and targets the cost allows: a label in half of the rows, else soft ones with some zeros."""
    z = rng.normal(size=(rows, cols)) * spread
    low, high = np.clip(spec.target_range, -3, 2)
    y = rng.uniform(low, high, size=z.shape)
    if low == 0:
        y[rng.random(y.shape) < 0.2] = 0
    off, on = spec.labels
    labels = np.where(np.eye(cols)[rng.integers(0, cols, rows)] > 0, on, off) if cols else y
    y[::2] = labels[::2]
    return z, output(spec).forward(z), y


def slope(f: Callable[[Array], Array], x: Array, h: float = 1e-6) -> Array:
    """The gradient of each sample's f by central differences."""
    steps = h * np.eye(x.shape[1], dtype=x.dtype)
    return np.stack([(f(x + step) - f(x - step)) / (2 * h) for step in steps], axis=1)


def test_every_kernel_is_registered() -> None:
    for isa in ISAS:
        assert sorted(kernels_of(isa).names("cost")) == sorted(ALL)


@every_cost
def test_gradient_is_the_slope(spec: Cost, params: dict[str, float], rng: np.random.Generator) -> None:
    _, a, y = (x.astype(WIDE) for x in sample(spec, rng))
    want = slope(lambda x: spec.value(x, y, **params), a)
    np.testing.assert_allclose(spec.gradient(a, y, **params), want, rtol=1e-7, atol=1e-8)


@every_fused
def test_fused_pair_is_the_chain_rule(spec: Cost, params: dict[str, float], rng: np.random.Generator) -> None:
    assert spec.fused is not None
    assert spec.fused_value is not None
    z, _, y = (x.astype(WIDE) for x in sample(spec, rng))
    a = output(spec).forward(z)
    np.testing.assert_allclose(spec.fused_value(z, a, y, **params), spec.value(a, y, **params), rtol=1e-12, atol=1e-14)
    chained = pull_back(output(spec), z, a, spec.gradient(a, y, **params))
    fused = spec.fused(z, a, y, **params)
    np.testing.assert_allclose(fused, chained, rtol=1e-11, atol=1e-13)
    value = spec.fused_value
    want = slope(lambda x: value(x, output(spec).forward(x), y, **params), z)
    np.testing.assert_allclose(fused, want, rtol=1e-7, atol=1e-8)


@every_cost
@every_dtype
def test_numpy_tier_keeps_dtype_and_inputs(
    spec: Cost, params: dict[str, float], dtype: Any, rng: np.random.Generator
) -> None:
    z, a, y = (x.astype(dtype) for x in sample(spec, rng))
    before = a.copy(), y.copy()
    value, gradient = spec.value(a, y, **params), spec.gradient(a, y, **params)
    assert value.dtype == gradient.dtype == dtype
    assert value.shape == (len(a),)
    assert gradient.shape == a.shape
    if spec.fused and spec.fused_value:
        assert spec.fused_value(z, a, y, **params).dtype == spec.fused(z, a, y, **params).dtype == dtype
    assert same_bits(a, before[0])
    assert same_bits(y, before[1])


@every_cost
@every_dtype
@every_kernel
def test_kernel_is_the_numpy_tier(
    spec: Cost, params: dict[str, float], dtype: Any, isa: str, rng: np.random.Generator
) -> None:
    k = kernel(spec, isa)
    spreads = (1,) if spec.fused else (1e-3, 1, 30)  # far residuals too; the fused have a test of their own
    for cols, spread in itertools.product((1, 3, 10, 33, 1100), spreads):
        z, a, y = (x.astype(dtype) for x in sample(spec, rng, 30, cols, spread))
        Z, A, Y = (x.astype(WIDE) for x in (z, a, y))
        close = {"rtol": 30 * np.finfo(dtype).eps, "atol": 30 * np.finfo(dtype).eps}
        np.testing.assert_allclose(call(k, "value", [a, y], params, out="per row"), spec.value(A, Y, **params), **close)
        np.testing.assert_allclose(call(k, "grad", [a, y], params), spec.gradient(A, Y, **params), **close)
        if spec.fused and spec.fused_value:
            value = call(k, "fused_value", [z, a, y], params, out="per row")
            np.testing.assert_allclose(value, spec.fused_value(Z, A, Y, **params), **close)
            size = np.abs(spec.fused(Z, A, Y, **params)).sum(axis=1).max()
            error = np.abs(call(k, "fused_grad", [z, a, y], params) - spec.fused(Z, A, Y, **params))
            assert error.max() <= 8 * np.finfo(dtype).eps * max(1, size)


SHAPES = [(0, 3), *((2, c) for c in range(1, 68)), (67, 3), (130, 10), (3, 600), (130, 1), (5, 1100)]


@pytest.mark.parametrize("spec", ALL.values(), ids=lambda s: s.name)
@every_dtype
@every_kernel
def test_a_sample_does_not_depend_on_its_batch(spec: Cost, dtype: Any, isa: str, rng: np.random.Generator) -> None:
    """With gaps or without, whole or row by row: the same bits."""
    k = kernel(spec, isa)
    for params in settings(spec):
        for rows, cols in SHAPES:
            z, a, y = (x.astype(dtype) for x in sample(spec, rng, rows, cols))
            functions = {"value": [a, y], "grad": [a, y]}
            if spec.fused:
                functions |= {"fused_value": [z, a, y], "fused_grad": [z, a, y]}
            for function, inputs in functions.items():
                out = "per row" if "value" in function else "block"
                whole = call(k, function, inputs, params, out=out)
                assert same_bits(call(k, function, inputs, params, gap=3, out=out), whole)
                for i in range(min(rows, 3)):
                    alone = call(k, function, [x[i : i + 1] for x in inputs], params, out=out)
                    assert same_bits(alone, whole[i : i + 1])


def exact(spec: Cost, z: list[Any], y: list[Any], params: dict[str, float]) -> tuple[float, list[float]]:
    """C and ∂C/∂z of one sample, from the definitions alone; call it at high precision."""
    if spec.canonical == "logistic":
        log_a, log_b = ([-mp.log(1 + mp.exp(s * x)) for x in z] for s in (-1, 1))
        value = -sum(t * la + (1 - t) * lb for t, la, lb in zip(y, log_a, log_b, strict=True))
        return value, [mp.exp(la) - t for t, la in zip(y, log_a, strict=True)]
    if spec.canonical == "exponential":
        return sum(mp.exp(x) - t * x for t, x in zip(y, z, strict=True)), [
            mp.exp(x) - t for t, x in zip(y, z, strict=True)
        ]
    log_sum = mp.log(sum(mp.exp(x) for x in z))
    a, log_a = [mp.exp(x) / mp.exp(log_sum) for x in z], [x - log_sum for x in z]
    if spec.name == "cross_entropy":
        y = [(1 - params["label_smoothing"]) * t + params["label_smoothing"] * sum(y) / len(y) for t in y]
    if spec.name == "focal":
        gamma, rest = params["gamma"], [sum(a[:j]) + sum(a[j + 1 :]) for j in range(len(a))]
        value = -sum(t * r**gamma * la for t, r, la in zip(y, rest, log_a, strict=True))
        s = [-t * (r**gamma - gamma * x * la * r ** (gamma - 1)) for t, r, x, la in zip(y, rest, a, log_a, strict=True)]
        return value, [s_j - x * sum(s) for s_j, x in zip(s, a, strict=True)]
    value = -sum(t * la for t, la in zip(y, log_a, strict=True))
    if spec.name == "kl_divergence":
        value += sum(t * mp.log(t) for t in y if t)
    return value, [x * sum(y) - t for t, x in zip(y, a, strict=True)]


@every_fused
@every_dtype
@every_kernel
@pytest.mark.parametrize("far", [20.0, 1e3, 1e4])
def test_fused_pair_is_right_where_it_saturates(
    spec: Cost, params: dict[str, float], dtype: Any, isa: str, far: float
) -> None:
    if spec.canonical == "exponential":
        far = min(far, 80.0)  # beyond, the rate itself is infinite
    z = np.array([[far, -far, 0], [-far, far, 1], [-far, -far, -far], [far, far, far - 1]], dtype)
    for label in ([1, 0, 0], [0, 1, 0], [0.25, 0.5, 0.75]):
        y = np.tile(np.array(label, dtype), (len(z), 1))
        assert spec.fused_value is not None
        assert spec.fused is not None
        with np.errstate(under="ignore"):
            a = output(spec).forward(z)
            numpy_pair = spec.fused_value(z, a, y, **params), spec.fused(z, a, y, **params)
        k = kernel(spec, isa)
        compiled_pair = (
            call(k, "fused_value", [z, a, y], params, out="per row"),
            call(k, "fused_grad", [z, a, y], params),
        )
        with mp.workdps(60):
            want = [exact(spec, [mpf(float(x)) for x in z[i]], [mpf(float(t)) for t in y[i]], params) for i in range(4)]
        for value, gradient in (numpy_pair, compiled_pair):
            close = {"rtol": 1e2 * np.finfo(dtype).eps, "atol": 10 * np.finfo(dtype).eps}
            np.testing.assert_allclose(value, [float(C) for C, _ in want], **close)
            np.testing.assert_allclose(gradient, [[float(d) for d in row] for _, row in want], **close)


@every_cost
@every_dtype
@every_kernel
def test_outputs_at_the_edge_of_a_logarithm_stay_finite(
    spec: Cost, params: dict[str, float], dtype: Any, isa: str
) -> None:
    a = np.array([[0, 1, 0.5]], dtype)
    for label in ([0, 1, 0], [1, 0, 1], [0.5, 0.25, 0]):
        y = np.clip(np.array([label], dtype), *spec.target_range)
        k = kernel(spec, isa)
        value, gradient = call(k, "value", [a, y], params, out="per row"), call(k, "grad", [a, y], params)
        assert np.isfinite(value).all()
        assert np.isfinite(gradient).all()
        np.testing.assert_allclose(value, spec.value(a, y, **params), rtol=1e-5)
        np.testing.assert_allclose(gradient, spec.gradient(a, y, **params), rtol=1e-4)


@every_cost
@every_dtype
@every_kernel
def test_nan_is_passed_on(spec: Cost, params: dict[str, float], dtype: Any, isa: str, rng: np.random.Generator) -> None:
    z, a, y = (x.astype(dtype) for x in sample(spec, rng, 4, 9))
    y[1] = spec.labels[1]
    z[1, 4] = a[1, 4] = np.nan
    a[1] = np.nan if output(spec).rowwise else a[1]
    values = [call(kernel(spec, isa), "value", [a, y], params, out="per row"), spec.value(a, y, **params)]
    if spec.fused_value:
        values += [
            call(kernel(spec, isa), "fused_value", [z, a, y], params, out="per row"),
            spec.fused_value(z, a, y, **params),
        ]
    for value in values:
        assert np.isnan(value).tolist() == [False, True, False, False]


def test_a_label_costs_the_logarithm_of_its_probability(rng: np.random.Generator) -> None:
    a = special.softmax(rng.normal(size=(6, 4)), axis=1)
    labels = rng.integers(0, 4, 6)
    y = np.eye(4)[labels]
    for name, params in (
        ("cross_entropy", {"label_smoothing": 0.0}),
        ("kl_divergence", {}),
        ("focal", {"gamma": 0.0}),
    ):
        np.testing.assert_allclose(ALL[name].value(a, y, **params), -np.log(a[np.arange(6), labels]))


def test_label_smoothing_keeps_the_weight_of_a_target(rng: np.random.Generator) -> None:
    a = special.softmax(rng.normal(size=(6, 4)), axis=1)
    y = rng.uniform(0, 3, size=a.shape)
    smooth = 0.7 * y + 0.3 * y.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(smooth.sum(axis=1), y.sum(axis=1))
    cost = ALL["cross_entropy"]
    np.testing.assert_allclose(cost.value(a, y, label_smoothing=0.3), cost.value(a, smooth, label_smoothing=0.0))


def _pinball(d: Array, q: float) -> Array:
    return np.maximum(-q * d, (1 - q) * d).sum(axis=1)


ORACLES: dict[str, Callable[[Array, Array], Array]] = {
    "squared_error": lambda a, y: np.linalg.norm(a - y, axis=1) ** 2,
    "quadratic": lambda a, y: np.linalg.norm(a - y, axis=1) ** 2 / 2,
    "absolute_error": lambda a, y: np.linalg.norm(a - y, 1, axis=1),
    "huber": lambda a, y: special.huber(1.0, a - y).sum(axis=1),
    "log_cosh": lambda a, y: np.log(np.cosh(a - y)).sum(axis=1),
    "quantile": lambda a, y: _pinball(a - y, 0.5),
    "poisson": lambda a, y: (a - special.xlogy(y, a)).sum(axis=1),
    "cross_entropy": lambda a, y: -special.xlogy(y, a).sum(axis=1),
    "binary_cross_entropy": lambda a, y: -(special.xlogy(y, a) + special.xlog1py(1 - y, -a)).sum(axis=1),
    "kl_divergence": lambda a, y: special.rel_entr(y, a).sum(axis=1),
    "focal": lambda a, y: -((1 - a) ** 2 * special.xlogy(y, a)).sum(axis=1),
    "hinge": lambda a, y: np.clip(1 - y * a, 0, None).sum(axis=1),
    "squared_hinge": lambda a, y: (np.clip(1 - y * a, 0, None) ** 2).sum(axis=1),
}


def test_every_cost_has_an_oracle() -> None:
    assert set(ORACLES) == set(ALL)


@pytest.mark.parametrize("name", ORACLES)
@every_kernel
def test_values_are_scipys(name: str, isa: str, rng: np.random.Generator) -> None:
    spec = ALL[name]
    _, a, y = sample(spec, rng)
    default = {key: p.default for key, p in spec.params.items() if isinstance(p, Param)}
    for value in (
        spec.value(a, y, **default),
        call(kernel(spec, isa), "value", [a, y], default, out="per row"),
    ):
        np.testing.assert_allclose(value, ORACLES[name](a, y), rtol=1e-13)
