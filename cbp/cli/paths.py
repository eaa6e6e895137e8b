"""Where a command writes: a default name, and a check before the work that the path can be written."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from ..files.writing import destination

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
    _check_folder(path, path)
    target = destination(path)
    _check_folder(target, path)
    if target.exists() and not os.access(target, os.W_OK):
        raise _refusal(PermissionError, errno.EACCES, "is write-protected; name another file", path)
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise _refusal(type(error), error.errno, f"cannot be written ({error.strerror})", path) from None
    return path


def _check_folder(file: Path, path: Path) -> None:
    if not file.parent.is_dir():
        raise _refusal(FileNotFoundError, errno.ENOENT, f"there is no folder {str(file.parent)!r}", path)


def _refusal(kind: type[OSError], number: int | None, words: str, path: Path) -> OSError:
    return kind(number, words, str(path))
