"""The optimisers step by step against torch.optim 2.13 in float64, from trajectories that PyTorch wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cbp
from cbp import optimizers
from cbp.builtins.optimizers import cbp_optimizers
from cbp.optimizers import Compiled

FOUND: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torch_trajectories.json").read_text())
CASES: list[dict[str, Any]] = FOUND["cases"]
NAMES = [spec.name for spec in cbp_optimizers() if hasattr(cbp.optimizer(spec), "update")]
IDS = [f"{case['optimizer']}-{'-'.join(case['constants']) or 'defaults'}" for case in CASES]

every_case = pytest.mark.parametrize("case", CASES, ids=[f"{i}-{name}" for i, name in enumerate(IDS)])


def made(case: dict[str, Any]) -> Compiled:
    constants = {key: tuple(value) if isinstance(value, list) else value for key, value in case["constants"].items()}
    optimizer: Compiled = getattr(optimizers, case["optimizer"])(**constants)
    return optimizer


def trajectory(optimizer: Any, dtype: str = "float64") -> np.ndarray:
    """The parameters after each step along the gradients that PyTorch's optimiser was given."""
    theta, curvature = (np.array(FOUND[name], dtype) for name in ("start", "curvature"))
    state, seen = optimizer.init(theta), []
    for noise in np.array(FOUND["noise"], dtype):
        optimizer.update(curvature * theta + noise, state, theta, float(optimizer.lr))
        seen.append(theta.copy())
    return np.array(seen)


@every_case
def test_every_step_is_torchs(case: dict[str, Any]) -> None:
    want = np.array(case["parameters"])
    np.testing.assert_allclose(trajectory(made(case)), want, rtol=1e-12, atol=1e-12)


@every_case
def test_float32_takes_the_same_steps(case: dict[str, Any]) -> None:
    optimizer = made(case)
    np.testing.assert_allclose(trajectory(optimizer, "float32"), trajectory(optimizer), rtol=2e-5, atol=2e-5)


def test_torch_was_asked_about_every_optimiser_it_has() -> None:
    asked = {type(made(case)) for case in CASES}
    assert {type(cbp.optimizer(name)) for name in NAMES} - asked == {optimizers.Lion}


def test_lion_is_its_papers() -> None:
    """Chen et al. 2023, algorithm 2."""
    lr, (beta1, beta2), decay = 0.02, (0.8, 0.95), 0.1
    got = trajectory(optimizers.Lion(lr, (beta1, beta2), decay))
    theta, m = np.array(FOUND["start"]), np.zeros(5)
    for noise, after in zip(FOUND["noise"], got, strict=True):
        g = FOUND["curvature"] * theta + np.array(noise)
        c = beta1 * m + (1 - beta1) * g
        theta = theta - lr * (np.sign(c) + decay * theta)
        m = beta2 * m + (1 - beta2) * g
        np.testing.assert_allclose(after, theta, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 16, 17, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_an_element_does_not_depend_on_its_neighbours(name: str, n: int) -> None:
    """Vector body and remainder of a loop do the same, in whatever place an element stands."""
    optimizer: Any = cbp.optimizer(name)
    rng = np.random.default_rng(n)
    together, gradients = rng.normal(size=n), rng.normal(size=(5, n))
    alone = together.copy()
    state = optimizer.init(together)
    for g in gradients:
        optimizer.update(g, state, together, 0.01)
    for i in {0, n // 2, n - 1}:
        one, state = alone[i : i + 1].copy(), optimizer.init(alone[:1])
        for g in gradients:
            optimizer.update(g[i : i + 1].copy(), state, one, 0.01)
        np.testing.assert_allclose(one[0], together[i], rtol=1e-14)
