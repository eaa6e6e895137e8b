"""What the targets of a source are: class labels with their names, or numbers.

Texts and booleans are classes. So are one-hot rows, and whole numbers of few different values;
other numbers are regression. The caller's ``task`` overrides the guess.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from cbp.data.dataset import Task
from cbp.data.errors import DataError, did_you_mean, listed, shown
from cbp.data.floats import AnyArray, Floats, Labels, as_floats

__all__ = ["MANY_CLASSES", "Values", "encoded", "guess_task", "numeric", "unpacked"]

Values: TypeAlias = AnyArray | list[str]

MANY_CLASSES = 100


def unpacked(values: Values, what: str) -> Values:
    """Targets in their simplest form: (n, 1) becomes (n,), an array of texts a list of them."""
    if isinstance(values, list):
        return values
    column = values.reshape(-1) if values.ndim == 2 and values.shape[1] == 1 else values
    return _texts(column, what) if column.ndim == 1 and _holds_texts(column) else column


def _holds_texts(column: AnyArray) -> bool:
    only_texts = column.dtype.kind == "O" and all(isinstance(item, str) for item in column)
    return only_texts or column.dtype.kind in "UST"


def _texts(column: AnyArray, what: str) -> list[str]:
    if column.dtype.kind == "S":
        column = np.char.decode(column, "utf-8", "replace")
    if column.dtype.kind == "U" and not _sound(column):
        raise DataError(f"{what}: expected texts, got damaged ones; fetch the file again")
    return [str(text).strip() for text in column]


def _sound(column: AnyArray) -> bool:
    """Whether NumPy's four bytes a character are all characters of Unicode."""
    if column.size == 0 or column.dtype.itemsize == 0:
        return True
    codes = np.ascontiguousarray(column).view(column.dtype.byteorder + "u4")
    return bool(np.all((codes <= sys.maxunicode) & ((codes < 0xD800) | (codes > 0xDFFF))))


def _one_hot(values: AnyArray) -> bool:
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        return False
    ones = values == 1
    return bool(np.all(ones | (values == 0)) and np.all(ones.sum(axis=1) == 1))


def guess_task(values: Values, what: str) -> Task:
    """The task these targets are most likely for.

    Raises
    ------
    DataError
        If they are texts of more than `MANY_CLASSES` kinds, most of them used only once.
    """
    if isinstance(values, list):
        if (kinds := len(set(values))) > max(MANY_CLASSES, len(values) // 2):
            raise DataError(
                f"{what}: {kinds} different texts in {len(values)} samples cannot be classes to "
                "learn; say which column is the target (target=), or task='classification'"
            )
        return "classification"
    classes = _one_hot(values) or (values.ndim == 1 and _few_whole(values))
    return "classification" if classes else "regression"


def _few_whole(values: AnyArray) -> bool:
    """Booleans; or whole numbers, few of them different: each twice on average, or only two."""
    if values.dtype.kind not in "iuf":
        return values.dtype.kind == "b"
    kinds = np.unique(values)
    whole = bool(np.all(np.isfinite(kinds)) and np.all(kinds == np.floor(kinds)))
    return whole and len(kinds) <= max(2, min(MANY_CLASSES, len(values) // 2))


def numeric(values: Values, dtype: DTypeLike, what: str) -> Floats:
    """Regression targets, (n, N_L)."""
    if isinstance(values, list):
        raise DataError(f"{what}: expected numbers for regression, got {shown(values[0])}")
    floats = as_floats(values, dtype, what)
    if floats.ndim not in (1, 2):
        raise DataError(f"{what}: expected shape (n,) or (n, N_L), got {floats.shape}")
    return floats.reshape(len(floats), -1) if len(floats) else floats.reshape(0, 1)


def encoded(values: Values, class_names: Sequence[str], what: str) -> tuple[Labels, tuple[str, ...]]:
    """Class labels 0..k-1 and the names of the classes.

    Parameters
    ----------
    values : list of n str, (n,) numbers, or (n, k) one-hot rows
    class_names : sequence of str
        Names in the order of their labels, as a trained network knows them; empty to take the
        values found, in ascending order. The values are names, or already labels 0..k-1.
    what : str
        What the targets are, for error messages.

    Raises
    ------
    DataError
        If a value is none of ``class_names``, or there is only one class to learn.
    """
    if isinstance(values, list):
        found = tuple(sorted(set(values)))
        place = {name: label for label, name in enumerate(found)}
        labels = np.fromiter((place[text] for text in values), np.int64, len(values))
    else:
        found, labels = _numbered(values.argmax(axis=1) if _one_hot(values) else values, what)
    if class_names:
        return _relabelled(found, tuple(class_names), what)[labels], tuple(class_names)
    if len(found) == 1:
        raise DataError(f"{what}: all {len(values)} samples are {shown(found[0])}; expected two classes or more")
    return labels, found


def _numbered(values: AnyArray, what: str) -> tuple[tuple[str, ...], Labels]:
    if values.ndim != 1:
        raise DataError(f"{what}: expected a class label per sample, or one-hot rows, got shape {values.shape}")
    as_floats(values, np.float64, what)
    kinds, labels = np.unique(values, return_inverse=True)
    return tuple(_name(kind) for kind in kinds.tolist()), labels.astype(np.int64)


def _name(number: float) -> str:
    whole = not isinstance(number, bool) and number == int(number)
    return str(int(number)) if whole else repr(number)


def _relabelled(found: tuple[str, ...], names: tuple[str, ...], what: str) -> Labels:
    """For each value found, its label among ``names``."""
    labels = {str(number): number for number in range(len(names))}
    if not set(found) <= labels.keys() or set(found) & set(names):
        labels = {name: label for label, name in enumerate(names)}
    for value in found:
        if value not in labels:
            raise DataError(
                f"{what}: unknown class {shown(value)}{did_you_mean(value, names)}; the classes are {listed(names)}"
            )
    return np.array([labels[value] for value in found], dtype=np.int64)
