"""The costs as kernels of cbp: the functions of __init__.py again, of one output, for numba to compile.

It does so when a network is built with them, for float and for double, and puts them into a loop that runs without
the GIL, and that sums C over a sample's outputs.
"""

from __future__ import annotations

import math

from cbp.plugin import numba_kernel


def weibull_value(a: float, y: float, shape: float) -> float:
    """C = u + d(log |λ|/k - w)."""
    u: float = (abs(y) * math.exp(0.0 - a)) ** shape
    return u + math.log(y / shape) - shape * (math.log(y) - a) if y > 0 else u


def weibull_gradient(a: float, y: float, shape: float) -> float:
    """∂C/∂a = k(d - u)."""
    u: float = (abs(y) * math.exp(0.0 - a)) ** shape  # 0.0, and with it all of this, is double
    return shape * ((1.0 if y > 0 else 0.0) - u)


def log_logistic_value(a: float, y: float, shape: float) -> float:
    """C = (1 + d) log(1 + e^w) + d(log |λ|/k - w)."""
    w = shape * (math.log(abs(y)) - a)
    loss = max(w, 0.0) + math.log1p(math.exp(-abs(w)))
    return 2 * loss + math.log(y / shape) - w if y > 0 else loss


def log_logistic_gradient(a: float, y: float, shape: float) -> float:
    """∂C/∂a = -k((1 + d) tanh(w/2) + 1 - d)/2."""
    t = math.tanh(shape * (math.log(abs(y)) - a) / 2)
    return -shape * t if y > 0 else -shape * (t + 1) / 2


weibull = numba_kernel(value=weibull_value, gradient=weibull_gradient)
log_logistic = numba_kernel(value=log_logistic_value, gradient=log_logistic_gradient)
