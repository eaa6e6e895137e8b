"""The repository's plugins, built and installed as any user would: found by name, trained with, saved."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_calls import CHUNK_INVARIANT, ISAS, READS_Z, backward, forward, needs_python, same_bits, struct
from scipy import stats

import cbp
from cbp.plugin import Activation

Run = Callable[..., str]

BUILT = ("base",) if ISAS == ("base",) else ("v2", "v3", "v4")


@pytest.fixture
def snake(site: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(site)
    import cbp_snake

    return cbp_snake.cbp_activations()[0]


@pytest.fixture
def circular(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(site)
    import cbp_circular

    yield cbp_circular
    del sys.modules["cbp_circular"]


BY_NAME = """
import numpy as np
import cbp

X = np.linspace(-1, 1, 64)[:, None]
for snake, von_mises in (("snake", "von_mises"), ("cbp-snake:snake", "cbp-circular:von_mises")):
    chosen = cbp.activation(snake, alpha=8), cbp.cost(von_mises, kappa=4)
    for activation, cost in ((snake, von_mises), chosen):
        net = cbp.Network([1, 32, 1], activation=activation, cost=cost, seed=1)
        history = net.fit(X, 3 * np.sin(9 * X), epochs=300, batch_size=16, optimizer="adam")
        print(net, history.epochs, net.cost(X, 3 * np.sin(9 * X)) < net.cost(X, 0 * X))
net.save("waves.safetensors")
"""

LOAD = """
import cbp
try:
    print(cbp.load("waves.safetensors"))
except ValueError as error:
    print(error)
"""


def test_they_are_found_by_short_and_full_name_trained_and_saved(run: Run, site: Path) -> None:
    lines = run(BY_NAME, site).splitlines()
    plain = "<cbp.Network 1-32-1 snake(alpha=0.5), identity; von_mises(kappa=1); float32> 300 True"
    chosen = "<cbp.Network 1-32-1 snake(alpha=8), identity; von_mises(kappa=4); float32> 300 True"
    assert lines[:4] == [plain, chosen] * 2
    assert run(LOAD, site).strip() == chosen.removesuffix(" 300 True")
    assert "install cbp-snake==0.1.0" in run(LOAD)


LISTED = """
import cbp
print(sorted(name for name in (*cbp.activations(), *cbp.costs()) if not name.startswith("cbp:")))
"""


def test_all_that_they_provide_is_listed(run: Run, site: Path) -> None:
    assert ast.literal_eval(run(LISTED, site)) == [
        "cbp-circular:direction", "cbp-circular:von_mises", "cbp-snake:snake",
        "cbp-sparsemax:sparsemax", "cbp-sparsemax:sparsemax_loss",
    ]  # fmt: skip


TWO_CLASSES = """
import numpy as np
import cbp

X = np.random.default_rng(0).normal(size=(200, 2))
labels = (X[:, 0] * X[:, 1] > 0).astype(int)
scores = cbp.Network([2, 16, 2], "tanh", cost="sparsemax_loss", seed=1)
shares = cbp.Network([2, 16, 2], ["tanh", "sparsemax"], cost="squared_error", seed=1)
for net in (scores, shares):
    net.fit(X, labels, epochs=200, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
    print(net, (net.predict(X).argmax(axis=1) == labels).mean() > 0.95)
a = shares.predict(X)
print((a == 0).any(), np.allclose(a.sum(axis=1), 1, atol=1e-6))
"""


def test_sparsemax_and_its_loss_tell_classes_apart(run: Run, site: Path) -> None:
    """With warnings as errors: the shared library is there and is called."""
    assert run(TWO_CLASSES, site, PYTHONWARNINGS="error").splitlines() == [
        "<cbp.Network 2-16-2 tanh, identity; sparsemax_loss; float32> True",
        "<cbp.Network 2-16-2 tanh, sparsemax; squared_error; float32> True",
        "True True",
    ]


def test_the_library_of_sparsemax_is_one_for_every_python(site: Path) -> None:
    (wheel,) = site.glob("cbp_sparsemax-*.dist-info/WHEEL")
    assert re.search(r"^Tag: py3-none-(?!any)", wheel.read_text(), re.MULTILINE)
    names = {path.name for path in (site / "cbp_sparsemax").iterdir() if path.suffix != ".pyc"}
    assert names - {"__init__.py", "__pycache__"} == {f"kernel_{isa}.so" for isa in BUILT}
    for isa in BUILT:
        assert not needs_python(site / "cbp_sparsemax" / f"kernel_{isa}.so")


@pytest.mark.parametrize("alpha", [0.5, 7.0, 50.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_snakes_kernel_is_its_numpy_tier(snake: Any, alpha: float, dtype: type) -> None:
    rng = np.random.default_rng(0)
    z, g = rng.normal(scale=4, size=(2, 37, 23)).astype(dtype)
    kernel, ctx = struct(snake.kernel), {"alpha": alpha}
    assert kernel.head.hints == READS_Z | CHUNK_INVARIANT
    a = forward(kernel, z, ctx)
    out = backward(kernel, z, a, g, ctx)
    exact = z.astype(np.longdouble)
    eps = float(np.finfo(dtype).eps)  # |z| and |g| stay below 16; rounding αz moves the sine by up to 16 α eps
    np.testing.assert_allclose(a, snake.forward(exact, **ctx), rtol=0, atol=80 * eps)
    slope = snake.derivative(exact, None, **ctx)
    np.testing.assert_allclose(out, g * slope, rtol=0, atol=640 * alpha * eps)
    assert same_bits(forward(kernel, z, ctx, gap=5), a)
    assert same_bits(backward(kernel, z, a, g, ctx, gap=5), out)
    assert same_bits(forward(kernel, z[:, 3:10], ctx), a[:, 3:10])


@pytest.mark.parametrize("alpha", [0.5, 7.0])
def test_snakes_slope_is_the_derivative_of_its_value(snake: Any, alpha: float) -> None:
    z, h = np.linspace(-3, 3, 101, dtype=np.longdouble), 1e-6
    slope = (snake.forward(z + h, alpha=alpha) - snake.forward(z - h, alpha=alpha)) / (2 * h)
    np.testing.assert_allclose(snake.derivative(z, None, alpha=alpha), slope, atol=1e-8)
    ripple = (1 - np.cos(2 * alpha * z)) / (2 * alpha)
    np.testing.assert_allclose(snake.forward(z, alpha=alpha), z + ripple, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_snakes_two_tiers_train_alike(snake: Any, dtype: str) -> None:
    X = np.linspace(-1, 1, 200)[:, None]

    def trained(spec: Activation) -> np.ndarray:
        net = cbp.Network([1, 16, 16, 1], activation=spec, output_activation="identity", dtype=dtype, seed=2)
        net.fit(X, np.sin(9 * X), epochs=10, batch_size=10, optimizer=cbp.SGD(lr=0.01))
        return net.parameters

    atol = {"float32": 1e-5, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(trained(snake), trained(replace(snake, kernel=None)), rtol=0, atol=atol)


def test_snake_continues_a_sine_where_relu_runs_away(snake: Any) -> None:
    """The claim of its paper: both fit the data, but beyond them relu goes on along a line."""
    near, beyond = (np.linspace(*ends, 300)[:, None] for ends in ((-4, 4), (4, 8)))

    def error(activation: Any) -> float:
        net = cbp.Network([1, 64, 1], activation=activation, output_activation="identity", seed=0)
        net.fit(near, np.sin(2 * near), epochs=1000, batch_size=50, optimizer=cbp.Adam(lr=5e-3))
        assert np.mean((net.predict(near) - np.sin(2 * near)) ** 2) < 0.05
        return float(np.mean((net.predict(beyond) - np.sin(2 * beyond)) ** 2))

    assert error(cbp.registry.chosen.choose("activation", snake, alpha=5)) < 0.2 < 2 < error("relu")


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.inf])
def test_snake_refuses_an_alpha_that_is_not_above_0(snake: Any, alpha: float) -> None:
    with pytest.raises(ValueError, match="'snake': alpha must be a number above 0"):
        cbp.registry.chosen.choose("activation", snake, alpha=alpha)


def von_mises(circular: Any) -> Any:
    return circular.cbp_costs()[0]


@pytest.mark.parametrize("kappa", [0.5, 1.0, 12.0])
def test_von_mises_is_a_negative_log_likelihood(circular: Any, kappa: float) -> None:
    """SciPy's distribution; the constant log 2πI₀(κ) - κ cancels between two samples."""
    cost, rng = von_mises(circular), np.random.default_rng(0)
    a, y = rng.uniform(-9, 9, (2, 50, 3))
    value = cost.value(a, y, kappa=kappa)
    surprisal = -stats.vonmises.logpdf(y, kappa, loc=a).sum(axis=1)
    np.testing.assert_allclose(value - value[0], surprisal - surprisal[0], atol=1e-12)


def test_von_mises_takes_no_notice_of_whole_turns(circular: Any) -> None:
    cost, rng = von_mises(circular), np.random.default_rng(0)
    a, y = rng.uniform(-3, 3, (2, 50, 3))
    turns = 2 * np.pi * rng.integers(-3, 4, (2, 50, 3))
    for function in (cost.value, cost.gradient):
        turned = function(a + turns[0], y + turns[1], kappa=2)
        np.testing.assert_allclose(turned, function(a, y, kappa=2), atol=1e-13)


def test_von_mises_learns_angles_across_the_cut(circular: Any) -> None:
    """Angles near ±π, written on one branch: least squares sees two clusters, von Mises one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    angle = np.pi + 0.7 * np.tanh(X @ [1.0, -0.5])
    branch = np.arctan2(np.sin(angle), np.cos(angle))

    def error(cost: Any) -> float:
        net = cbp.Network([2, 16, 1], activation="tanh", output_activation="identity", cost=cost, seed=1)
        net.b[3] = [np.angle(np.exp(1j * branch).mean())]
        net.fit(X, branch, epochs=100, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
        return float(np.mean(1 - np.cos(net.predict(X)[:, 0] - angle)))

    assert error(von_mises(circular)) < 0.001 < 0.05 < error("squared_error")


def test_direction_learns_an_angle_that_goes_all_the_way_round(circular: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    angle = np.arctan2(X[:, 1], X[:, 0])
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    net = cbp.Network([2, 16, 2], "tanh", circular.cbp_activations()[0], "squared_error", seed=1)
    net.fit(X, unit, epochs=60, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
    a = net.predict(X)
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, rtol=1e-6)
    assert np.mean((a * unit).sum(axis=1)) > 0.99


def test_directions_vjp_is_g_times_the_jacobian(circular: Any) -> None:
    direction, (z, g) = circular.cbp_activations()[0], np.random.default_rng(0).normal(size=(2, 20, 4))
    h = 1e-6 * np.eye(4)[:, np.newaxis]  # a step along each unit in turn
    jacobian = [(direction.forward(z + h[j]) - direction.forward(z - h[j])) / 2e-6 for j in range(4)]
    want = np.stack([(g * column).sum(axis=1) for column in jacobian], axis=1)
    np.testing.assert_allclose(direction.vjp(z, direction.forward(z), g), want, atol=1e-8)


def test_direction_of_nothing_is_nothing(circular: Any) -> None:
    direction, zero = circular.cbp_activations()[0], np.zeros((1, 3), np.float32)
    assert (direction.forward(zero) == 0).all()
    assert (direction.vjp(zero, zero, np.ones_like(zero)) == 0).all()
