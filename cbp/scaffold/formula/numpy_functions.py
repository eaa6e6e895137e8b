"""Functions that NumPy lacks, as they are put into the module of a plugin that needs them."""

from __future__ import annotations

import math

import numpy as np

from cbp.plugin import Array

__all__ = ["erf", "log_cosh", "logistic", "sech", "softplus"]


def softplus(x: Array) -> Array:
    """log(1 + e^x), which never overflows."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x), which never overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def sech(x: Array) -> Array:
    """1 / cosh x, which never overflows."""
    e = np.exp(-np.abs(x))
    return 2 * e / (1 + e * e)


def log_cosh(x: Array) -> Array:
    """Log cosh x; near 0 from cosh x - 1 = u² / (2 + 2u), u = e^-|x| - 1."""
    x = np.abs(x)
    u = np.expm1(-np.minimum(x, 20))
    return np.where(x > 1, x - math.log(2), 0) + np.log1p(np.where(x > 1, (1 + u) ** 2, u * u / (2 + 2 * u)))


def erf(x: Array) -> Array:
    """The error function, number by number."""
    return np.vectorize(math.erf, otypes=[np.float64])(np.asarray(x, np.float64)).astype(x.dtype)
