"""Any array of numbers as the finite, C-contiguous floats the network takes."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cbp.data.errors import DataError

__all__ = ["AnyArray", "Floats", "Labels", "as_floats", "as_rows", "float_type"]

AnyArray: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.floating[Any]]
Labels: TypeAlias = NDArray[np.int64]

WHITE = 255


def float_type(dtype: DTypeLike) -> np.dtype[np.floating[Any]]:
    """``dtype`` if it is float32 or float64, the two the network computes in."""
    for known in (np.dtype(np.float32), np.dtype(np.float64)):
        if np.dtype(dtype) == known:
            return known
    raise DataError(f"expected dtype 'float32' or 'float64', got {np.dtype(dtype).name!r}")


def as_floats(values: AnyArray, dtype: DTypeLike, what: str, first: int = 0) -> Floats:
    """Convert ``values`` to finite floats.

    Parameters
    ----------
    values : array of any shape, of booleans, integers or floats
    dtype : "float32" or "float64"
    what : str
        What the array is, for the error message: ``"iris.npy: X"``.
    first : int
        The number of its first row, where it is a part of that array.

    Raises
    ------
    DataError
        If the values are no numbers, or one is nan, infinite or too large for ``dtype``.
    """
    if values.dtype.kind not in "biuf":
        raise DataError(f"{what}: expected an array of numbers, got dtype {values.dtype}")
    with np.errstate(all="ignore"):
        floats: Floats = np.ascontiguousarray(values, dtype=float_type(dtype))
    finite = np.isfinite(floats)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        called = [first + place[0], *place[1:]] if place else []
        raise DataError(f"{what}{called}: {_complaint(values[place], floats.dtype)}")
    return floats


def _complaint(value: Any, dtype: np.dtype[Any]) -> str:
    if np.isnan(value):
        return "the value is missing (nan); fill it in or leave the sample out"
    if np.isinf(value):
        return f"expected a finite number, got {value}"
    return f"{value} is too large for {dtype}; read the data as float64"


def as_rows(samples: AnyArray, dtype: DTypeLike, what: str) -> Floats:
    """Make samples the rows of a matrix, (n, N_1).

    A table (n, N_1) keeps its values, a vector (n,) becomes one column. Images (n, height, width,
    …) are laid out row by row, and if they are uint8 the grey levels 0..255 become 0..1.
    """
    if samples.ndim == 0:
        raise DataError(f"{what}: expected one row per sample, got a single number")
    if samples.size == 0:
        raise DataError(f"{what}: expected samples, got an empty array of shape {samples.shape}")
    floats = as_floats(samples, dtype, what)
    if samples.ndim > 2 and samples.dtype == np.uint8:
        np.divide(floats, WHITE, out=floats)
    return floats.reshape(len(samples), int(np.prod(samples.shape[1:])))
