"""A small network, data and the optimisers, for the tests of `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cbp

Array = np.ndarray[Any, Any]

OPTIMIZERS: list[Any] = [
    cbp.SGD(lr=0.05),
    cbp.SGD(lr=0.05, momentum=0.9),
    cbp.SGD(lr=0.05, momentum=0.9, nesterov=True),
    cbp.Adam(lr=0.01),
    cbp.NAdam(lr=0.01, weight_decay=1e-3),
    cbp.RMSprop(lr=0.005, centered=True, momentum=0.5),
]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def network(**options: Any) -> cbp.Network:
    settings: dict[str, Any] = {
        "sizes": [3, 7, 2],
        "activation": "tanh",
        "dtype": "float64",
        "seed": 1,
    } | options
    return cbp.Network(**settings)


def samples(n: int = 50, n_in: int = 3, n_out: int = 2) -> tuple[Array, Array, Array]:
    """X, targets and labels."""
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, n_in))
    return X, np.sin(X[:, :n_out]), (X[:, 0] > 0.3).astype(int)
