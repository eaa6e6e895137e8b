"""The costs are likelihoods of SciPy's distributions, and networks that minimise them find what is to be found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cbp_survival import cbp_costs, log_logistic_survival, signed, weibull_survival
from scipy import optimize, stats

import cbp

README = Path(__file__).parents[1] / "README.md"
WEIBULL, LOG_LOGISTIC = cbp_costs()
RNG = np.random.default_rng(0)
Frozen = Callable[[Any, float], Any]


def weibull(a: Any, shape: float) -> Any:
    return stats.weibull_min(shape, scale=np.exp(a))


def log_logistic(a: Any, shape: float) -> Any:
    return stats.fisk(shape, scale=np.exp(a))


both = pytest.mark.parametrize(("cost", "model"), [(WEIBULL, weibull), (LOG_LOGISTIC, log_logistic)])
shapes = pytest.mark.parametrize("shape", [0.3, 1.0, 4.0])


@both
@shapes
def test_an_event_costs_its_log_density_and_a_censored_time_its_log_survival(
    cost: Any, model: Frozen, shape: float
) -> None:
    a, t = RNG.normal(size=(200, 1)), RNG.exponential(size=(200, 1))
    T = model(a, shape)
    np.testing.assert_allclose(cost.value(a, t, shape=shape), -T.logpdf(t)[:, 0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(cost.value(a, -t, shape=shape), -T.logsf(t)[:, 0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("survival", "model"), [(weibull_survival, weibull), (log_logistic_survival, log_logistic)])
@shapes
def test_the_survival_functions_are_those_of_the_models(survival: Any, model: Frozen, shape: float) -> None:
    a, t = RNG.normal(size=50), RNG.exponential(size=50)
    np.testing.assert_allclose(survival(t, a, shape), model(a, shape).sf(t), rtol=1e-10)


@both
def test_a_time_of_which_nothing_is_known_costs_nothing(cost: Any, model: Frozen) -> None:
    a, y = np.array([[-3.0, 0.0, 40.0]]), np.zeros((1, 3))
    assert cost.value(a, y, shape=2.0) == 0
    assert (cost.gradient(a, y, shape=2.0) == 0).all()


def data(shape: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Samples and signed times of a linear model, a third of them censored."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, 2))
    lifetime = weibull(X @ [0.7, -0.4] + 0.2, shape).rvs(random_state=rng)
    end = rng.exponential(2.5, size=n)
    return X, signed(np.minimum(lifetime, end), lifetime <= end)


@both
def test_a_network_without_hidden_layers_finds_the_maximum_likelihood(cost: Any, model: Frozen) -> None:
    """SciPy finds the same with its own distributions and minimiser."""
    X, y = data(shape=1.5)
    d, t = y[:, 0] > 0, np.abs(y[:, 0])

    def surprisal(beta: np.ndarray) -> float:
        T = model(X @ beta[:2] + beta[2], 1.5)
        return float(-np.where(d, T.logpdf(t), T.logsf(t)).mean())

    found = optimize.minimize(surprisal, np.zeros(3), method="BFGS", options={"gtol": 1e-9})
    net = cbp.Network([2, 1], cost=cbp.cost(cost.name, shape=1.5), dtype="float64", seed=1)
    net.fit(X, y, epochs=3000, batch_size=len(X), optimizer=cbp.Adam(lr=0.02))
    assert net.cost(X, y) == pytest.approx(found.fun, abs=1e-9)
    np.testing.assert_allclose([*net.W[2][0], net.b[2][0]], found.x, atol=1e-5)


@both
@pytest.mark.parametrize(("dtype", "atol"), [("float32", 1e-5), ("float64", 1e-13)])
def test_kernel_and_numpy_functions_train_alike(cost: Any, model: Frozen, dtype: str, atol: float) -> None:
    X, y = data(shape=1.0)

    def trained(spec: Any) -> np.ndarray:
        net = cbp.Network([2, 8, 1], "tanh", cost=spec, dtype=dtype, seed=2)
        net.fit(X, y, epochs=10, batch_size=20, optimizer=cbp.SGD(lr=0.01))
        return net.parameters

    np.testing.assert_allclose(trained(cost), trained(replace(cost, kernel=None)), rtol=0, atol=atol)


def test_the_readmes_example_finds_the_scale_where_least_squares_falls_short() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    X, y, scale, a = (names[name] for name in ("X", "y", "scale", "a"))
    assert 0.4 < (y < 0).mean() < 0.6
    assert np.sqrt(np.mean((a - np.log(scale)) ** 2)) < 0.15
    np.testing.assert_allclose(names["median"], weibull(a, 2).median(), rtol=1e-4)
    np.testing.assert_allclose(names["alive"], weibull(a, 2).sf(1), rtol=1e-4)

    plain = cbp.Network([2, 16, 1], activation="tanh", output_activation="identity", cost="squared_error", seed=1)
    plain.fit(X, np.log(np.abs(y)), epochs=200, batch_size=50, optimizer=cbp.Adam(lr=0.01))
    log_mean = np.log(scale) - np.euler_gamma / 2  # of the true lifetimes
    assert np.mean(plain.predict(X)[:, 0] - log_mean) < -0.3 < -0.1 < np.mean(a - np.log(scale))


WRONG = {
    "negative": ([1.0, -2.0], [1, 1], "expected times above 0"),
    "an event at once": ([0.0, 2.0], [1, 0], "expected times above 0"),
    "nan": ([np.nan, 2.0], [1, 0], "expected times above 0"),
    "lengths": ([1.0, 2.0], [1], r"one shape, got \(2,\) and \(1,\)"),
    "events": ([1.0, 2.0], [1, 2], "an event of 0 or 1, got .*2"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_times_are_refused(wrong: str) -> None:
    time, event, message = WRONG[wrong]
    with pytest.raises(ValueError, match=message):
        signed(time, event)


def test_signed_times_are_a_column_for_each_output() -> None:
    assert signed([1, 2, 0], [True, False, False]).tolist() == [[1], [-2], [0]]
    assert signed([[1, 2], [3, 4]], [[1, 0], [0, 1]]).tolist() == [[1, -2], [-3, 4]]
