"""The three products of backpropagation against NumPy, at every remainder, on every instruction set."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from kernel_calls import IN_PLACE, ISAS, Array, same_bits
from tile_calls import BACKWARD, FORWARD, After, Guarded, product, scale_rows, sigma_of, sum_rows, take

import cbp

SIZES = [
    *range(1, 68),
    100,
    121,
    255,
    256,
    257,
    258,
    300,
    513,
    1000,
]  # 256 is a blocking constant, as are 264 and 1024
OTHERS = [1, 5, 9, 13, 30, 70]

every_isa = pytest.mark.parametrize("isa", ISAS)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def shapes() -> Iterator[tuple[int, int, int]]:
    """(B, I, O): each size in each of the three roles, the other two from OTHERS; then every role large."""
    other = cycle([(m, n) for m in OTHERS for n in OTHERS])
    for size in SIZES:
        for role in range(3):
            for _ in range(2):
                shape = list(next(other))
                shape.insert(role, size)
                yield tuple(shape)  # type: ignore[misc]
    yield from [
        (300, 300, 300),
        (513, 257, 30),
        (256, 1000, 258),
        (257, 513, 300),
        (265, 258, 513),
        (30, 65, 1030),
        (70, 1030, 40),
        (33, 1024, 100),
        (40, 100, 512),
        (25, 300, 300),
        (700, 1030, 1),
        (1, 5000, 70),
    ]


def matrix(rng: np.random.Generator, dtype: type, *shape: int) -> Array:
    return rng.normal(size=shape).astype(dtype)


def assert_product(got: Array, A: Array, B: Array, plus: Array | float, alpha: float = 1.0) -> None:
    """`got` is alpha·A·B + plus up to rounding: a sum of K terms errs by K·ε·Σ|a|·|b|, NumPy's as well."""
    A, B, plus = (np.asarray(x, np.float64) for x in (A, B, plus))
    K = A.shape[1]
    bound = 2 * (K + 4) * np.finfo(got.dtype).eps * (abs(alpha) * (np.abs(A) @ np.abs(B)) + np.abs(plus))
    assert (np.abs(got - (alpha * (A @ B) + plus)) <= bound).all()


@every_isa
@every_dtype
def test_forward_product_is_numpys(isa: str, dtype: type) -> None:
    """Z = A·W + b (eq 1): both operands by rows, and what was in Z before does not matter."""
    rng = np.random.default_rng(1)
    for B, I, O in shapes():
        A_BI, W_IO, b_O = matrix(rng, dtype, B, I), matrix(rng, dtype, I, O), matrix(rng, dtype, O)
        Z_BO = product(isa, A_BI, W_IO, np.full((B, O), np.nan, dtype), bias=b_O)
        assert_product(Z_BO, A_BI, W_IO, b_O)


@every_isa
@every_dtype
def test_backward_product_is_numpys(isa: str, dtype: type) -> None:
    """G = Δ·Wᵀ (eq 9): the right operand by columns."""
    rng = np.random.default_rng(2)
    for B, I, O in shapes():
        D_BO, W_IO = matrix(rng, dtype, B, O), matrix(rng, dtype, I, O)
        G_BI = product(isa, D_BO, W_IO.T, np.full((B, I), np.nan, dtype))
        assert_product(G_BI, D_BO, W_IO.T, 0.0)


@every_isa
@every_dtype
@pytest.mark.parametrize(("alpha", "add"), [(1.0, False), (1.0, True), (-0.25, True), (2.0, False)])
def test_weight_product_is_numpys(isa: str, dtype: type, alpha: float, add: bool) -> None:
    """G = add·G + alpha·Aᵀ·Δ (eq 13): the left operand by columns; alpha = -η, added, is a step."""
    rng = np.random.default_rng(3)
    for B, I, O in shapes():
        A_BI, D_BO, G_IO = matrix(rng, dtype, B, I), matrix(rng, dtype, B, O), matrix(rng, dtype, I, O)
        before = G_IO if add else np.full_like(G_IO, np.nan)
        got = product(isa, A_BI.T, D_BO, before, alpha=alpha, add=add)
        assert_product(got, A_BI.T, D_BO, add * G_IO, alpha)


@every_isa
@every_dtype
def test_an_element_has_the_same_bits_in_any_block(isa: str, dtype: type) -> None:
    """Its sum depends on K alone: not on the tile, the packing or the other rows and columns.

    A single column's is another, but the same for any rows.
    """
    rng = np.random.default_rng(4)
    for K in (1, 17, 256, 300, 600):
        A, B, bias = matrix(rng, dtype, 300, K), matrix(rng, dtype, K, 280), matrix(rng, dtype, 280)
        whole = product(isa, A, B, np.zeros((300, 280), dtype), bias=bias)
        for rows, cols in ((1, 2), (7, 33), (25, 70), (121, 257), (300, 5)):
            part = product(
                isa,
                A[:rows],
                np.ascontiguousarray(B[:, :cols]),
                np.zeros((rows, cols), dtype),
                bias=bias[:cols],
            )
            assert same_bits(part, whole[:rows, :cols])
        for start, add in ((np.full((1, 280), np.nan, dtype), False), (bias[np.newaxis], True)):
            row = product(isa, A[:1].T.copy().T, B, start, alpha=-0.3, add=add)
            for cols in (5, 33, 70):
                b = np.ascontiguousarray(B[:, :cols])
                part = product(isa, A[:1].T.copy().T, b, start[:, :cols], alpha=-0.3, add=add)
                assert same_bits(part, row[:, :cols])
        packed = product(isa, A, np.ascontiguousarray(B.T).T, np.zeros((300, 280), dtype), bias=bias)
        assert same_bits(packed, whole)
        column = product(isa, A, np.ascontiguousarray(B[:, :1]), np.zeros((300, 1), dtype), bias=bias[:1])
        for rows in (1, 3, 122):
            b = np.ascontiguousarray(B[:, :1])
            assert same_bits(product(isa, A[:rows], b, np.zeros((rows, 1), dtype), bias=bias[:1]), column[:rows])


@every_isa
@every_dtype
@pytest.mark.parametrize("name", ["logistic", "relu", "softmax"])
def test_what_follows_a_product_is_the_activation_of_all_of_it(isa: str, dtype: type, name: str) -> None:
    """Block by block or at once: each number goes through the kernel exactly once, forward and backward."""
    rng, sigma = np.random.default_rng(5), sigma_of(isa, name)
    suffix = "f32" if dtype == np.float32 else "f64"
    for B, I, O in ((1, 1, 1), (5, 300, 17), (130, 20, 30), (121, 257, 270), (300, 9, 600)):
        A, W, bias = matrix(rng, dtype, B, I), matrix(rng, dtype, I, O) / I, matrix(rng, dtype, O)
        a, want = Guarded(np.zeros((B, O), dtype)), Guarded(np.zeros((B, O), dtype))
        after = After(FORWARD, ctypes.addressof(sigma), None, None, None, a.address, 0)
        Z = product(isa, A, W, np.zeros((B, O), dtype), bias=bias, after=after)
        z = Guarded(Z)
        assert getattr(sigma, f"fwd_{suffix}")(z.address, want.address, B, O, O, None) == after.status == 0
        assert same_bits(a.intact(), want.inside)

        if sigma.head.hints & IN_PLACE:
            here = After(FORWARD, ctypes.addressof(sigma), None, None, None, None, 0)
            assert same_bits(product(isa, A, W, np.zeros((B, O), dtype), bias=bias, after=here), want.inside)

        delta, expected = Guarded(np.zeros((B, O), dtype)), Guarded(np.zeros((B, O), dtype))
        after = After(BACKWARD, ctypes.addressof(sigma), None, z.address, a.address, delta.address, 0)
        G = Guarded(product(isa, A, W, np.zeros((B, O), dtype), after=after))
        getattr(sigma, f"bwd_{suffix}")(z.address, a.address, G.address, expected.address, B, O, O, None)
        assert same_bits(delta.intact(), expected.inside)


@every_isa
@every_dtype
def test_bias_sum_is_numpys(isa: str, dtype: type) -> None:
    """The sum g = add·g + alpha·1ᵀ·Δ of eq 15."""
    rng = np.random.default_rng(6)
    for size in SIZES:
        for B, O in ((size, 7), (3, size), (1, size)):
            D, before = matrix(rng, dtype, B, O), matrix(rng, dtype, O)
            for alpha, add in ((1.0, False), (-0.1, True), (1.0, True)):
                got = sum_rows(isa, D, before if add else np.full_like(before, np.nan), alpha, add)
                assert_product(got[np.newaxis], np.ones((1, B), dtype), D, add * before, alpha)


@every_isa
@every_dtype
def test_scaled_rows_are_numpys(isa: str, dtype: type) -> None:
    rng = np.random.default_rng(7)
    for B, O in ((1, 1), (3, 67), (67, 3), (33, 257)):
        D, weights = matrix(rng, dtype, B, O), matrix(rng, dtype, B)
        np.testing.assert_array_equal(scale_rows(isa, D, weights), D * weights[:, np.newaxis])


@every_dtype
@pytest.mark.parametrize("sizes", [(1, 1, 1), (66, 67, 65), (257, 300, 31), (1000, 3, 513)])
@pytest.mark.parametrize("n", [1, 2, 67, 300])
def test_a_linear_network_is_three_products(dtype: type, sizes: tuple[int, ...], n: int) -> None:
    """The same through the facade: forward, δ^1 and every weight gradient of a network of identities."""
    net = cbp.Network(sizes, "identity", "identity", cost="quadratic", dtype=dtype, reduction="sum", seed=n)
    rng = np.random.default_rng(n)
    X, y = matrix(rng, dtype, n, sizes[0]), matrix(rng, dtype, n, sizes[-1])
    W, V = net.W[2].astype(np.float64), net.W[3].astype(np.float64)
    a = X @ W.T
    delta_3 = a @ V.T - y
    got = net.gradients(X, y, inputs=True)
    close: dict[str, Any] = {"rtol": 0, "atol": 300 * np.finfo(dtype).eps}
    for found, want in (
        (net.predict(X), a @ V.T),
        (got.W[3], delta_3.T @ a),
        (got.b[3], delta_3.sum(axis=0)),
        (got.W[2], (delta_3 @ V).T @ X),
        (got.b[2], (delta_3 @ V).sum(axis=0)),
        (got.inputs, delta_3 @ V @ W),
    ):
        np.testing.assert_allclose(found / np.abs(want).max(), want / np.abs(want).max(), **close)


@every_isa
@every_dtype
def test_a_row_is_taken_and_looked_at(isa: str, dtype: type) -> None:
    """Whatever is not finite, wherever it stands; what is behind the row does not count."""
    rng = np.random.default_rng(9)
    for n in (1, 2, 7, 16, 17, 31, 32, 33, 64, 67, 129):
        row, following = matrix(rng, dtype, n), matrix(rng, dtype, n)
        row[rng.integers(n)] = np.finfo(dtype).max
        got, finite = take(isa, row, following)
        assert same_bits(got, row)
        assert finite
        for j in range(n):
            for bad in (np.inf, -np.inf, np.nan):
                other = row.copy()
                other[j] = bad
                got, finite = take(isa, other, following)
                assert same_bits(got, other)
                assert not finite
