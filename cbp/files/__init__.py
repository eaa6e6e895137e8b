"""Model files: safetensors with a JSON description. Reading one never runs code of the file's.

The tensors are W2, b2, W3, b3, ...; the description, under the metadata key ``cbp``, names sizes, activations
and cost, which are looked up in the registry, and what they said of a few fixed numbers. A checksum is of all of it.
"""

from .model import RUN, ModelDescription, ModelError, ModelWarning, contents, described, load, save, write

__all__ = ["RUN", "ModelDescription", "ModelError", "ModelWarning", "contents", "described", "load", "save", "write"]
