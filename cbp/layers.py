"""One array for each of the layers 2 .. L."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from . import inputs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Layers"]


class Layers(Mapping[int, np.ndarray]):
    """A mapping of layer number to a view; assigning to a layer writes into the view.

    Parameters
    ----------
    name : str
        ``"W"`` or ``"b"``, for messages.
    views : dict of int to array
    """

    def __init__(self, name: str, views: dict[int, np.ndarray]) -> None:
        self._name, self._views = name, views

    def check(self, l: int) -> None:
        """Raise IndexError unless `l` is a layer with weights."""
        if not isinstance(l, Hashable) or l not in self._views:
            raise IndexError(
                f"{self._name}[{l!r}]: layers with weights are 2 to {max(self._views)} (layer 1 is the input)"
            )

    def __getitem__(self, l: int) -> np.ndarray:
        self.check(l)
        return self._views[l]

    def __setitem__(self, l: int, values: ArrayLike) -> None:
        self.check(l)
        inputs.assign(self._views[l], values, f"{self._name}[{l}]")

    def __iter__(self) -> Iterator[int]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{l}: {view.shape}" for l, view in self._views.items())
        return f"<{self._name} {{{shapes}}}>"
