"""Every registered activation: its NumPy tier against calculus, its kernels against the NumPy tier.

The tests enumerate the table: a new entry is tested by being there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_calls import (
    CHUNK_INVARIANT,
    IN_PLACE,
    ISAS,
    READS_A,
    READS_Z,
    ROWWISE,
    Array,
    backward,
    forward,
    kernels_of,
    same_bits,
    struct,
)
from mpmath import mp, mpf
from scipy import special

from cbp.builtins.activations import cbp_activations
from cbp.plugin import Activation, Param

ALL = {spec.name: spec for spec in cbp_activations()}
DTYPES = (np.float32, np.float64)
WIDE = np.longdouble  # the NumPy tier in this type is the kernels' oracle


def other_value(p: Param) -> float:
    """A value of a parameter that is not its default."""
    return next(v for v in (0.3, 0.7, 2.5) if v != p.default and p.allows(v))


def settings(spec: Activation) -> list[dict[str, float]]:
    """The defaults and, where there are parameters, another choice."""
    default = {name: p.default for name, p in spec.params.items()}
    return [default] + ([{name: other_value(p) for name, p in spec.params.items()}] if default else [])


CASES = [pytest.param(s, p, id="-".join([s.name, *map(str, p.values())])) for s in ALL.values() for p in settings(s)]
every_activation = pytest.mark.parametrize(("spec", "params"), CASES)
every_kernel = pytest.mark.parametrize("isa", ISAS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def kernel(spec: Activation, isa: str) -> Any:
    return struct(kernels_of(isa).capsule("activation", spec.name))


def pull_back(spec: Activation, z: Array, a: Array, g: Array, params: dict[str, float]) -> Array:
    """g·[δa/δz] by the NumPy tier."""
    if spec.derivative is not None:
        return g * spec.derivative(z, a, **params)
    assert spec.vjp is not None
    return spec.vjp(z, a, g, **params)


def numbers(rng: np.random.Generator, cols: int = 7) -> Array:
    """Ordinary and far-out z, no two of a row alike."""
    scales = np.array([1e-6, 0.1, 1, 3, 10, 30, 100])
    return (rng.normal(size=(60, scales.size, cols)) * scales[:, None]).reshape(-1, cols)


def away_from_kinks(spec: Activation, z: Array, margin: float) -> Array:
    for kink in spec.kinks:
        z = np.where(np.abs(z - kink) < margin, z + 2 * margin, z)
    return z


def jacobian(f: Callable[[Array], Array], z: Array, h: float = 1e-6) -> Array:
    """[δa/δz] of one sample by central differences: row j holds δa_j."""
    steps = h * np.eye(z.size, dtype=z.dtype)
    return ((f(z + steps) - f(z - steps)) / (2 * h)).T


def test_every_kernel_is_registered() -> None:
    for isa in ISAS:
        assert sorted(kernels_of(isa).names("activation")) == sorted(ALL)


@every_activation
def test_vjp_is_g_times_the_jacobian(spec: Activation, params: dict[str, float], rng: np.random.Generator) -> None:
    z = away_from_kinks(spec, rng.normal(size=(40, 5)) * rng.choice([0.5, 2, 5], size=(40, 1)), 1e-5).astype(WIDE)
    g = rng.normal(size=z.shape).astype(WIDE)
    a = spec.forward(z, **params)
    got = pull_back(spec, z, a, g, params)
    for i in range(len(z)):
        want = g[i] @ jacobian(lambda x: spec.forward(x, **params), z[i])
        np.testing.assert_allclose(got[i], want, rtol=1e-7, atol=1e-8)


@every_activation
@every_dtype
def test_numpy_tier_keeps_dtype_and_inputs(spec: Activation, params: dict[str, float], dtype: Any) -> None:
    z = np.linspace(-4, 4, 12, dtype=dtype).reshape(3, 4)
    before = z.copy()
    a = spec.forward(z, **params)
    da = pull_back(spec, z, a, np.ones_like(z), params)
    assert a.dtype == da.dtype == dtype
    assert a.shape == da.shape == z.shape
    assert not np.shares_memory(a, z)
    assert not np.shares_memory(da, a)
    assert same_bits(z, before)


@every_activation
@every_dtype
@every_kernel
def test_kernel_is_the_numpy_tier(
    spec: Activation, params: dict[str, float], dtype: Any, isa: str, rng: np.random.Generator
) -> None:
    z = away_from_kinks(spec, numbers(rng), 1e-3).astype(dtype)
    g = rng.normal(size=z.shape).astype(dtype)
    k, z_wide = kernel(spec, isa), z.astype(WIDE)
    with np.errstate(all="ignore"):  # e^100 is infinite in float32
        a_wide = spec.forward(z_wide, **params)
        fits = np.abs(a_wide) < np.finfo(dtype).max
        a = forward(k, z, params)
        assert ulps(a, a_wide, 1, dtype)[fits].max() <= 3
        da_wide = pull_back(spec, z_wide, a_wide, g.astype(WIDE), params)
        size = np.abs(g).sum(axis=1, keepdims=True) if spec.rowwise else np.abs(g)
        assert ulps(backward(k, z, a, g, params), da_wide, size, dtype)[fits].max() <= 3


def ulps(got: Array, want: Array, size: Any, dtype: Any) -> Array:
    """The error in units of the last place of `want`, or of `size` where that is larger."""
    return np.abs(got - want) / (np.finfo(dtype).eps * np.maximum(np.abs(want), size))


@pytest.mark.parametrize(
    "name",
    [
        "logistic",
        "tanh",
        "exponential",
        "softplus",
        "log_sigmoid",
        "softsign",
        "squareplus",
        "elu",
        "celu",
        "selu",
    ],
)
@every_dtype
@every_kernel
def test_kernel_keeps_its_digits_near_zero_and_far_out(name: str, dtype: Any, isa: str) -> None:
    spec, out = ALL[name], np.logspace(-30, 1.9, 400)
    z = np.concatenate([-out, out])[None].astype(dtype)
    params = settings(spec)[0]
    a_wide = spec.forward(z.astype(WIDE), **params)
    assert ulps(forward(kernel(spec, isa), z, params), a_wide, 0, dtype).max() <= 3


@pytest.mark.parametrize("spec", [s for s in ALL.values() if not s.rowwise and s.name != "sin"], ids=lambda s: s.name)
@every_dtype
@every_kernel
def test_infinities_have_their_limits(spec: Activation, dtype: Any, isa: str) -> None:
    params = settings(spec)[-1]
    huge = np.finfo(dtype).max
    z = np.array([[-np.inf, -huge, -1e4, 1e4, huge, np.inf]], dtype)
    k = kernel(spec, isa)
    with np.errstate(all="ignore"):
        a_want = spec.forward(z, **params)
        da_want = pull_back(spec, z, a_want, np.ones_like(z), params)
    a = forward(k, z, params)
    da = backward(k, z, a, np.ones_like(z), params)
    assert not np.isnan(a).any()
    assert not np.isnan(da).any()
    np.testing.assert_allclose(a, a_want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(da, da_want, rtol=1e-5, atol=1e-6)


@every_activation
@every_dtype
@every_kernel
def test_nan_is_passed_on(spec: Activation, params: dict[str, float], dtype: Any, isa: str) -> None:
    for cols in (1, 3, 10, 33):
        z = np.linspace(-1, 1, 4 * cols, dtype=dtype).reshape(4, cols)
        z[1, cols // 2] = np.nan
        for a in (forward(kernel(spec, isa), z, params), spec.forward(z, **params)):
            hit = np.isnan(z) | (spec.rowwise & np.isnan(z).any(axis=1, keepdims=True))
            assert (np.isnan(a) == hit).all()


@every_dtype
@every_kernel
def test_softmax_of_far_apart_scores(dtype: Any, isa: str) -> None:
    z = np.array([[1e4, -1e4, 0], [-np.inf, 0, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, 0]], dtype)
    want = np.array([[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3], [0, 0, 1]])
    np.testing.assert_allclose(forward(kernel(ALL["softmax"], isa), z), want, rtol=1e-6)
    log_a = forward(kernel(ALL["log_softmax"], isa), z)
    np.testing.assert_allclose(log_a[0], [0, -2e4, -1e4])
    assert log_a[1, 0] == -np.inf


SHAPES = [(0, 3), *((2, c) for c in range(68)), (5, 130), (67, 3), (130, 10), (3, 600), (65, 1), (16, 64)]


@pytest.mark.parametrize("spec", ALL.values(), ids=lambda s: s.name)
@every_dtype
@every_kernel
def test_bits_do_not_depend_on_the_block(spec: Activation, dtype: Any, isa: str, rng: np.random.Generator) -> None:
    """Any shape, with gaps or without, in place or not, whole or cut: the same numbers."""
    k, params = kernel(spec, isa), settings(spec)[-1]
    assert k.head.hints & CHUNK_INVARIANT
    assert bool(k.head.hints & ROWWISE) == spec.rowwise
    for rows, cols in SHAPES:
        z, g = (rng.normal(scale=3, size=(rows, cols)).astype(dtype) for _ in "zg")
        a = forward(k, z, params)
        da = backward(k, z, a, g, params)
        assert same_bits(forward(k, z, params, gap=3), a)
        assert same_bits(backward(k, z, a, g, params, gap=3), da)
        if k.head.hints & IN_PLACE:
            assert same_bits(forward(k, z, params, out="in place"), a)
            assert same_bits(backward(k, z, a, g, params, gap=1, out="in place"), da)
        for i in range(min(rows, 3)):
            one = slice(i, i + 1)
            assert same_bits(forward(k, z[one], params), a[one])
            assert same_bits(backward(k, z[one], a[one], g[one], params), da[one])
        if not spec.rowwise and cols > 1 and rows:
            cut = int(rng.integers(1, cols))
            for part in (slice(None, cut), slice(cut, None)):
                assert same_bits(forward(k, z[:, part], params), a[:, part])
                assert same_bits(backward(k, z[:, part], a[:, part], g[:, part], params), da[:, part])


@every_activation
def test_hints_name_what_bwd_reads(spec: Activation, params: dict[str, float], rng: np.random.Generator) -> None:
    """`backward` hides the unread; what is called read must matter."""
    k, z = kernel(spec, ISAS[0]), rng.normal(size=(3, 5)) * 4
    a = forward(k, z, params)
    g = np.ones_like(z)
    for bit, changed in ((READS_Z, (z + 0.7, a)), (READS_A, (z, a * 0.9 - 0.31))):
        if k.head.hints & bit:
            assert not same_bits(backward(k, *changed, g, params), backward(k, z, a, g, params))


SCIPY: dict[str, Callable[[Array], Array]] = {
    "logistic": special.expit,
    "softplus": lambda z: np.logaddexp(0, z),
    "log_sigmoid": special.log_expit,
    "gelu": lambda z: z * special.ndtr(z),
    "silu": lambda z: z * special.expit(z),
    "softmax": lambda z: special.softmax(z, axis=1),
    "log_softmax": lambda z: special.log_softmax(z, axis=1),
}
MPMATH: dict[str, Callable[[Any], Any]] = {
    "tanh": mp.tanh,
    "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))),
    "gelu": lambda z: z * mp.ncdf(z),
    "gelu_tanh": lambda z: z / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3))),
    "selu": lambda z: mpf("1.0507009873554804934193349852946")
        * (z if z > 0 else mpf("1.6732632423543772848170429916717") * mp.expm1(z)),
    "squareplus": lambda z: (z + mp.sqrt(z * z + 4)) / 2,
    "gaussian": lambda z: mp.exp(-z * z),
    "softsign": lambda z: z / (1 + abs(z)),
    "hard_silu": lambda z: z * min(max(z + 3, 0), 6) / 6,
    "celu": lambda z: max(0, z) + min(0, mp.expm1(z)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCIPY)
@every_kernel
def test_values_are_scipys(name: str, isa: str, rng: np.random.Generator) -> None:
    spec, z = ALL[name], numbers(rng)
    want = SCIPY[name](z)
    for a in (spec.forward(z, **settings(spec)[0]), forward(kernel(spec, isa), z, settings(spec)[0])):
        np.testing.assert_allclose(a, want, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", MPMATH)
@every_kernel
def test_values_and_slopes_are_mpmaths(name: str, isa: str) -> None:
    spec, z = ALL[name], np.linspace(-8.05, 8.05, 46)[None]
    params = settings(spec)[0]
    k = kernel(spec, isa)
    with mp.workdps(40):
        a_want = np.array([[float(MPMATH[name](mpf(x))) for x in z[0]]])
        da_want = np.array([[float(mp.diff(MPMATH[name], mpf(x))) for x in z[0]]])
    a = spec.forward(z, **params)
    for got, want in (
        (a, a_want),
        (forward(k, z, params), a_want),
        (pull_back(spec, z, a, np.ones_like(z), params), da_want),
        (backward(k, z, a_want, np.ones_like(z), params), da_want),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-14, atol=2e-15)
