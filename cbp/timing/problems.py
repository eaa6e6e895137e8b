"""A workload made concrete: samples, targets and initial parameters, the same for every contestant."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .workloads import Workload

__all__ = ["Array", "Problem", "problem"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Problem:
    """What a contestant is given.

    Parameters
    ----------
    workload : Workload
    X : (n, N_1) array
        n is a multiple of the batch size.
    targets : (n,) int64 labels or (n, N_L) array
    parameters : list of (W, b)
        For layers 2 .. L: W of shape (N_{l-1}, N_l) and b of shape (N_l,). A contestant takes copies.
    rate : float
        The learning rate η.
    threads : int
    optimizer : ``"sgd"``, ``"momentum"`` (0.9) or ``"adam"``
    """

    workload: Workload
    X: Array
    targets: Array
    parameters: list[tuple[Array, Array]]
    rate: float
    threads: int = 1
    optimizer: str = "sgd"

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return len(self.X) // self.workload.batch

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.X.dtype

    @property
    def labels(self) -> bool:
        """Whether the targets are integer labels."""
        return self.targets.ndim == 1


def problem(
    workload: Workload,
    dtype: str,
    *,
    steps: int | None = None,
    rate: float | None = None,
    threads: int = 1,
    optimizer: str = "sgd",
) -> Problem:
    """Draw the problem of `workload`: the same numbers on every call.

    Parameters
    ----------
    workload : Workload
    dtype : str
    steps : int, optional
        Steps of an epoch; by default at least 50, and more where a step is short, so that what an epoch costs
        once does not show. Ten do where a step takes tens of milliseconds.
    rate : float, optional
        By default small enough for training to stay finite for as long as the clock runs.
    threads : int
    optimizer : str
    """
    enough = 10 if workload.flops > 1e9 else 50
    steps = steps or max(enough, min(1000, round(2e7 / workload.flops)))
    rng = np.random.default_rng(0)
    n, n_out = steps * workload.batch, workload.sizes[-1]
    X = rng.standard_normal((n, workload.sizes[0]), dtype=np.float32).astype(dtype)
    if workload.cost == "cross_entropy":
        targets = rng.integers(0, n_out, n)
    else:
        targets = rng.random((n, n_out), dtype=np.float32).astype(dtype)
    parameters = [
        ((rng.standard_normal((I, O)) * I**-0.5).astype(dtype), (0.1 * rng.standard_normal(O)).astype(dtype))
        for I, O in pairwise(workload.sizes)
    ]
    return Problem(workload, X, targets, parameters, rate or 0.01 / max(workload.sizes), threads, optimizer)
