"""A kernel that numba compiles from Python functions, when a network is built with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from ..shown import shown
from .source import KernelSource, KernelUnavailable

__all__ = ["NumbaKernel", "numba_kernel"]

Function: TypeAlias = Callable[..., Any]

# The sets of functions that make a kernel.
PAIR, FUSED_PAIR = {"value", "gradient"}, {"value", "gradient", "fused_value", "fused"}
NUMBERS = ({"forward", "derivative"}, PAIR, FUSED_PAIR)
ROWS = ({"forward", "vjp"}, PAIR, FUSED_PAIR)


@dataclass(frozen=True)
class NumbaKernel(KernelSource):
    """What `numba_kernel` returns."""

    functions: tuple[tuple[str, Function], ...]
    rowwise: bool

    tier: ClassVar[str] = "numba"
    ready: ClassVar[bool] = False

    def capsule(self, spec: Any) -> object:
        """Compile it, once."""
        try:
            import numba  # noqa: F401
        except ImportError as error:
            raise KernelUnavailable(
                f"{spec.name!r}: its kernel is compiled by numba, which cannot be imported ({error}); pip install numba"
            ) from error
        from .jit import compiled

        return compiled(self, spec)


def numba_kernel(
    *,
    forward: Function | None = None,
    derivative: Function | None = None,
    vjp: Function | None = None,
    value: Function | None = None,
    gradient: Function | None = None,
    fused_value: Function | None = None,
    fused: Function | None = None,
    rowwise: bool = False,
) -> NumbaKernel:
    """A kernel that numba compiles from Python functions: for ``kernel=`` of `Activation` or `Cost`.

    They are the functions of the spec, by the same names, but of one number or row instead of a block. They are
    compiled for float and double when a network is built with the kernel, which takes a second or a few, and run
    without the GIL. Parameters arrive by name, as numbers.

    Functions of numbers return a number:

    ==========================  ============================================
    ``forward(z)``              σ(z)
    ``derivative(z, a)``        σ′(z)
    ``value(a, y)``             what an output adds to C
    ``gradient(a, y)``          its derivative, ∂C/∂a
    ``fused_value(z, a, y)``    the same with the canonical activation
    ``fused(z, a, y)``          ∂C/∂z
    ==========================  ============================================

    Functions of rows, one-dimensional arrays of a sample, write a row into their last argument or return C:

    ==========================  ============================================
    ``forward(z, a)``           a = σ(z)
    ``vjp(z, a, g, out)``       out = g·[δa/δz]
    ``value(a, y)``             returns C
    ``gradient(a, y, da)``      da = ∂C/∂a
    ``fused_value(z, a, y)``    returns C, with the canonical activation
    ``fused(z, a, y, dz)``      dz = ∂C/∂z
    ==========================  ============================================

    Parameters
    ----------
    forward, derivative, vjp, value, gradient, fused_value, fused : callable, optional
        Of an activation ``forward`` and ``derivative``, or ``forward`` and ``vjp``, which are functions of rows; of a
        cost ``value`` and ``gradient``, and both or none of the others.
    rowwise : bool
        Whether the functions of a cost are functions of rows.

    Raises
    ------
    TypeError
        These functions do not make a kernel.

    Notes
    -----
    What numba compiles may call the functions of `math` and of NumPy, and no Python of yours that numba has not
    compiled. An exception stops the pass with status 1; a division by 0 is none. As in C, a Python number makes the
    arithmetic of a float kernel double. Where numba is missing the NumPy functions run, after a `KernelWarning`.
    """
    given = {name: function for name, function in locals().items() if name != "rowwise" and function is not None}
    for name, function in given.items():
        if not callable(function):
            raise TypeError(f"numba_kernel: {name}= expected a function, got {shown(function)}")
    rowwise = rowwise or vjp is not None
    if given.keys() not in (ROWS if rowwise else NUMBERS):
        raise TypeError(
            "numba_kernel: expected forward= with derivative= or vjp=, or value= and gradient= with both or none of "
            f"fused_value= and fused=, got {', '.join(f'{name}=' for name in given) or 'none'}"
        )
    return NumbaKernel(tuple(given.items()), rowwise)
