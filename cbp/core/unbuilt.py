"""What to say where the compiled core is not there: in a source tree, found before the installed package."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["explained"]


def explained(error: ImportError) -> ImportError:
    """`error` itself if the core is there but cannot be loaded; else one that says how to get at cbp."""
    if find_spec(f"{__package__}.cpu") is not None:
        return error
    return ImportError(
        f"{Path(__file__).parents[1]} is the source of cbp, not built for Python {sys.version_info[0]}."
        f"{sys.version_info[1]}: start Python in another folder, or as `python -P`, to import the installed cbp; or "
        "build it there with `python setup.py build_ext --inplace`"
    )
