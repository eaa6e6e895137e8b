"""The functions an activation or cost consists of: what goes into each, and what shape comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..plugin import Activation, Array, Cost

__all__ = ["Function", "kernel_functions", "numpy_functions"]

Spec = Activation | Cost


@dataclass(frozen=True)
class Function:
    """One of the functions of a tier.

    Attributes
    ----------
    name : str
        As the author wrote it: a field of the spec (``"derivative"``), or of the kernel's struct without the
        dtype (``"bwd"``).
    inputs : tuple of str
        Which of z, a, g and y it is given, in this order, each (n, N).
    per_row : bool
        Whether it returns (n,) and not (n, N).
    numpy : callable
        ``numpy(*inputs, **params)``: it itself, or for a kernel what its NumPy tier says.
    """

    name: str
    inputs: tuple[str, ...]
    per_row: bool
    numpy: Callable[..., Array]

    def of(self, sample: dict[str, Array], params: dict[str, float]) -> Any:
        """What the NumPy tier answers for a sample."""
        return self.numpy(*(sample[name] for name in self.inputs), **params)


def numpy_functions(spec: Spec) -> tuple[Function, ...]:
    """Those the author wrote in NumPy."""
    if isinstance(spec, Activation):
        forward = Function("forward", ("z",), False, spec.forward)
        if spec.derivative is not None:
            return forward, Function("derivative", ("z", "a"), False, spec.derivative)
        assert spec.vjp is not None
        return forward, Function("vjp", ("z", "a", "g"), False, spec.vjp)
    pair = (
        Function("value", ("a", "y"), True, spec.value),
        Function("gradient", ("a", "y"), False, spec.gradient),
    )
    if spec.fused is None or spec.fused_value is None:
        return pair
    return (
        *pair,
        Function("fused_value", ("z", "a", "y"), True, spec.fused_value),
        Function("fused", ("z", "a", "y"), False, spec.fused),
    )


def kernel_functions(spec: Spec) -> tuple[Function, ...]:
    """Those of its kernel's struct, each beside its NumPy tier."""
    if isinstance(spec, Activation):
        return (
            Function("fwd", ("z",), False, spec.forward),
            Function("bwd", ("z", "a", "g"), False, pull_back(spec)),
        )
    names = {"value": "value", "gradient": "grad", "fused_value": "fused_value", "fused": "fused_grad"}
    return tuple(Function(names[f.name], f.inputs, f.per_row, f.numpy) for f in numpy_functions(spec))


def pull_back(sigma: Activation) -> Callable[..., Array]:
    """The product g·[δa/δz] of the NumPy tier, from z, a and g."""
    derivative, vjp = sigma.derivative, sigma.vjp
    if vjp is not None:
        return vjp
    assert derivative is not None
    return lambda z, a, g, **params: g * derivative(z, a, **params)
