"""The checksum that every model file holds: a bit that fell, in a weight or in a word, is found where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np

__all__ = ["KEY", "checksum"]

KEY = "cbp.checksum"  # the metadata key of it


def checksum(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> str:
    """The CRC-32 of all the rest of a file, in whatever order its parts come, as hexadecimal digits."""
    found = 0
    for key in sorted(metadata.keys() - {KEY}):
        found = crc32(f"{key}\n{metadata[key]}\n".encode(), found)
    for name in sorted(tensors):
        tensor = tensors[name]
        found = crc32(f"{name} {tensor.dtype.name} {tensor.shape}\n".encode(), found)
        found = crc32(tensor.astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes(), found)
    return f"{found:08x}"
