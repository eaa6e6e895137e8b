"""How networks begin: the distributions the papers ask for, and which activation gets which."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import cbp
from cbp import initializer
from cbp.builtins.activations import cbp_activations
from cbp.builtins.initializers import cbp_initializers
from cbp.initializers import Constant, Glorot, He, LeCun, Normal, Orthogonal, Uniform

Array = np.ndarray[Any, Any]

FAN_OUT, FAN_IN = 300, 120
VARIANCES = {"glorot": 2 / (FAN_IN + FAN_OUT), "he": 2 / FAN_IN, "lecun": 1 / FAN_IN}


def drawn(init: Any, fan_out: int = FAN_OUT, fan_in: int = FAN_IN, seed: int = 0) -> Array:
    W = initializer(init).weights(np.random.default_rng(seed), fan_out, fan_in)
    assert W.shape == (fan_out, fan_in)
    assert W.dtype == np.float64
    return W


@pytest.mark.parametrize(("scheme", "variance"), VARIANCES.items())
def test_uniform_schemes_are_uniform_with_the_papers_variance(scheme: str, variance: float) -> None:
    limit = np.sqrt(3 * variance)
    W = drawn(f"{scheme}_uniform").ravel()
    assert np.abs(W).max() <= limit
    assert stats.kstest(W, stats.uniform(-limit, 2 * limit).cdf).pvalue > 0.01
    assert W.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize(("scheme", "variance"), VARIANCES.items())
def test_normal_schemes_are_normal_with_the_papers_variance(scheme: str, variance: float) -> None:
    W = drawn(f"{scheme}_normal").ravel()
    assert stats.kstest(W, stats.norm(0, np.sqrt(variance)).cdf).pvalue > 0.01
    assert W.var() == pytest.approx(variance, rel=0.03)


def test_plain_distributions_have_the_range_they_are_given() -> None:
    low, high = -0.25, 0.75
    assert stats.kstest(drawn(Uniform(low, high)).ravel(), stats.uniform(low, high - low).cdf).pvalue > 0.01
    assert stats.kstest(drawn(Normal(3.0)).ravel(), stats.norm(0, 3).cdf).pvalue > 0.01
    assert np.abs(drawn("uniform")).max() <= 0.05
    assert drawn("normal").std() == pytest.approx(0.05, rel=0.02)
    assert (drawn(Constant(0.5)) == 0.5).all()
    assert not drawn("zeros").any()
    assert not drawn("constant").any()


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 4), (4, 1), (1, 1), (64, 30)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns(shape: tuple[int, int]) -> None:
    W = drawn(Orthogonal(gain=2.0), *shape)
    product = W @ W.T if shape[0] <= shape[1] else W.T @ W
    np.testing.assert_allclose(product, 4 * np.eye(min(shape)), atol=1e-13)


def test_orthogonal_weights_are_spread_over_all_orthogonal_matrices() -> None:
    """A number of a random orthogonal 3 x 3 matrix is uniform in [-1, 1] (Archimedes), and so is each."""
    draws = np.array([drawn("orthogonal", 3, 3, seed) for seed in range(2000)])
    for i, j in np.ndindex(3, 3):
        assert stats.kstest(draws[:, i, j], stats.uniform(-1, 2).cdf).pvalue > 0.001
    assert 0.45 < (np.linalg.det(draws) > 0).mean() < 0.55


@pytest.mark.parametrize("name", [spec.name for spec in cbp_initializers()])
def test_a_network_begins_with_the_named_weights_and_no_bias(name: str) -> None:
    net = cbp.Network([4, 6, 3], init=name, seed=5, dtype="float64")
    rng = np.random.default_rng(5)
    for l, (fan_out, fan_in) in ((2, (6, 4)), (3, (3, 6))):
        np.testing.assert_array_equal(net.W[l], initializer(name).weights(rng, fan_out, fan_in))
        assert not net.b[l].any()


@pytest.mark.parametrize("spec", cbp_activations(), ids=lambda spec: spec.name)
def test_an_activation_chooses_how_its_layer_begins(spec: Any) -> None:
    net = cbp.Network([4, 6, 3], [spec.name, "tanh"], seed=5, dtype="float64")
    rng = np.random.default_rng(5)
    np.testing.assert_array_equal(net.W[2], initializer(spec.init).weights(rng, 6, 4))
    np.testing.assert_array_equal(net.W[3], Glorot("uniform").weights(rng, 3, 6))


def test_the_defaults_are_the_papers() -> None:
    """He for relu and its like, LeCun for selu, Glorot for what saturates on both sides."""
    defaults = {spec.name: spec.init for spec in cbp_activations()}
    assert {defaults[name] for name in ("relu", "leaky_relu", "elu", "gelu", "silu", "mish")} == {"he_uniform"}
    assert {defaults[name] for name in ("tanh", "logistic", "softmax", "identity")} == {"glorot_uniform"}
    assert defaults["selu"] == "lecun_normal"


def test_he_keeps_the_size_of_a_deep_relu_network() -> None:
    net = cbp.Network([200] * 12, "relu", init=He("normal"), dtype="float64", seed=3)
    X = np.random.default_rng(0).normal(size=(100, 200))
    size = {l: (a**2).mean() for l, a in net.activations(X).items()}
    assert 0.2 < size[12] / size[2] < 5


def test_lecun_keeps_selu_near_mean_0_and_variance_1() -> None:
    net = cbp.Network([200] * 12, "selu", init=LeCun("normal"), dtype="float64", seed=3)
    a = net.activations(np.random.default_rng(0).normal(size=(500, 200)))[12]
    assert abs(a.mean()) < 0.15
    assert 0.7 < a.var() < 1.3


def test_anything_with_a_weights_method_is_an_initializer() -> None:
    class Ramp:
        def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
            return np.arange(fan_out * fan_in).reshape(fan_out, fan_in)

    net = cbp.Network([2, 3, 1], init=Ramp())
    assert net.W[2].tolist() == [[0, 1], [2, 3], [4, 5]]

    class Wrong(Ramp):
        def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
            return np.zeros((fan_in, fan_out))

    with pytest.raises(ValueError, match=r"W\[2\]: expected shape \(3, 2\), got \(2, 3\)"):
        cbp.Network([2, 3, 1], init=Wrong())


@pytest.mark.parametrize(
    ("name", "constants", "message"),
    [
        ("he_uniform", {"shape": "unifrom"}, "shape: expected 'uniform' or 'normal', got 'unifrom'"),
        ("constant", {"value": "one"}, "value: expected a finite number, got 'one'"),
        ("constant", {"value": float("inf")}, "value: expected a finite number, got inf"),
        ("uniform", {"low": float("nan")}, "low: expected a finite number, got nan"),
        ("uniform", {"low": 1, "high": 0}, "high: expected a number >= low, 1, got 0"),
        ("uniform", {"low": -1e308, "high": 1e308}, "high: expected a number >= low, -1e\\+308, got 1e\\+308"),
        ("normal", {"std": -1}, "std: expected a number >= 0, got -1"),
        ("orthogonal", {"gain": None}, "gain: expected a finite number, got None"),
    ],
)
def test_a_wrong_constant_is_named(name: str, constants: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        initializer(name, **constants)


def test_weights_that_are_not_finite_are_refused() -> None:
    class Endless:
        def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> Array:
            return np.full((fan_out, fan_in), np.inf)

    with pytest.raises(ValueError, match=r"W\[2\]: expected finite numbers, got inf"):
        cbp.Network([2, 1], init=Endless())
