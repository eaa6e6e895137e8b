"""NumPy's own files: npy and npz. Objects, which NumPy stores as pickles, are never loaded."""

from __future__ import annotations

import gzip
import io
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, cast

import numpy as np

from cbp.data.columns import Column, choose, default_names
from cbp.data.errors import DataError, listed, shown
from cbp.data.files import opened, read_array
from cbp.data.floats import AnyArray
from cbp.data.in_file import InFile
from cbp.data.raw import Raw

__all__ = ["read_npy", "read_npy_table", "read_npz"]

SAMPLES = (("x_train", "x_test"), ("x", "x_test"), ("data", "data_test"))
TARGETS = (("y_train", "y_test"), ("y", "y_test"), ("targets", "targets_test"), ("target", ""))
LOCAL_HEADER = 30  # bytes before a zip member's name; the last four say how long that is, and the field behind it


def read_npy(stream: IO[bytes], what: str) -> AnyArray:
    """Read one array, allocating no more than the bytes that are there.

    Parameters
    ----------
    stream : binary file, at the beginning of the array; nothing may follow it
    what : str
        What is being read, for error messages.

    Raises
    ------
    DataError
        If this is no npy data, is damaged or cut short, or holds Python objects.
    """
    shape, fortran, dtype = _header(stream, what)
    if dtype.hasobject:
        raise DataError(
            f"{what}: holds Python objects, which can run code when loaded and are refused; "
            "save an array of numbers or of texts"
        )
    return read_array(stream, dtype, shape, what, order="F" if fortran else "C")


def _header(stream: IO[bytes], what: str) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers written by Python 2
            shape, fortran, dtype = readers[np.lib.format.read_magic(stream)](stream)
    except (EOFError, zlib.error, OSError):
        raise  # told apart by those who opened the stream
    except Exception as damage:  # the header is a Python literal: nearly anything can go wrong
        raise DataError(
            f"{what}: expected npy data of format 1 or 2, got a damaged header or one of over 10000 bytes"
        ) from damage
    if min(shape, default=0) < 0:
        raise DataError(f"{what}: expected npy data, got the shape {shape}")
    return shape, fortran, dtype


def mapped_npy(path: Path) -> AnyArray | None:
    """The array of a file, left there; None where it is packed. Errors are those of `read_npy`."""
    with opened(path) as stream:
        if isinstance(stream, gzip.GzipFile):
            return None
        found = _mapped(stream, path, path.stat().st_size, str(path))
        if found is None:
            stream.seek(0)
            return read_npy(stream, str(path))
        return found


def _mapped(stream: IO[bytes], path: Path, end: int, what: str) -> AnyArray | None:
    """The array that `stream` is at the beginning of, up to `end` in `path`; None if it is not whole, or of objects."""
    shape, fortran, dtype = _header(stream, what)
    begin, expected = stream.tell(), math.prod(shape) * dtype.itemsize
    if dtype.hasobject or expected == 0 or end != begin + expected:
        return None
    return np.memmap(path, dtype, "r", begin, shape, "F" if fortran else "C")


def read_npy_table(
    path: Path, target: Column | Sequence[Column] | None, features: Sequence[Column] | None, memory_map: bool = False
) -> Raw:
    """Read a table (n, columns) of one dtype, or a structured array (n,) with named fields.

    With `memory_map` the samples of a file that is not packed stay there.
    """
    table = mapped_npy(path) if memory_map else None
    if table is None:
        with opened(path) as stream:
            table = read_npy(stream, str(path))
    if table.size == 0 or table.ndim != (2 if table.dtype.names is None else 1):
        raise DataError(
            f"{path}: expected a table, one row per sample with the target in the last column, "
            f"got shape {table.shape}; save samples and targets as X and y in an npz"
        )
    names = table.dtype.names or default_names(table.shape[1])
    chosen = choose(names, target, features, str(path))
    targets = _columns(table, chosen.targets, path, words=True) if chosen.targets else None
    samples = partial(_columns, places=chosen.features, path=path)
    few, in_file = samples(table[:1]), isinstance(table, np.memmap)
    return Raw(
        X=cast("AnyArray", InFile(table, samples, few.shape[1], few.dtype)) if in_file else samples(table),
        targets=targets,
        feature_names=tuple(names[j] for j in chosen.features),
        target_names=tuple(names[j] for j in chosen.targets),
    )


def _columns(table: AnyArray, places: list[int], path: Path, words: bool = False) -> AnyArray:
    """Some columns as (n, columns); one field of words alone if they are allowed."""
    if table.dtype.names is None:
        return table[:, places]
    fields = {table.dtype.names[j]: table[table.dtype.names[j]] for j in places}
    for name, field in fields.items():
        if field.dtype.kind not in ("biufUS" if words and len(fields) == 1 else "biuf"):
            raise DataError(
                f"{path}, column {name!r}: expected numbers, got dtype {field.dtype}; turn words "
                "into numbers, or name the columns to use (features=, target=)"
            )
        if field.ndim != 1:
            raise DataError(f"{path}, column {name!r}: expected one number for each sample")
    return np.column_stack(list(fields.values()))


def read_npz(path: Path, with_targets: bool, memory_map: bool = False) -> Raw:
    """Read an archive of arrays: X and y (or targets), or x_train, y_train, x_test, y_test.

    Capital or small letters do not matter. X is a table (n, N_1) or images (n, height, width, …).
    Without targets, the test part alone is read if there is one. With `memory_map` a table stays where it is stored as
    it is.
    """
    with opened(path) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                kept = stream if memory_map and not isinstance(stream, gzip.GzipFile) else None
                return _Archive(archive, path, kept).read(with_targets)
        except (DataError, OSError, MemoryError):
            raise
        except Exception as damage:  # zipfile and its codecs have many ways to fail
            raise DataError(f"{path}: the npz archive is damaged ({shown(str(damage))}); fetch it again") from damage


class _Archive:
    """The arrays of an npz archive, found by name and read when asked for; samples stay in the stream of `kept`."""

    def __init__(self, archive: zipfile.ZipFile, path: Path, kept: IO[bytes] | None) -> None:
        self.archive, self.path, self.kept = archive, path, kept
        members = [name for name in archive.namelist() if name.endswith(".npy")]
        self.members = {name.removesuffix(".npy").lower(): name for name in members}

    def read(self, with_targets: bool) -> Raw:
        samples, samples_test = self._first(SAMPLES, "samples in X or x_train")
        if not with_targets:
            return Raw(self._samples(samples_test if samples_test in self.members else samples), None)
        targets, targets_test = self._first(TARGETS, "targets in y, targets or y_train")
        has_test = samples_test in self.members and targets_test in self.members
        return self._pair(samples, targets, self._pair(samples_test, targets_test) if has_test else None)

    def _pair(self, samples: str, targets: str, test: Raw | None = None) -> Raw:
        return Raw(self._samples(samples), self._array(targets), test=test)

    def _first(self, known: Sequence[tuple[str, str]], expected: str) -> tuple[str, str]:
        for names in known:
            if names[0] in self.members:
                return names
        got = listed(name.removesuffix(".npy") for name in self.members.values())
        raise DataError(f"{self.path}: expected {expected}, got {got or 'no arrays'}")

    def _samples(self, name: str) -> AnyArray:
        table = None if self.kept is None else self._in_place(self.kept, self.archive.getinfo(self.members[name]))
        if table is None or table.ndim != 2 or table.dtype.kind not in "biuf":
            return self._array(name)
        return cast("AnyArray", InFile(table, lambda part: part, table.shape[1], table[:1].dtype))

    def _in_place(self, stream: IO[bytes], member: zipfile.ZipInfo) -> AnyArray | None:
        """A member left in the file; None where it is packed or encrypted, or is not whole."""
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            return None
        stream.seek(member.header_offset + LOCAL_HEADER - 4)
        begin = stream.seek(sum(struct.unpack("<HH", stream.read(4))), io.SEEK_CUR)
        return _mapped(stream, self.path, begin + member.file_size, self._what(member.filename))

    def _array(self, name: str) -> AnyArray:
        with self.archive.open(self.members[name]) as member:
            return read_npy(member, self._what(self.members[name]))

    def _what(self, member: str) -> str:
        return f"{self.path}: {member.removesuffix('.npy')}"
