from typing import Self

import numpy as np

from .bound import BoundActivation, BoundCost

CHUNK: int

class Plan:
    def __new__(
        cls,
        sizes: list[int],
        activations: list[BoundActivation],
        cost: BoundCost,
        dtype: np.dtype,
        input_identity: bool,
        fused: bool,
        mean: bool,
        keep_z: bool = ...,
    ) -> Self: ...
    @property
    def activations(self) -> list[BoundActivation]: ...
    @property
    def cost(self) -> BoundCost: ...
    @property
    def dtype(self) -> np.dtype: ...
    @property
    def n_parameters(self) -> int: ...
    def freeze(self, l: int, frozen: bool) -> None: ...
    def frozen(self, l: int) -> bool: ...
    def offsets(self, l: int) -> tuple[int, int]: ...
    @property
    def concurrent(self) -> bool: ...
    def threads_for(self, samples: float, most: int | None = None) -> int: ...
    def workspace(self, rows: int) -> np.ndarray: ...
    def workspaces(self, rows: int, threads: int) -> int: ...
    def called(self, l: int) -> str: ...
    def predict(
        self, X: np.ndarray, theta: np.ndarray, work: np.ndarray, out: np.ndarray, threads: int = ...
    ) -> None: ...
    def costs(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        theta: np.ndarray,
        work: np.ndarray,
        out: np.ndarray,
        threads: int = ...,
    ) -> None: ...
    def gradient(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray | None,
        scale: float,
        theta: np.ndarray,
        work: np.ndarray,
        out: np.ndarray,
        costs: np.ndarray,
        inputs: np.ndarray | None,
        per_sample: np.ndarray | None,
    ) -> None: ...
    def jacobian(self, X: np.ndarray, theta: np.ndarray, work: np.ndarray, out: np.ndarray) -> None: ...
    def layers(
        self, X: np.ndarray, targets: np.ndarray | None, theta: np.ndarray
    ) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]: ...
    def views_of(self, l: int, X: np.ndarray, work: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
