"""The paper's equations 1 to 15, number for number: `net.trace` gives its objects, NumPy multiplies them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cbp
from cbp.paper import Trace

Array = np.ndarray[Any, Any]

SIZES = [3, 4, 5, 2]
CONVENTIONS = pytest.mark.parametrize("input_activation", ["identity", "logistic"])
EPSILON = 1e-6  # the Δ of a Taylor expansion; what it leaves out is of the order of its square


def logistic(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def network(input_activation: str = "logistic", **options: Any) -> cbp.Network:
    net = cbp.Network(SIZES, "logistic", input_activation=input_activation, dtype="float64", seed=7, **options)
    net.parameters += 0.5 * np.random.default_rng(7).normal(size=net.n_parameters)
    return net


def sample() -> tuple[Array, Array]:
    return np.array([0.3, -0.8, 1.2]), np.array([0.9, 0.2])


def C_of(net: cbp.Network, z: Array, l: int) -> float:
    """C_l of eq 4: the cost as a function of z^l, in NumPy."""
    for k in range(l + 1, net.L + 1):
        z = net.W[k] @ logistic(z) + net.b[k][:, np.newaxis]
    return float(((logistic(z).T - sample()[1]) ** 2).sum())


@pytest.fixture(params=["identity", "logistic"])
def traced(request: pytest.FixtureRequest) -> tuple[cbp.Network, Trace]:
    net = network(request.param)
    return net, net.trace(*sample())


def test_every_object_has_the_papers_shape(traced: tuple[cbp.Network, Trace]) -> None:
    net, trace = traced
    N = dict(enumerate(SIZES, start=1))
    assert net.L == 4
    for l in range(1, 5):
        assert trace.z[l].shape == trace.a[l].shape == (N[l], 1)
        assert trace.delta[l].shape == (1, N[l])
        assert trace.da_dz[l].shape == (N[l], N[l])
    for l in range(2, 5):
        assert trace.W[l].shape == (N[l], N[l - 1])
        assert trace.dC_dW[l].shape == (N[l - 1], N[l])
        assert trace.dC_db[l].shape == (1, N[l])
        assert trace.dz_dW(l).shape == (N[l], N[l - 1], N[l])
        assert trace.dz_db(l).shape == (N[l], N[l])
        assert trace.dz_dz(l - 1).shape == (N[l], N[l - 1])
    assert trace.dC_da.shape == (1, N[4])
    assert isinstance(trace.C, float)


def test_equation_1_z_is_W_a_plus_b(traced: tuple[cbp.Network, Trace]) -> None:
    net, trace = traced
    for l in range(2, 5):
        np.testing.assert_allclose(trace.z[l], net.W[l] @ trace.a[l - 1] + net.b[l][:, np.newaxis], rtol=1e-14)


def test_equation_2_f_is_sigma_after_every_phi() -> None:
    z, _ = sample()
    z = z[:, np.newaxis]
    net = network("logistic")
    for l in range(2, 5):
        z = net.W[l] @ logistic(z) + net.b[l][:, np.newaxis]  # φ^l
    np.testing.assert_allclose(net.predict(sample()[0]), logistic(z)[:, 0], rtol=1e-14)


def test_the_usual_convention_leaves_the_input_alone() -> None:
    usual, paper = network("identity"), network("logistic")
    x, target = sample()
    assert usual.trace(x, target).a[1].tolist() == x[:, np.newaxis].tolist()
    np.testing.assert_allclose(paper.trace(x, target).a[1][:, 0], logistic(x), rtol=1e-15)
    np.testing.assert_allclose(usual.predict(logistic(x)), paper.predict(x), rtol=1e-14)


def test_equation_3_is_the_first_order_change_of_C(traced: tuple[cbp.Network, Trace]) -> None:
    """C(W + ΔW) ≈ C(W) + [δC/δW]·ΔW, the product summing over both dimensions."""
    net, trace = traced
    rng = np.random.default_rng(1)
    for l in net.W:
        dW = EPSILON * rng.normal(size=net.W[l].shape)
        product = sum(trace.dC_dW[l][j, i] * dW[i, j] for i in range(len(dW)) for j in range(dW.shape[1]))
        before, W = net.cost(*sample()), net.W[l].copy()
        net.W[l] = W + dW
        after = net.cost(*sample())
        net.W[l] = W
        assert product != 0
        assert after - before == pytest.approx(product, abs=50 * EPSILON**2)


def test_section_3_5_the_box_times_dW_is_the_change_of_z(traced: tuple[cbp.Network, Trace]) -> None:
    """z(W + ΔW) = z(W) + [δz/δW]·ΔW, exactly: z is linear in W."""
    net, trace = traced
    rng = np.random.default_rng(2)
    for l in net.W:
        dW = rng.normal(size=net.W[l].shape)
        product = np.einsum("kij,ji->k", trace.dz_dW(l), dW)
        net.W[l] += dW
        changed = net.trace(*sample()).z[l]
        net.W[l] -= dW
        np.testing.assert_allclose(changed[:, 0] - trace.z[l][:, 0], product, rtol=1e-9, atol=1e-12)


def test_the_box_holds_a_where_k_is_j(traced: tuple[cbp.Network, Trace]) -> None:
    _, trace = traced
    for l in (2, 3, 4):
        box = trace.dz_dW(l)
        for k, i, j in np.ndindex(*box.shape):
            assert box[k, i, j] == (trace.a[l - 1][i, 0] if k == j else 0)


def test_equation_5_delta_L(traced: tuple[cbp.Network, Trace]) -> None:
    _, trace = traced
    a = trace.a[4]
    np.testing.assert_allclose(trace.dC_da, 2 * (a.T - sample()[1]), rtol=1e-14)
    np.testing.assert_allclose(trace.da_dz[4], np.diag((a * (1 - a))[:, 0]), rtol=1e-14)
    np.testing.assert_allclose(trace.delta[4], trace.dC_da @ trace.da_dz[4], rtol=1e-13)


def test_equations_6_to_9_delta_l_from_delta_l_plus_1(traced: tuple[cbp.Network, Trace]) -> None:
    net, trace = traced
    for l in (1, 2, 3):
        sigma_prime = np.diag(np.diag(trace.da_dz[l]))
        np.testing.assert_array_equal(trace.da_dz[l], sigma_prime)  # eq 8
        np.testing.assert_allclose(trace.dz_dz(l), net.W[l + 1] @ trace.da_dz[l], rtol=1e-15)  # eq 7
        np.testing.assert_allclose(trace.delta[l], trace.delta[l + 1] @ trace.dz_dz(l), rtol=1e-12)  # eq 6
        np.testing.assert_allclose(trace.delta[l], trace.delta[l + 1] @ net.W[l + 1] @ sigma_prime, rtol=1e-12)  # eq 9


def test_equation_8_is_sigma_prime(traced: tuple[cbp.Network, Trace]) -> None:
    _, trace = traced
    for l in (2, 3, 4):
        z = trace.z[l]
        slope = (logistic(z + EPSILON) - logistic(z - EPSILON)) / (2 * EPSILON)
        np.testing.assert_allclose(np.diag(trace.da_dz[l]), slope[:, 0], rtol=1e-8)


def test_equation_11_delta_is_the_derivative_of_C_by_z() -> None:
    """δ^l = δC_l/δz^l: the slope of the cost seen as a function of z^l alone (eq 4), δ^1 included."""
    net = network("logistic")
    trace = net.trace(*sample())
    for l in range(1, 5):
        for i, step in enumerate(EPSILON * np.eye(SIZES[l - 1])[:, :, np.newaxis]):
            slope = (C_of(net, trace.z[l] + step, l) - C_of(net, trace.z[l] - step, l)) / (2 * EPSILON)
            assert trace.delta[l][0, i] == pytest.approx(slope, rel=1e-6, abs=1e-10)


def test_equations_10_and_12_sum_over_k(traced: tuple[cbp.Network, Trace]) -> None:
    _, trace = traced
    for l in (2, 3, 4):
        box, delta = trace.dz_dW(l), trace.delta[l][0]
        np.testing.assert_allclose(trace.dC_dW[l], np.einsum("k,kij->ij", delta, box), rtol=1e-14)


def test_equation_13_is_an_outer_product(traced: tuple[cbp.Network, Trace]) -> None:
    net, trace = traced
    core = net.gradients(*sample())
    for l in (2, 3, 4):
        outer = trace.a[l - 1] @ trace.delta[l]
        np.testing.assert_allclose(trace.dC_dW[l], outer, rtol=1e-14)
        np.testing.assert_allclose(core.W[l].T, outer, rtol=1e-14)


def test_equations_14_and_15_delta_times_identity(traced: tuple[cbp.Network, Trace]) -> None:
    net, trace = traced
    core = net.gradients(*sample())
    for l in (2, 3, 4):
        np.testing.assert_array_equal(trace.dz_db(l), np.eye(SIZES[l - 1]))
        np.testing.assert_allclose(trace.dC_db[l], trace.delta[l] @ trace.dz_db(l), rtol=1e-14)
        np.testing.assert_allclose(core.b[l], trace.delta[l][0], rtol=1e-14)


@CONVENTIONS
def test_delta_1_is_the_gradient_by_the_input(input_activation: str) -> None:
    net = network(input_activation)
    x, target = sample()
    delta_1 = net.trace(x, target).delta[1]
    core: Any = net.gradients(x, target, inputs=True)
    np.testing.assert_allclose(core.inputs, delta_1, rtol=1e-14)
    for i, step in enumerate(EPSILON * np.eye(3)):
        slope = (net.cost(x + step, target) - net.cost(x - step, target)) / (2 * EPSILON)
        assert delta_1[0, i] == pytest.approx(slope, rel=1e-6)


def test_a_network_computed_by_hand() -> None:
    """1-1-1, logistic everywhere, on the input too.

    With z^1 = 0 and W^2 = 2, b^2 = -1: a^1 = 1/2, z^2 = 0, a^2 = 1/2. With W^3 = 4, b^3 = -2: z^3 = 0,
    a^3 = 1/2. For λ = 1: C = 1/4, δC/δa = -1, and every σ′ is 1/4.
    """
    net = cbp.Network([1, 1, 1], "logistic", input_activation="logistic", dtype="float64", init="zeros")
    net.W[2], net.b[2], net.W[3], net.b[3] = [[2.0]], [-1.0], [[4.0]], [-2.0]
    trace = net.trace([0.0], [1.0])
    assert trace.C == 0.25
    assert [trace.z[l].item() for l in (1, 2, 3)] == [0, 0, 0]
    assert [trace.a[l].item() for l in (1, 2, 3)] == [0.5, 0.5, 0.5]
    assert trace.dC_da.item() == -1
    assert trace.delta[3].item() == -1 / 4  # -1 · 1/4
    assert trace.delta[2].item() == -1 / 4  # -1/4 · 4 · 1/4
    assert trace.delta[1].item() == -1 / 8  # -1/4 · 2 · 1/4
    assert trace.dC_dW[3].item() == -1 / 8  # 1/2 · -1/4
    assert trace.dC_dW[2].item() == -1 / 8
    assert trace.dC_db[3].item() == trace.dC_db[2].item() == -1 / 4


def test_two_inputs_and_outputs_by_hand() -> None:
    """A linear layer with squared_error.

    z^2 = W·x + b = (1·1 + 2·2 + 1, 3·1 + 4·2 - 1) = (6, 10) and λ = (5, 12): C = 1² + 2² = 5,
    δ^2 = 2(a - λ) = (2, -4), [δC/δW] = x ⊗ δ^2, δ^1 = δ^2·W = (2·1 - 4·3, 2·2 - 4·4).
    """
    net = cbp.Network([2, 2], "identity", dtype="float64", init="zeros")
    net.W[2], net.b[2] = [[1, 2], [3, 4]], [1, -1]
    got: Any = net.gradients([1, 2], [5, 12], inputs=True)
    assert got.cost == 5
    assert got.b[2].tolist() == [2, -4]
    assert got.W[2].T.tolist() == [[2, -4], [4, -8]]
    assert got.W[2].tolist() == [[2, 4], [-4, -8]]
    assert got.inputs.tolist() == [[-10, -12]]


def test_squared_error_is_the_papers_and_quadratic_is_nielsens() -> None:
    x, target = sample()
    paper, nielsen = network(cost="squared_error"), network(cost="quadratic")
    a = paper.predict(x)
    assert paper.cost(x, target) == pytest.approx(((a - target) ** 2).sum(), rel=1e-14)
    assert nielsen.cost(x, target) == pytest.approx(((a - target) ** 2).sum() / 2, rel=1e-14)
    np.testing.assert_allclose(paper.trace(x, target).dC_da, [2 * (a - target)], rtol=1e-14)
    np.testing.assert_allclose(nielsen.trace(x, target).dC_da, [a - target], rtol=1e-14)
    np.testing.assert_allclose(paper.gradients(x, target).flat, 2 * nielsen.gradients(x, target).flat, rtol=1e-14)


@CONVENTIONS
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_of_rows_is_the_sum_of_its_samples(input_activation: str, reduction: str, dtype: str) -> None:
    """E is the sum or average of C over the samples, and so is its gradient."""
    net = cbp.Network(SIZES, "tanh", input_activation=input_activation, reduction=reduction, dtype=dtype)
    rng = np.random.default_rng(3)
    X, targets = rng.normal(size=(6, 3)).astype(dtype), rng.normal(size=(6, 2)).astype(dtype)
    traces = [net.trace(x, t) for x, t in zip(X, targets, strict=True)]
    n = 6 if reduction == "mean" else 1
    got: Any = net.gradients(X, targets, inputs=True)
    close: Any = {"rtol": 1e-4 if dtype == "float32" else 1e-12, "atol": 100 * np.finfo(dtype).eps}
    assert got.cost == pytest.approx(sum(t.C for t in traces) / n, rel=close["rtol"])
    for l in (2, 3, 4):
        np.testing.assert_allclose(got.W[l].T, sum(t.dC_dW[l] for t in traces) / n, **close)
        np.testing.assert_allclose(got.b[l], sum(t.dC_db[l][0] for t in traces) / n, **close)
    np.testing.assert_allclose(got.inputs, [t.delta[1][0] / n for t in traces], **close)


def test_a_rowwise_activation_has_a_full_jacobian() -> None:
    """Softmax mixes a row, so eq 8's matrix is no longer diagonal; eqs 5, 6 and 12 hold as they are."""
    net = cbp.Network([3, 4, 3], "softmax", cost="cross_entropy", dtype="float64", seed=2)
    trace = net.trace([0.4, -1.0, 0.1], 2)
    a = trace.a[3]
    np.testing.assert_allclose(trace.da_dz[3], np.diag(a[:, 0]) - a @ a.T, rtol=1e-13)
    np.testing.assert_allclose(trace.delta[3], trace.dC_da @ trace.da_dz[3], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(trace.delta[3], a.T - [[0, 0, 1]], rtol=1e-13)
    np.testing.assert_allclose(trace.delta[2], trace.delta[3] @ trace.dz_dz(2), rtol=1e-11, atol=1e-16)


def test_a_trace_is_of_the_network_as_it_is_now() -> None:
    """It shows frozen layers' gradients too, copies what it shows, and changes nothing."""
    net, (x, target) = network(), sample()
    free, before = net.trace(x, target), net.parameters.copy()
    net.freeze(2)
    frozen = net.trace(x, target)
    for l in (2, 3, 4):
        np.testing.assert_array_equal(frozen.dC_dW[l], free.dC_dW[l])
        free.W[l][...] = 0
        free.dC_dW[l][...] = 0
    assert net.parameters.tobytes() == before.tobytes()
    net.W[2] = np.zeros((4, 3))
    assert frozen.W[2].any()
    assert not net.trace(x, target).W[2].any()


@pytest.mark.parametrize(
    ("x", "target", "message"),
    [
        (
            [1.0, 2.0],
            [0.0, 1.0],
            r"X: expected samples as rows, shape \(n, 3\), or one sample of shape \(3,\)",
        ),
        (np.zeros((2, 3)), np.zeros((2, 2)), r"x: expected one sample of shape \(3,\), got 2 samples"),
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], r"targets: expected shape \(1, 2\)"),
        ([1.0, np.nan, 3.0], [0.0, 1.0], "X: expected finite numbers, got nan"),
    ],
)
def test_a_trace_needs_one_good_sample(x: Any, target: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network().trace(x, target)
