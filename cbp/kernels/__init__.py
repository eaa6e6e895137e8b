"""Kernels that do not come as a capsule: plain C in a shared library, or Python that numba compiles.

Each is found or compiled when a network is built with it, not when its plugin is imported. One that is not to be had
on this machine is not an error: it raises `KernelUnavailable`, and the NumPy functions run.
"""

from .from_python import numba_kernel
from .library import shared_library
from .source import KernelSource, KernelUnavailable, KernelWarning, capsule_of

__all__ = ["KernelSource", "KernelUnavailable", "KernelWarning", "capsule_of", "numba_kernel", "shared_library"]
