"""The optimisers step by step against optax in float64, where optax has the same formula."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cbp import optimizers as o
from cbp.optimizers import Compiled

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

STEPS, SIZE = 40, 30

CASES: list[tuple[Compiled, Any]] = [
    (o.SGD(0.1), optax.sgd(0.1)),
    (o.SGD(0.1, momentum=0.9), optax.sgd(0.1, momentum=0.9)),
    (o.SGD(0.1, momentum=0.9, nesterov=True), optax.sgd(0.1, momentum=0.9, nesterov=True)),
    (o.SGD(0.1, weight_decay=0.2), optax.chain(optax.add_decayed_weights(0.2), optax.sgd(0.1))),
    (o.Adam(0.05, (0.8, 0.95), 1e-6), optax.adam(0.05, 0.8, 0.95, 1e-6)),
    (o.AdamW(0.05, weight_decay=0.3), optax.adamw(0.05, weight_decay=0.3)),
    (o.RAdam(0.05, (0.8, 0.9), 1e-30), optax.radam(0.05, 0.8, 0.9, 1e-30)),  # they add ε at different places
    (o.Adamax(0.05), optax.adamax(0.05)),
    (o.RMSprop(0.05, alpha=0.8), optax.rmsprop(0.05, decay=0.8, eps_in_sqrt=False)),
    (o.RMSprop(0.05, alpha=0.8, momentum=0.7), optax.chain(
        optax.scale_by_rms(0.8, eps_in_sqrt=False), optax.trace(0.7), optax.scale(-0.05))),
    (o.Adadelta(0.5, 0.8, 1e-5), optax.adadelta(0.5, 0.8, 1e-5)),
    (o.Lion(0.01, (0.9, 0.95), 0.2), optax.lion(0.01, 0.9, 0.95, weight_decay=0.2)),
]  # fmt: skip


@pytest.mark.parametrize(("optimizer", "reference"), CASES, ids=[str(case[0]) for case in CASES])
def test_every_step_is_optaxs(optimizer: Compiled, reference: Any) -> None:
    rng = np.random.default_rng(0)
    theta, curvature = rng.normal(size=SIZE), rng.random(SIZE)
    state: Any = optimizer.init(theta)
    point = jnp.asarray(theta.copy())
    memory = reference.init(point)
    for noise in rng.normal(size=(STEPS, SIZE)):
        optimizer.update(curvature * theta + noise, state, theta, float(optimizer.lr))
        change, memory = reference.update(curvature * point + noise, memory, point)
        point = optax.apply_updates(point, change)
        np.testing.assert_allclose(theta, np.asarray(point), rtol=1e-12, atol=1e-12)
