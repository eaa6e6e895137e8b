"""Where a command writes: a default name, and a check before the work that the path can be written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

__all__ = ["model_file", "writable"]

ENDINGS = {".csv", ".tsv", ".txt", ".data", ".npy", ".npz"}


def model_file(source: str) -> Path:
    """``houses.safetensors``, in the current folder, for data/houses.csv.gz."""
    name = Path(Path(os.path.abspath(source)).name or "model")  # noqa: PTH100 (a link keeps its own name)
    name = name.with_suffix("") if name.suffix.lower() == ".gz" else name
    name = name.with_suffix("") if name.suffix.lower() in ENDINGS else name
    return Path(f"{name}.safetensors")


def writable(path: Path) -> Path:
    """`path` itself, if a file can be written there.

    Raises
    ------
    OSError
        It cannot; nothing has changed.
    """
    if path.is_dir():
        raise _refusal(IsADirectoryError, errno.EISDIR, "is a folder; name a file in it", path)
    if path.exists() and not path.is_file():
        raise _refusal(PermissionError, errno.EPERM, "is no ordinary file; name another", path)
    if not path.parent.is_dir():
        raise _refusal(FileNotFoundError, errno.ENOENT, f"there is no folder {str(path.parent)!r}", path)
    if path.exists() and not os.access(path, os.W_OK):
        raise _refusal(PermissionError, errno.EACCES, "is write-protected; name another file", path)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _refusal(type(error), error.errno, f"cannot be written ({error.strerror})", path) from None
    return path


def _refusal(kind: type[OSError], number: int | None, words: str, path: Path) -> OSError:
    return kind(number, words, str(path))
