"""What `Network.fit` returns: a row for each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ..plot.canvas import Panels

__all__ = ["History"]


class History(Mapping[str, list[float]]):
    """A table with a column for each quantity and a row for each epoch.

    ``history["cost"]`` is the (weighted) mean of C over the epoch's samples, each batch measured before its step, or,
    with an optimiser that looks at all samples at once, after it; ``"seconds"`` the time since training began; and with
    validation data ``"validation_cost"``, the mean of C too, and, for integer labels, ``"validation_accuracy"``,
    measured after the epoch.

    Attributes
    ----------
    total : int
        Epochs asked for.
    stopped : str or None
        Why training ended before the last of them.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.stopped: str | None = None
        self._columns: dict[str, list[float]] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Append one epoch's row; NaN stands where a column has no number."""
        done = self.epochs
        for name in (*self._columns, *row):
            column = self._columns.setdefault(name, [float("nan")] * done)
            if len(column) == done:
                column.append(row.get(name, float("nan")))

    @property
    def epochs(self) -> int:
        """Epochs finished."""
        return len(self._columns.get("cost", ()))

    def last(self) -> dict[str, float]:
        """The newest row."""
        return {name: column[-1] for name, column in self._columns.items()}

    def plot(
        self, quantities: str | Sequence[str] | None = None, *, against: str = "epoch", ax: Panels = None
    ) -> np.ndarray:
        """Draw the learning curves; see `cbp.plot.learning_curves`."""
        from ..plot import learning_curves

        return learning_curves(self, quantities, against=against, ax=ax)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self._columns:
            raise KeyError(f"{name!r}: this history has {', '.join(self._columns) or 'no epoch yet'}")
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        row = ", ".join(f"{name}={value:.4g}" for name, value in self.last().items()) if self.epochs else "empty"
        return f"<History of {self.epochs} epochs: {row}>"
