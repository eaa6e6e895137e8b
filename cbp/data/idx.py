"""IDX files, the format of MNIST: two zero bytes, a type, the dimensions, the data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from cbp.data.errors import DataError, DataNotFoundError
from cbp.data.files import opened, read_array
from cbp.data.floats import AnyArray
from cbp.data.raw import Raw

__all__ = ["read_idx", "read_image_folder"]

ABOUT = "images; grey levels 0..255 of one byte are read as 0..1"
TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> AnyArray:
    """Read one IDX file, packed with gzip or not.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    array
        In the file's shape and type (unsigned or signed byte, int16, int32, float32, float64), in
        the machine's byte order.

    Raises
    ------
    DataError
        If the file is no IDX file, is cut short, or is longer than its header says.
    """
    path = Path(path)
    with opened(path) as stream:
        dtype, shape = _header(stream, path)
        array = read_array(stream, dtype, shape, str(path))
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: IO[bytes], path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] == 0:
        raise DataError(
            f"{path}: expected an IDX file, which begins 00 00 08 03 (images) or 00 00 08 01 "
            f"(labels), got {magic.hex(' ') or 'an empty file'}"
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{path}: the file ends within its {magic[3]} dimensions; fetch it again")
    return np.dtype(TYPES[magic[2]]), tuple(np.frombuffer(sizes, ">u4").tolist())


def read_image_folder(path: Path, with_labels: bool) -> Raw:
    """Read images and labels under MNIST's file names.

    Parameters
    ----------
    path : Path
        A folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and, if there is a test
        part, the same with t10k or test for train; each may end in .gz. Or a prefix of such files
        (``emnist-letters``; ``mnist/t10k`` for that part alone), or one file of images.
    with_labels : bool
        False reads no labels, and of two parts only the test part.

    Raises
    ------
    DataNotFoundError
        If the files are not there.
    """
    main, test = _parts(path)
    if not with_labels:
        return Raw(read_idx((test or main).images), None, about=ABOUT)
    return _labelled(main, None if test is None else _labelled(test))


class _Files(NamedTuple):
    images: Path
    labels: Path


def _labelled(files: _Files, test: Raw | None = None) -> Raw:
    return Raw(read_idx(files.images), read_idx(files.labels), about=ABOUT, test=test)


def _parts(path: Path) -> tuple[_Files, _Files | None]:
    """The files of the main part, and of the test part if there is one."""
    start = f"{path}{os.sep}" if path.is_dir() else f"{path}-"
    alone = str(path.with_name(path.name.rpartition("images")[0])) if path.is_file() else start
    if single := _part(alone):
        return single, None
    if main := _part(f"{start}train-"):
        return main, _part(f"{start}t10k-") or _part(f"{start}test-")
    raise DataNotFoundError(
        f"{path}: expected the files train-images-idx3-ubyte and train-labels-idx1-ubyte there "
        "(.gz or not), got neither"
    )


def _part(start: str) -> _Files | None:
    images, labels = (_present(start, kind) for kind in ("images-idx3", "labels-idx1"))
    return _Files(images, labels or Path(f"{start}labels-idx1-ubyte")) if images else None


def _present(start: str, kind: str) -> Path | None:
    names = (f"{start}{kind}-ubyte", f"{start}{kind.replace('-', '.')}-ubyte")
    candidates = (Path(name + ending) for name in names for ending in ("", ".gz"))
    return next((file for file in candidates if file.is_file()), None)
