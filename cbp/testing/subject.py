"""What is checked: an activation or cost, with parameters and with numbers it must cope with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..plugin import Activation, Array, Cost
from ..registry.chosen import Chosen, choose
from ..registry.entries import Entry, Kind
from .functions import Function, kernel_functions, numpy_functions
from .report import Skip
from .settings import Setting, settings

__all__ = ["DTYPES", "Sample", "Subject"]

DTYPES = (np.float32, np.float64)
SCALES = (0.1, 1.0, 3.0, 8.0)  # of z, row by row
MARGIN = 1e-3  # how far z stays from a kink

Sample = dict[str, Array]


@dataclass(frozen=True)
class Subject:
    """An activation or cost that is being checked.

    Attributes
    ----------
    chosen : Chosen
        Its entry of the registry, and the parameters the user chose.
    """

    chosen: Chosen
    spec: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", self.chosen.spec)

    @property
    def entry(self) -> Entry:
        """Where it comes from."""
        return self.chosen.entry

    @property
    def kind(self) -> Kind:
        """``"activation"`` or ``"cost"``."""
        return self.entry.kind

    @property
    def rowwise(self) -> bool:
        """Whether it is an activation that mixes a row."""
        return isinstance(self.spec, Activation) and self.spec.rowwise

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The parameters to check it with."""
        return settings(self.spec.params, self.chosen.params)

    @cached_property
    def numpy(self) -> tuple[Function, ...]:
        """The functions of its NumPy tier."""
        return numpy_functions(self.spec)

    @cached_property
    def kernel(self) -> tuple[Function, ...]:
        """The functions of its kernel."""
        return kernel_functions(self.spec)

    @cached_property
    def canonical(self) -> Chosen | None:
        """A cost's canonical activation."""
        if not isinstance(self.spec, Cost) or self.spec.canonical is None:
            return None
        try:
            return choose("activation", self.spec.canonical)
        except (ValueError, ImportError):
            raise Skip(f"there is no activation {self.spec.canonical!r}: see the check 'registration'") from None

    def output(self, z: Array, setting: Setting) -> Array:
        """The a that belongs to z: σ(z); for a cost σ is its canonical activation, or the identity."""
        if isinstance(self.spec, Activation):
            return self.spec.forward(z, **setting)
        if self.canonical is None:
            return z.copy()
        return self.canonical.spec.forward(z, **self.canonical.params)

    def sample(self, rows: int, cols: int, dtype: Any = np.float64, setting: Setting | None = None) -> Sample:
        """Numbers for every input of every function: z, a, g and for a cost y; always the same ones.

        z is ordinary: at most a few dozens, not at a kink. Targets are what the cost allows, half of them labels.
        """
        rng = np.random.default_rng([rows, cols])
        scales = np.resize(SCALES, rows)[:, np.newaxis]
        z = self._away_from_kinks(rng.normal(size=(rows, cols)) * scales)
        if isinstance(self.spec, Cost):
            z = np.clip(z, -12, 12)
        z = z.astype(dtype)
        setting = self.settings[0] if setting is None else setting
        a = np.asarray(self.output(z, setting) if z.size else z, dtype)
        sample = {"z": z, "a": a, "g": rng.normal(size=z.shape).astype(dtype)}
        return sample | {"y": self._targets(rng, rows, cols).astype(dtype)} if isinstance(self.spec, Cost) else sample

    def _away_from_kinks(self, z: Array) -> Array:
        for kink in getattr(self.spec, "kinks", ()):
            z = np.where(np.abs(z - kink) < MARGIN, kink + 2 * MARGIN, z)
        return z

    def _targets(self, rng: np.random.Generator, rows: int, cols: int) -> Array:
        """Labels in every other row, elsewhere numbers of the target range, some of them at its lower end."""
        low, high = _bounded(*self.spec.target_range)
        y = rng.uniform(low, high, size=(rows, cols))
        y[rng.random(y.shape) < 0.2] = low
        off, on = self.spec.labels
        if cols:
            y[::2] = off
            y[np.arange(0, rows, 2), rng.integers(0, cols, rows)[::2]] = on
        return y


def _bounded(low: float, high: float, width: float = 3.0) -> tuple[float, float]:
    """The part of a target range to draw from."""
    if np.isinf(low) and np.isinf(high):
        return -width, width
    if np.isinf(low):
        return high - width, high
    return low, low + width if np.isinf(high) else high
