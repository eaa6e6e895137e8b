"""The compiled core: tiles and kernels (vector arithmetic), passes and epoch (control).

`passes.pyx` is where to begin: its first lines say who allocates, how memory is laid out, what runs without the
GIL and how threads share a pass; then come the paper's six steps.
"""

from . import isa  # first: it says why, where nothing is built or the instruction set asked for is not to be had

__all__ = ["isa"]
