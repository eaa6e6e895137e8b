"""Chooses, once at import, the instruction set whose vector modules are used.

The best one this processor runs, or the one named by the environment variable ``CBP_ISA``
(``v2``, ``v3``, ``v4``; ``base`` on machines that are not x86-64).
"""

from __future__ import annotations

import os
from importlib import import_module

from ..settings import SettingError

__all__ = ["chance", "isa", "kernels", "regularizers", "tiles", "updates"]


def _choose() -> str:
    try:
        from .cpu import supported
    except ImportError as error:
        from .unbuilt import explained

        raise explained(error) from None
    runs = supported()
    wanted = os.environ.get("CBP_ISA", runs[0])
    if wanted not in runs:
        raise SettingError(
            f"CBP_ISA={wanted!r}: expected one of {', '.join(runs)} (what this processor runs); "
            "unset CBP_ISA to let cbp choose"
        )
    return wanted


isa = _choose()
tiles = import_module(f"{__package__}.{isa}.tiles")
kernels = import_module(f"{__package__}.{isa}.kernels")
updates = import_module(f"{__package__}.{isa}.updates")
chance = import_module(f"{__package__}.{isa}.chance")
regularizers = import_module(f"{__package__}.{isa}.regularizers")
