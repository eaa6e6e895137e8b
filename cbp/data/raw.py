"""From what a reader found in a source to a `Dataset`: one way for all formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from numpy.typing import DTypeLike

from cbp.data.columns import default_names
from cbp.data.dataset import Dataset, Task
from cbp.data.errors import DataError
from cbp.data.floats import AnyArray, Floats, Labels, as_rows, float_type
from cbp.data.in_file import InFile
from cbp.data.targets import Values, encoded, guess_task, numeric, unpacked

__all__ = ["Raw", "finished"]


@dataclass(frozen=True)
class Raw:
    """A source as a reader found it.

    Attributes
    ----------
    X : (n, N_1) or (n, height, width, …)
        Numbers of any dtype; perhaps an `InFile`, which is called an array for it does what is asked of one.
    targets : list of n str, array (n,) or (n, N_L), or None
        None if the reader was asked for features only.
    feature_names, target_names : tuple of str
        Empty where the source has none.
    about : str
        Origin and licence, where known.
    test : Raw, or None
        The source's own test part.
    """

    X: AnyArray
    targets: Values | None
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    about: str = ""
    test: Raw | None = None


def samples(X: AnyArray, dtype: DTypeLike, what: str) -> Floats:
    """The rows of a matrix, (n, N_1), which may stay in a file."""
    if isinstance(X, InFile):
        return cast("Floats", replace(X, dtype=float_type(dtype)).check(what))
    return as_rows(X, dtype, what)


def finished(raw: Raw, name: str, task: Task | None, class_names: Sequence[str], dtype: DTypeLike) -> Dataset:
    """Decide the task, number the classes, make the arrays float."""
    if raw.targets is None:
        raise DataError(f"{name}: expected targets beside the samples, got none")
    X = samples(raw.X, dtype, f"{name}: X")
    what = f"{name}: targets"
    values = unpacked(raw.targets, what)
    chosen = "classification" if class_names else (task or guess_task(values, what))
    if chosen == "classification":
        labels, names = encoded(values, class_names, what)
        targets: Floats | Labels = labels
    else:
        targets, names = numeric(values, dtype, what), ()
    part = f"{name} (test part)"
    return Dataset(
        X,
        targets,
        feature_names=raw.feature_names or default_names(X.shape[1]),
        class_names=names,
        target_names=raw.target_names,
        name=name,
        about=raw.about,
        image_shape=raw.X.shape[1:] if raw.X.ndim > 2 else None,
        test=None if raw.test is None else finished(raw.test, part, chosen, names, dtype),
    )
