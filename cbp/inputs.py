"""What users pass in, checked once and made ready for the core: C-contiguous rows of the network's dtype."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "as_class_weights", "as_matrix", "as_numbers", "as_samples", "as_targets", "as_weights", "as_whole",
    "assign", "dense", "finite",
]  # fmt: skip

BLOCK = 1 << 16  # numbers looked at in one go

LARGEST_SEED = 2**64 - 1

Ready: TypeAlias = "Callable[[ArrayLike, np.dtype, str], Any]"


def as_whole(value: Any, name: str, low: int = 1, high: int | None = None) -> int:
    """`value` as an int.

    Raises
    ------
    ValueError
        Not a whole number from `low` to `high`.
    """
    try:
        whole = operator.index(value)
    except TypeError:
        whole = low - 1
    if whole < low or (high is not None and whole > high):
        wanted = f">= {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected a whole number {wanted}, got {value!r}")
    return whole


def as_numbers(values: ArrayLike, name: str) -> np.ndarray:
    """`values` as an array of real numbers, of whatever dtype and layout.

    Raises
    ------
    TypeError
        Not real numbers.
    ValueError
        Rows of different lengths, or numbers that are masked.
    """
    if hasattr(values, "toarray"):
        raise TypeError(f"{name}: expected a dense array, got a sparse matrix; pass {name}.toarray()")
    if hasattr(values, "filled") and np.ma.is_masked(values):
        raise ValueError(f"{name}: expected every number, got a masked array; fill it, or leave these samples out")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected rows of equal length ({error})") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name}: expected real numbers, got dtype {array.dtype}; convert it first, "
            f"for instance with {name}.astype('float64')"
        )
    return array


def as_matrix(values: ArrayLike, dtype: np.dtype, name: str) -> np.ndarray:
    """`values` as a C-contiguous array of `dtype`, every number finite.

    Raises
    ------
    TypeError
        Not real numbers.
    ValueError
        A NaN or infinity, or a number too large for `dtype`.
    """
    return finite(as_numbers(values, name), dtype, name)


def assign(view: np.ndarray, values: ArrayLike, name: str) -> None:
    """Copy `values` into `view`; where they are `view` itself, as after ``net.W[2] += 1``, nothing is left to do.

    Raises
    ------
    TypeError, ValueError
        As `as_matrix`, or another shape; `view` is as it was.
    """
    if values is view:
        return
    array = as_numbers(values, name)
    if array.shape != view.shape:
        raise ValueError(f"{name}: expected shape {view.shape}, got {array.shape}")
    view[...] = finite(array, view.dtype, name)


def _all_finite(ready: np.ndarray) -> bool:
    """Whether every number of a contiguous array is: a sum is not finite if a term is not. Block by block, in cache."""
    numbers = ready.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, numbers.size, BLOCK):
            block = numbers[start : start + BLOCK]
            if not (np.isfinite(block.sum()) or np.isfinite(block).all()):  # the sum may overflow
                return False
    return True


def finite(array: np.ndarray, dtype: np.dtype, name: str, first: int = 0) -> np.ndarray:
    """A C-contiguous array of `dtype`, every number finite.

    Parameters
    ----------
    array : array of real numbers
    dtype : numpy.dtype
    name : str
    first : int
        The number of its first row, where it is a part of one that is called `name`.

    Raises
    ------
    ValueError
        As `as_matrix`.
    """
    with np.errstate(over="ignore"):
        ready = np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])
    if not _all_finite(ready):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            at = [i + first * (axis == 0) for axis, i in enumerate(where)]
            raise ValueError(f"{name}: expected finite numbers, got {array[where]} at {at}; remove or replace it")
        raise ValueError(
            f"{name}: its largest number, {np.abs(array).max():g}, does not fit {dtype}; scale the data or "
            "use dtype='float64'"
        )
    return ready


def as_samples(X: ArrayLike, n_inputs: int, dtype: np.dtype, as_rows: Ready = as_matrix) -> tuple[np.ndarray, bool]:
    """`X` as an (n, N_1) matrix, made by `as_rows`, and whether it was a single 1-D sample."""
    ready = as_rows(X, dtype, "X")
    if ready.ndim == 1 and ready.shape[0] == n_inputs:
        return ready.reshape(1, -1), True
    if ready.ndim != 2 or ready.shape[1] != n_inputs:
        raise ValueError(
            f"X: expected samples as rows, shape (n, {n_inputs}), or one sample of shape ({n_inputs},); "
            f"got shape {ready.shape}"
        )
    if ready.shape[0] == 0:
        raise ValueError(f"X: expected at least one sample, got shape {ready.shape}")
    return ready, False


def as_targets(
    targets: ArrayLike,
    n: int,
    n_outputs: int,
    dtype: np.dtype,
    cost: Any,
    one: bool = False,
    as_rows: Ready = as_matrix,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """`targets` as an (n, N_L) matrix, or as (n,) integer labels: one of the two is None.

    Parameters
    ----------
    targets : array_like
        (n, N_L) numbers; (n,) integer labels 0 .. N_L - 1; or (n,) numbers where N_L = 1.
    n, n_outputs : int
        Samples, and N_L.
    dtype : numpy.dtype
    cost : cbp.plugin.Cost
        Says which numbers are targets (`target_range`).
    one : bool
        Whether X was a single 1-D sample: then a target is (N_L,) or one label.
    as_rows : callable
        Makes the matrix, as `as_matrix` does.
    """
    array = as_numbers(targets, "targets")
    if one:
        array = array.reshape(1, *array.shape)
    if array.ndim == 1 and n_outputs > 1 and array.dtype.kind in "iu":
        return None, _as_labels(array, n, n_outputs)
    if array.ndim == 1 and n_outputs == 1:
        array = array.reshape(-1, 1)
    if array.shape != (n, n_outputs):
        labels = f" or integer labels of shape ({n},)" if n_outputs > 1 else ""
        raise ValueError(
            f"targets: expected shape ({n}, {n_outputs}){labels}, got {array.dtype} of shape {array.shape}"
        )
    ready = as_rows(array, dtype, "targets")
    low, high = cost.target_range
    if ready.min() < low or ready.max() > high:
        raise ValueError(
            f"targets: {cost.name} expects numbers in [{low:g}, {high:g}], got {ready.min():g} to {ready.max():g}"
        )
    return ready, None


def _as_labels(labels: np.ndarray, n: int, n_classes: int) -> np.ndarray:
    if labels.shape != (n,):
        raise ValueError(f"targets: expected {n} labels, one for each sample, got {labels.shape[0]}")
    if labels.min() < 0 or labels.max() >= n_classes:
        bad = int(labels[(labels < 0) | (labels >= n_classes)][0])
        raise ValueError(
            f"targets: expected labels 0 to {n_classes - 1} for a network with {n_classes} outputs, got {bad}"
        )
    return np.ascontiguousarray(labels, dtype=np.int64)


def dense(
    matrix: np.ndarray | None, labels: np.ndarray | None, n_outputs: int, dtype: np.dtype, cost: Any
) -> np.ndarray:
    """Targets as an (n, N_L) matrix: labels become rows of ``cost.labels``."""
    if matrix is not None:
        return matrix
    assert labels is not None
    off, on = cost.labels
    rows = np.full((len(labels), n_outputs), off, dtype=dtype)
    rows[np.arange(len(labels)), labels] = on
    return rows


def as_weights(weights: ArrayLike | None, n: int, dtype: np.dtype, weightless: bool = False) -> np.ndarray | None:
    """Sample weights as an (n,) vector of `dtype`, or None.

    Raises
    ------
    ValueError
        Not one weight a sample, a negative one, or, unless they may be `weightless`, all zero.
    """
    if weights is None:
        return None
    ready = as_matrix(weights, dtype, "sample_weight")
    if ready.shape != (n,):
        raise ValueError(f"sample_weight: expected shape ({n},), one weight a sample, got {ready.shape}")
    if ready.min() < 0 or not (weightless or ready.any()):
        raise ValueError(f"sample_weight: expected weights >= 0, not all zero; got {ready.min():g} to {ready.max():g}")
    return ready


def as_class_weights(
    class_weight: Mapping[int, float] | str, labels: np.ndarray | None, n_classes: int, dtype: np.dtype
) -> np.ndarray:
    """A weight for each sample from one for each label.

    Parameters
    ----------
    class_weight : mapping of label to weight, or ``"balanced"``
        ``"balanced"`` is n / (classes present · samples of the class), as in scikit-learn; a label that the
        mapping does not name weighs 1.
    labels : (n,) int64 array or None
    n_classes : int
    dtype : numpy.dtype
    """
    if labels is None:
        raise ValueError("class_weight: expected integer labels as targets, got a matrix of targets")
    each: np.ndarray = np.ones(n_classes, dtype=dtype)
    if class_weight == "balanced":
        count = np.bincount(labels, minlength=n_classes)
        present = count > 0
        each[present] = len(labels) / (present.sum() * count[present])
        return np.asarray(each[labels])
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight: expected a mapping of label to weight or 'balanced', got {class_weight!r}")
    for label, weight in class_weight.items():
        if label not in range(n_classes) or not (isinstance(weight, Real) and 0 <= weight < np.inf):
            raise ValueError(
                f"class_weight: expected labels 0 to {n_classes - 1} with finite weights >= 0, "
                f"got {label!r}: {weight!r}"
            )
        each[label] = weight
    return np.asarray(each[labels])
