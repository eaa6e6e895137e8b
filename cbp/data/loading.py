"""One call for every source: a built-in set, a text table, NumPy arrays, IDX images."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from cbp.data.bundled import SETS
from cbp.data.columns import NO_TARGET, Column
from cbp.data.dataset import Dataset, Task
from cbp.data.errors import DataError
from cbp.data.floats import Floats
from cbp.data.raw import Raw, finished, samples
from cbp.data.sources import Source, Target, read_source

__all__ = ["from_arrays", "load", "load_features", "names"]


def names() -> tuple[str, ...]:
    """Names of the data sets that come with the package."""
    return tuple(SETS)


def load(
    source: Source,
    *,
    target: Target = None,
    features: Sequence[Column] | None = None,
    task: Task | None = None,
    class_names: Sequence[str] = (),
    header: bool | None = None,
    dtype: DTypeLike = "float32",
    memory_map: bool = False,
) -> Dataset:
    """Load samples and their targets.

    Parameters
    ----------
    source : str or path-like
        ``"digits"`` or ``"iris"``, which come with the package; or a path:

        * ``.csv``, ``.tsv``, ``.txt``, ``.data``: a table, columns separated by comma, semicolon or
          tab, with or without a header.
        * ``.npy``: a table (n, columns), or a structured array whose fields are the columns.
        * ``.npz``: arrays X and y (or targets), or x_train, y_train, x_test, y_test.
        * a folder (or prefix, or one images file) under MNIST's names: train-images-idx3-ubyte, …

        Any file may be packed with gzip. Images of uint8, in IDX or as X of three or more
        dimensions in npz, are flattened and their grey levels 0..255 become 0..1. Nothing else is
        scaled; see `Scaling`.
    target : str, int, or a sequence of them, optional
        Name or index of the target column of a table, several for several outputs. The last column
        is the default.
    features : sequence of str or int, optional
        The columns to learn from, in this order. All others are the default, except a first column
        without a name in a table that has a header: it numbers the rows.
    task : "classification" or "regression", optional
        By default classification if the targets are texts, booleans, one-hot rows, or whole numbers
        of at most 100 different values, each there twice on average (or two values in all).
    class_names : sequence of str, optional
        The classes in the order of their labels, as a trained network knows them. By default those
        found, in ascending order.
    header : bool, optional
        Whether a text table begins with a row of names; by default it is looked at.
    dtype : "float32" or "float64"
        Of ``X`` and of regression targets.
    memory_map : bool
        Leave the samples of an ``.npy``, or the table X of an ``.npz``, in the file, unless they are packed; it may be
        larger than memory. `Dataset.X` is then an `InFile`, whose rows are read when they are asked for: by
        `Network.fit`, or as ``X[rows]``.

    Returns
    -------
    Dataset
        Its ``test`` is the source's own test part, if any.

    Raises
    ------
    DataError
        If the data cannot be used; the message says what was expected, what came, what to do.
    DataNotFoundError
        If there is no such set or file. It is a `DataError` and a `FileNotFoundError`.
    """
    _check_task(task, class_names)
    kind = "classification" if class_names else task
    raw = read_source(source, target, features, header, kind, memory_map=memory_map)
    return finished(raw, os.fspath(source), task, class_names, dtype)


def load_features(
    source: Source,
    *,
    features: Sequence[Column] | None = None,
    target: Target = NO_TARGET,
    header: bool | None = None,
    dtype: DTypeLike = "float32",
    memory_map: bool = False,
) -> Floats:
    """Load samples alone, to predict their targets.

    Parameters
    ----------
    source, header, dtype, memory_map
        As for `load`. Of a source with its own test part, the test part is read.
    features : sequence of str or int, optional
        A trained network's feature names. Columns with a name are found by it, wherever they are
        and whatever else is there; columns without are taken in order and must be as many.
    target : str, int, or a sequence of them, optional
        Columns to leave out; none by default.

    Returns
    -------
    (n, N_1) float32 or float64, or an `InFile`

    Raises
    ------
    DataError
        As for `load`.
    """
    wanted = NO_TARGET if target is None else target
    raw = read_source(source, wanted, features, header, None, with_targets=False, memory_map=memory_map)
    return samples(raw.X, dtype, f"{os.fspath(source)}: X")


def from_arrays(
    X: ArrayLike,
    targets: ArrayLike,
    *,
    task: Task | None = None,
    class_names: Sequence[str] = (),
    feature_names: Sequence[str] = (),
    name: str = "arrays",
    dtype: DTypeLike = "float32",
) -> Dataset:
    """Make a `Dataset` of arrays, by the same rules as `load`.

    Parameters
    ----------
    X : (n, N_1), or images (n, height, width, …)
        Shared, not copied, where it is C-contiguous and of ``dtype``.
    targets : (n,) or (n, N_L)
        Numbers, texts, booleans, or one-hot rows.
    task, class_names, dtype
        As for `load`.
    feature_names : sequence of N_1 str, optional
    name : str
        What the set is called in messages.
    """
    _check_task(task, class_names)
    raw = Raw(np.asarray(X), np.asarray(targets), tuple(feature_names))
    return finished(raw, name, task, class_names, dtype)


def _check_task(task: Task | None, class_names: Sequence[str]) -> None:
    if task not in (None, "classification", "regression"):
        raise DataError(f"expected task 'classification' or 'regression', got {task!r}")
    if task == "regression" and class_names:
        raise DataError("task='regression' has no classes; leave class_names out")
