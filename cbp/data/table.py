"""Tables as text: CSV and TSV.

NumPy's reader parses the numbers at full speed and tells little when it fails; then, and only
then, `explain` reads the table again with the csv module to name the line and the column.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cbp.data.columns import Choice, Column, choose
from cbp.data.dataset import Task
from cbp.data.errors import DataError, shown
from cbp.data.files import opened_text
from cbp.data.layout import Layout, is_missing, is_number, sniff
from cbp.data.raw import Raw
from cbp.data.targets import Values

__all__ = ["read_table"]


def read_table(
    path: Path,
    target: Column | Sequence[Column] | None,
    features: Sequence[Column] | None,
    header: bool | None,
    task: Task | None,
) -> Raw:
    """Read a CSV or TSV file, see `cbp.data.load`.

    Raises
    ------
    DataError
        For a row of another length, a word among numbers, a missing value: with line and column.
    """
    try:
        layout = sniff(path, header)
        chosen = choose(layout.names, target, features, str(path))
        return _Table(path, layout, chosen).read(task)
    except csv.Error as damage:
        raise DataError(f"{path}: this is no table of text ({damage})") from damage


@dataclass(frozen=True)
class _Table:
    path: Path
    layout: Layout
    chosen: Choice

    def read(self, task: Task | None) -> Raw:
        texts: dict[int, list[str]] = {j: [] for j in self.chosen.targets}
        numbers = self._numbers(texts)
        columns = [self._column(j, texts[j], task) for j in self.chosen.targets]
        return Raw(
            X=numbers[:, self.chosen.features],
            targets=self._targets(columns),
            feature_names=tuple(self.layout.names[j] for j in self.chosen.features),
            target_names=tuple(self.layout.names[j] for j in self.chosen.targets),
        )

    def _numbers(self, texts: dict[int, list[str]]) -> NDArray[np.float64]:
        """All columns as numbers; the targets' fields are put into ``texts`` and read as 0."""
        unused = set(range(len(self.layout.names))) - set(self.chosen.features)
        converters: dict[int | str, Callable[[str], float]] = {j: _collector(texts.get(j)) for j in unused}
        with opened_text(self.path) as text:
            for _ in range(self.layout.skip):
                text.readline()
            try:
                numbers: NDArray[np.float64] = np.loadtxt(
                    text,
                    delimiter=self.layout.delimiter,
                    comments=None,
                    quotechar='"',
                    ndmin=2,
                    converters=converters,
                )
            except UnicodeDecodeError:
                raise
            except ValueError as failure:
                raise self._explain(self.chosen.features, str(failure)) from failure
        fits = numbers.shape[1] == len(self.layout.names)
        if not fits or not np.isfinite(numbers).all():
            raise self._explain(self.chosen.features, "the rows do not fit the header")
        return numbers

    def _column(self, place: int, texts: list[str], task: Task | None) -> Values:
        """One target column: texts if it holds any word, and no fraction beside it."""
        kinds = set(texts)
        if any(is_missing(kind) or "\n" in kind for kind in kinds):
            raise self._explain([], "a target is missing")
        words = any(not is_number(kind) for kind in kinds)
        fractions = any(is_number(kind) and not float(kind).is_integer() for kind in kinds)
        if words and (task == "classification" or not (fractions or task == "regression")):
            return texts
        if words or not all(np.isfinite(float(kind)) for kind in kinds):
            raise self._explain([place], "a target is no number")
        return np.array([float(text) for text in texts])

    def _targets(self, columns: list[Values]) -> Values | None:
        if len(columns) < 2:
            return columns[0] if columns else None
        for place, column in zip(self.chosen.targets, columns, strict=True):
            if isinstance(column, list):
                raise self._explain([place], "several targets must be numbers")
        return np.column_stack(columns)

    def _explain(self, numeric: list[int], otherwise: str) -> DataError:
        """Find the first row that stopped the fast reader."""
        for line, row in self._rows():
            if complaint := self._complaint(row, numeric):
                return DataError(f"{self.path}, line {line}{complaint}")
        return DataError(f"{self.path}: {otherwise}")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        with opened_text(self.path) as text:
            for _ in range(self.layout.skip):
                text.readline()
            reader = csv.reader(text, delimiter=self.layout.delimiter)
            line = self.layout.skip + 1
            for row in reader:
                if row:
                    yield line, row
                line = self.layout.skip + reader.line_num + 1

    def _complaint(self, row: list[str], numeric: list[int]) -> str | None:
        names = self.layout.names
        if len(row) != len(names):
            return f": expected {len(names)} values, got {len(row)}"
        for j in sorted(set(self.chosen.features + self.chosen.targets)):
            if wrong := _wrong(row[j], j in numeric):
                return f", column {names[j] or j!r}: {wrong}"
        return None


def _wrong(field: str, numeric: bool) -> str | None:
    if is_missing(field):
        return f"the value is missing ({shown(field)}); fill it in or leave the sample out"
    if "\n" in field:
        return f"a quoted text runs over the end of the line ({shown(field)}); close the quote"
    if not numeric:
        return None
    if not is_number(field):
        return f"expected a number, got {shown(field)}{_advice(field)}"
    return None if np.isfinite(float(field)) else f"expected a finite number, got {shown(field)}"


def _advice(field: str) -> str:
    if is_number(field.replace(",", ".", 1)):
        return "; write decimals with a point"
    return "; turn words into numbers, or name the columns to use (features=, target=)"


def _collector(texts: list[str] | None) -> Callable[[str], float]:
    """A converter for `numpy.loadtxt` that keeps a field's text, or ignores it."""

    def collect(field: str) -> float:
        if texts is not None:
            texts.append(field.strip())
        return 0.0

    return collect
