"""What `Network.fit` returns: a row for each epoch."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

    from ..plot.canvas import Panels

__all__ = ["History"]

SHOWN = 20  # rows; of more, the first and the last


class History(Mapping[str, list[float]]):
    """A table with a column for each quantity and a row for each epoch.

    ``history["cost"]`` is the (weighted) mean of C over the epoch's samples, each batch measured before its step, or,
    with an optimiser that looks at all samples at once, after it; ``"seconds"`` the time since training began; and with
    validation data ``"validation_cost"``, the mean of C too, and, for integer labels, ``"validation_accuracy"``,
    measured after the epoch. ``history[-1]`` is the last epoch's row. Printed, and in a notebook, it is a table.

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
        return self._row(-1) if self.epochs else {}

    def plot(
        self, quantities: str | Sequence[str] | None = None, *, against: str = "epoch", ax: Panels = None
    ) -> np.ndarray:
        """Draw the learning curves; see `cbp.plot.learning_curves`."""
        from ..plot import learning_curves

        return learning_curves(self, quantities, against=against, ax=ax)

    def to_pandas(self) -> DataFrame:
        """It as a pandas DataFrame, whose index is the epoch, from 1.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                f"to_pandas makes a DataFrame, and pandas is not there ({error}); install it with pip install pandas"
            ) from error
        return pd.DataFrame(self._columns, index=pd.RangeIndex(1, self.epochs + 1, name="epoch"))

    @overload
    def __getitem__(self, name: str) -> list[float]: ...
    @overload
    def __getitem__(self, name: int) -> dict[str, float]: ...
    def __getitem__(self, name: str | int) -> list[float] | dict[str, float]:
        if not isinstance(name, str):
            return self._row(name)
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

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join([*("  ".join(map(str.rjust, row, widths)) for row in cells), *self._end()])

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        heading, *rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self._cells())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        end = "".join(f"<p>{escape(line)}</p>" for line in self._end())
        heading = heading.replace("td>", "th>")
        return f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>{end}"

    def _cells(self) -> list[list[str]]:
        """The heading and the rows in words; the middle ones of many are left out."""
        rows = [[str(i + 1), *(f"{value:.4g}" for value in self[i].values())] for i in self._shown()]
        if len(rows) < self.epochs:
            rows.insert(SHOWN // 2, ["…"] * (1 + len(self._columns)))
        return [["epoch", *self._columns], *rows]

    def _shown(self) -> Sequence[int]:
        numbers = range(self.epochs)
        half = SHOWN // 2
        return numbers if len(numbers) <= SHOWN else [*numbers[:half], *numbers[-half:]]

    def _end(self) -> list[str]:
        return [f"stopped: {self.stopped}"] if self.stopped else []

    def _row(self, number: int) -> dict[str, float]:
        """An epoch's row, counted from 0, or from -1 for the last."""
        try:
            i = operator.index(number)
        except TypeError:
            raise TypeError(f"history: expected a column's name, or the number of a row; got {number!r}") from None
        if not -self.epochs <= i < self.epochs:
            raise IndexError(f"history: it has {self.epochs} rows, the first of which is 0; got {i}")
        return {name: column[i] for name, column in self._columns.items()}
