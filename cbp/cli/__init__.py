"""The command line: ``cbp train``, ``cbp predict``, ``cbp evaluate``, ``cbp inspect``, ``cbp plugins``."""

from .program import main

__all__ = ["main"]
