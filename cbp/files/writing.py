"""How a file is written: beside its place, flushed, and renamed into it; the old one stays until the new is whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

__all__ = ["destination", "write_atomically"]


def destination(path: Path) -> Path:
    """The file that writing to `path` replaces: `path`, or what it links to. It need not exist.

    Raises
    ------
    OSError
        Something else than a regular file is there, or it cannot be looked at.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it", str(path))
    if not stat.S_ISREG(mode):
        raise PermissionError(errno.EPERM, "is no ordinary file; name another", str(path))
    return target


def write_atomically(path: Path, data: bytes, what: str) -> None:
    """Write `data` beside `path`, flush it to the disk, and rename it into place; a link stays a link.

    Parameters
    ----------
    path : Path
    data : bytes
    what : str
        What messages call the data: ``"the model"``.

    Raises
    ------
    OSError
        With `path` as it was.
    """
    try:
        _replace(destination(path), data)
    except OSError as error:
        raise type(error)(error.errno, f"could not write {what}: {error.strerror}", str(path)) from None


def _replace(target: Path, data: bytes) -> None:
    beside = target.parent / f".cbp-{secrets.token_hex(8)}.part"
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
