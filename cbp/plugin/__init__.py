"""What a plugin author imports: the hook marker and what a plugin can provide.

A complete plugin is this module behind an entry point of the group ``cbp``::

    import numpy as np
    from cbp.plugin import Activation, hookimpl

    @hookimpl
    def cbp_activations():
        return [Activation("cube", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)]
"""

import pluggy

from ..kernels import KernelWarning, numba_kernel, shared_library
from .functions import Activation, Array, Cost, Param
from .makers import Initializer, Optimizer

__all__ = [
    "Activation", "Array", "Cost", "Initializer", "KernelWarning", "Optimizer", "Param", "hookimpl", "numba_kernel",
    "shared_library",
]  # fmt: skip

hookimpl = pluggy.HookimplMarker("cbp")
