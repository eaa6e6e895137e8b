"""How W^l and b^l begin. Every initialiser draws from a generator it is given; biases begin at zero.

The scaled ones keep the variance of a^l (LeCun, He) or of a^l and δ^l together (Glorot) steady from layer to
layer: with fan_in = N_{l-1} and fan_out = N_l the weights' variance is

    LeCun   1 / fan_in                    LeCun et al. 1998
    Glorot  2 / (fan_in + fan_out)        Glorot and Bengio 2010
    He      2 / fan_in                    He et al. 2015
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from .constants import check, check_at_least_0, check_number

__all__ = [
    "Constant", "Glorot", "He", "LeCun", "Normal", "Orthogonal", "SupportsWeights", "Uniform", "Zeros",
]  # fmt: skip

Shape: TypeAlias = Literal["uniform", "normal"]


class SupportsWeights(Protocol):
    """Anything with this method is an initialiser."""

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """Return W^l of shape (fan_out, fan_in) = (N_l, N_{l-1}), float64."""
        ...


@dataclass(frozen=True)
class Zeros:
    """W = 0: for a layer that is set by hand afterwards."""

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return np.zeros((fan_out, fan_in))


@dataclass(frozen=True)
class Constant:
    """Every weight is `value`."""

    value: float = 0.0

    def __post_init__(self) -> None:
        check_number(value=self.value)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return np.full((fan_out, fan_in), self.value)


@dataclass(frozen=True)
class Uniform:
    """Uniform in [`low`, `high`)."""

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        check_number(low=self.low)
        check("high", self.high, f"a number >= low, {self.low!r}", lambda high: 0 <= high - self.low < math.inf)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return rng.uniform(self.low, self.high, (fan_out, fan_in))


@dataclass(frozen=True)
class Normal:
    """Normal with mean 0 and standard deviation `std`."""

    std: float = 0.05

    def __post_init__(self) -> None:
        check_at_least_0(std=self.std)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return rng.normal(0.0, self.std, (fan_out, fan_in))


def _check_shape(shape: object) -> None:
    if shape not in ("uniform", "normal"):
        raise ValueError(f"shape: expected 'uniform' or 'normal', got {shape!r}")


def _scaled(rng: np.random.Generator, variance: float, shape: Shape, size: tuple[int, int]) -> np.ndarray:
    if shape == "normal":
        return rng.normal(0.0, math.sqrt(variance), size)
    limit = math.sqrt(3 * variance)  # the variance of a uniform on [-limit, limit] is limit²/3
    return rng.uniform(-limit, limit, size)


@dataclass(frozen=True)
class Glorot:
    """Variance 2 / (fan_in + fan_out); the default of tanh, logistic and their like."""

    shape: Shape = "uniform"

    def __post_init__(self) -> None:
        _check_shape(self.shape)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return _scaled(rng, 2 / (fan_in + fan_out), self.shape, (fan_out, fan_in))


@dataclass(frozen=True)
class He:
    """Variance 2 / fan_in; the default of relu and its like."""

    shape: Shape = "uniform"

    def __post_init__(self) -> None:
        _check_shape(self.shape)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return _scaled(rng, 2 / fan_in, self.shape, (fan_out, fan_in))


@dataclass(frozen=True)
class LeCun:
    """Variance 1 / fan_in; the default of selu."""

    shape: Shape = "uniform"

    def __post_init__(self) -> None:
        _check_shape(self.shape)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        return _scaled(rng, 1 / fan_in, self.shape, (fan_out, fan_in))


@dataclass(frozen=True)
class Orthogonal:
    """`gain` times a matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)."""

    gain: float = 1.0

    def __post_init__(self) -> None:
        check_number(gain=self.gain)

    def weights(self, rng: np.random.Generator, fan_out: int, fan_in: int) -> np.ndarray:
        """As `SupportsWeights.weights`."""
        tall = rng.standard_normal((max(fan_out, fan_in), min(fan_out, fan_in)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
        return self.gain * (q if fan_out >= fan_in else q.T)
