"""Whether a kernel's struct is one that this cbp can use."""

from __future__ import annotations

import warnings

from ..abi import ROWWISE, built_with, kernel_of
from ..core import cpu
from ..core.bound import BoundActivation, BoundCost
from ..kernels import KernelWarning, capsule_of
from ..plugin import Activation
from .report import Failure
from .subject import Subject

__all__ = ["head"]


def head(subject: Subject) -> str:
    """The struct's head is one that this cbp can use, and says what the spec says."""
    bind = BoundActivation if isinstance(subject.spec, Activation) else BoundCost
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", KernelWarning)  # that it is not called: said below
            unavailable = bind(subject.spec, subject.settings[0]).unavailable
    except (ImportError, TypeError) as error:
        unavailable = str(error)
    if unavailable:
        raise Failure(
            f"a kernel that this cbp can call on this processor, which is {cpu.supported()[0]}",
            unavailable,
            f"kernel= of {subject.entry.id}",
            "fill the struct's head with CBP_HEAD of the installed cbp_kernel.h, set every function, and build again",
        )
    kernel = kernel_of(capsule_of(subject.spec))
    if isinstance(subject.spec, Activation):
        _require_shape(subject, bool(kernel.head.hints & ROWWISE))
    else:
        _require_pair(subject, bool(kernel.fused_grad_f32))
    build = built_with(kernel.head)
    return f"ABI {kernel.head.abi_major}.{kernel.head.abi_minor}" + (f", built with {build}" if build else "")


def _require_shape(subject: Subject, rowwise: bool) -> None:
    if rowwise != subject.rowwise:
        raise Failure(
            f"the hint CBP_ROWWISE {'set' if subject.rowwise else 'clear'}, as the spec gives "
            f"{'vjp' if subject.rowwise else 'derivative'}=",
            f"it is {'set' if rowwise else 'clear'}",
            f"the head of the kernel of {subject.entry.id}",
            "set CBP_ROWWISE and give vjp= if a row's outputs depend on the whole row, and neither if they do not: cbp "
            "cuts the blocks of an elementwise kernel anywhere",
        )


def _require_pair(subject: Subject, pair: bool) -> None:
    if pair != (subject.spec.fused is not None):
        raise Failure(
            "a fused pair in both tiers, or in neither",
            "fused= is given, but the kernel has no fused pair" if not pair else "the kernel alone has one",
            f"the kernel of {subject.entry.id}",
            "set fused_value_f32, fused_grad_f32 and their double versions in the struct, and fused_value= and fused= "
            "in the spec: the NumPy functions are what the kernel is checked against",
        )
