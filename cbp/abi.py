"""The structs of ``cbp_kernel.h`` as ctypes sees them: to look at a kernel, and to call it, from Python."""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = [
    "CAPSULE", "CHUNK_INVARIANT", "IN_PLACE", "READS_A", "READS_Z", "ROWWISE",
    "ActivationKernel", "CostKernel", "Head", "built_with", "capsule_at", "head_of", "kernel_of",
]  # fmt: skip

CAPSULE = b"cbp.kernel.v1"
MAGIC = 0x4B504243
MAJOR, MINOR = 1, 0
ACTIVATION, COST = 1, 2  # the kind of a head
READS_Z, READS_A, IN_PLACE, ROWWISE, CHUNK_INVARIANT = 1, 2, 4, 8, 16  # its hints


class Head(ctypes.Structure):
    """The frozen head of every kernel."""

    _fields_ = (
        ("magic", ctypes.c_uint32),
        ("abi_major", ctypes.c_uint16),
        ("abi_minor", ctypes.c_uint16),
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("hints", ctypes.c_uint32),
        ("required", ctypes.c_uint32),
        ("name", ctypes.c_char_p),
        ("provider", ctypes.c_char_p),
        ("build", ctypes.c_char_p),
        ("isa", ctypes.c_char_p),
    )


def _function(n_blocks: int) -> Any:
    blocks = [ctypes.c_void_p] * n_blocks
    return ctypes.CFUNCTYPE(ctypes.c_int, *blocks, *[ctypes.c_ssize_t] * 3, ctypes.c_void_p)


class ActivationKernel(ctypes.Structure):
    """``cbp_activation``."""

    _fields_ = (
        ("head", Head),
        ("fwd_f32", _function(2)),
        ("bwd_f32", _function(4)),
        ("fwd_f64", _function(2)),
        ("bwd_f64", _function(4)),
    )


class CostKernel(ctypes.Structure):
    """``cbp_cost``."""

    _fields_ = (
        ("head", Head),
        *((f"{name}_{suffix}", _function(3)) for suffix in ("f32", "f64") for name in ("value", "grad")),
        *((f"fused_{name}_{suffix}", _function(4)) for suffix in ("f32", "f64") for name in ("value", "grad")),
    )


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype, _capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


def capsule_at(address: int) -> object:
    """A capsule for the kernel struct at `address`, which must stay there for as long as the capsule is used."""
    capsule: object = _capsule(address, CAPSULE, None)  # it keeps the pointer to CAPSULE's characters
    return capsule


def head_of(capsule: object) -> Head | None:
    """The head of a kernel, fit to be called or not; None if `capsule` holds no kernel of this ABI's name."""
    try:
        head = Head.from_address(_pointer(capsule, CAPSULE))
    except ValueError:
        return None
    return head if head.magic == MAGIC else None


def built_with(head: Head) -> str:
    """The compiler that a head names; GCC's ``__VERSION__`` is a bare number."""
    build: str = (head.build or b"").decode(errors="replace")
    return f"GCC {build}" if build[:1].isdigit() else build


def kernel_of(capsule: object) -> Any:
    """The struct behind a capsule: an `ActivationKernel` or a `CostKernel`.

    Whether it is fit to be called is for `cbp.core.bound` to say, which reads no more than its head first.

    Raises
    ------
    ValueError
        `capsule` is no capsule of kernels.
    """
    address = _pointer(capsule, CAPSULE)
    kind = Head.from_address(address).kind
    return (ActivationKernel if kind == ACTIVATION else CostKernel).from_address(address)
