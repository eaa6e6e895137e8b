"""What a plugin author imports: the hook marker and what a plugin can provide.

A complete plugin is this module behind an entry point of the group ``cbp``::

    import numpy as np
    from cbp.plugin import Activation, hookimpl

    @hookimpl
    def cbp_activations():
        return [Activation("cube", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)]
"""

from importlib import import_module
from typing import TYPE_CHECKING

import pluggy

from ..kernels import KernelWarning
from .functions import Activation, Array, Cost, Param
from .makers import Initializer, Optimizer

if TYPE_CHECKING:
    from ..kernels.from_python import numba_kernel
    from ..kernels.library import shared_library

__all__ = [
    "Activation", "Array", "Cost", "Initializer", "KernelWarning", "Optimizer", "Param", "hookimpl", "numba_kernel",
    "shared_library",
]  # fmt: skip

hookimpl = pluggy.HookimplMarker("cbp")

if not TYPE_CHECKING:  # few plugins need these: `import cbp` does not load them

    def __getattr__(name: str) -> object:
        home = {"numba_kernel": "from_python", "shared_library": "library"}.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"cbp.kernels.{home}"), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
