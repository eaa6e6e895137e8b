"""Kernels that do not come as a capsule: plain C in a shared library, or Python that numba compiles.

`library` and `from_python` make them; a plugin finds both in `cbp.plugin`. Each is found or compiled when a network is
built with it, not when its plugin is imported. One that is not to be had on this machine is not an error: it raises
`KernelUnavailable`, and the NumPy functions run.
"""

from .source import KernelSource, KernelUnavailable, KernelWarning, capsule_of

__all__ = ["KernelSource", "KernelUnavailable", "KernelWarning", "capsule_of"]
