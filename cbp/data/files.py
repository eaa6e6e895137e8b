"""Reading bytes and text from a file, packed with gzip or not.

Files are told apart by their first bytes, never by their name. Lengths written in a file are not
believed: `read_array` allocates as the bytes arrive, so a header that promises a terabyte, or a
few packed bytes that unfold to one, cost nothing.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from cbp.data.errors import DataError, DataNotFoundError
from cbp.data.floats import AnyArray

__all__ = ["opened", "opened_text", "read_array", "suffix"]

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 1 << 20


def suffix(path: Path) -> str:
    """Lower-case ending of a file name, a ``.gz`` behind it left out: ``".csv"``."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.suffix.lower()


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacking gzip; all that can go wrong is a `DataError`."""
    try:
        with path.open("rb") as file:
            packed = file.peek(2)[:2] == GZIP_MAGIC
            yield gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[misc]
    except DataError:
        raise
    except FileNotFoundError:
        raise DataNotFoundError(f"{path}: there is no such file") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as damage:
        raise DataError(f"{path}: the gzip data is damaged or cut short ({damage}); fetch the file again") from damage
    except OSError as refusal:
        raise DataError(f"{path}: cannot be read ({refusal.strerror or refusal})") from refusal


@contextmanager
def opened_text(path: Path) -> Iterator[IO[str]]:
    """Open a file as UTF-8 text (a byte order mark is skipped), unpacking gzip."""
    with opened(path) as file:
        try:
            yield io.TextIOWrapper(file, encoding="utf-8-sig")
        except UnicodeDecodeError as stranger:
            raise DataError(
                f"{path}: expected UTF-8 text, got the byte 0x{stranger.object[stranger.start]:02x}"
                "; save the table as UTF-8"
            ) from stranger


def read_array(
    stream: IO[bytes],
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    what: str,
    order: Literal["C", "F"] = "C",
) -> AnyArray:
    """Read the array that is the rest of ``stream``.

    Parameters
    ----------
    stream : binary file
    dtype, shape, order
        As the header promises.
    what : str
        What is being read, for error messages.

    Raises
    ------
    DataError
        If there are fewer or more bytes than promised, or no array has this shape.
    """
    data = _read_exactly(stream, math.prod(shape) * dtype.itemsize, what)
    try:
        return np.frombuffer(data, dtype).reshape(shape, order=order)
    except ValueError as misfit:  # items of no size, too many dimensions
        raise DataError(f"{what}: expected an array, got {dtype} in shape {shape}") from misfit


def _read_exactly(stream: IO[bytes], count: int, what: str) -> bytearray:
    """All ``count`` bytes left in ``stream``; reads one more at most."""
    data = bytearray()
    while piece := stream.read(min(PIECE, count + 1 - len(data))):
        data += piece
    if len(data) < count:
        raise DataError(
            f"{what}: the header promises {count} bytes of data, got {len(data)}: "
            "the file is cut short or damaged; fetch it again"
        )
    if len(data) > count:
        raise DataError(
            f"{what}: the header promises {count} bytes of data, but more follow: the file is damaged; fetch it again"
        )
    return data
