from collections.abc import Callable

import numpy as np

from .plan import Plan

class NotFinite(ArithmeticError):
    batch: int
    layer: int | None
    def __init__(self, batch: int, layer: int | None) -> None: ...

class Epochs:
    def __init__(
        self,
        plan: Plan,
        theta: np.ndarray,
        X: np.ndarray,
        targets: np.ndarray | None,
        labels: np.ndarray | None,
        on_off: np.ndarray,
        weights: np.ndarray | None,
        batch_size: int,
        rule: str | Callable[[np.ndarray, float], None] | None,
        hyper: np.ndarray,
        state: np.ndarray,
        step: float,
        shuffled: bool,
        threads: int = ...,
    ) -> None: ...
    @property
    def threads(self) -> int: ...
    @property
    def state(self) -> np.ndarray: ...
    @property
    def steps(self) -> float: ...
    def run(self, seed: int, number: int, rate: float) -> float: ...
    def first_not_finite(self) -> int | None: ...
