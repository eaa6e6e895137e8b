"""Writes the files of a new distribution: all of them, into a folder that is not there yet, or none."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["write"]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Make `folder` with `files`.

    Parameters
    ----------
    folder : Path
        Must not exist; what it lies in must.
    files : mapping of path to text

    Raises
    ------
    FileExistsError, FileNotFoundError
        With nothing written.
    OSError
    """
    if folder.is_symlink() or folder.exists():
        raise FileExistsError(f"{folder} is there already, and nothing in it was touched; name another with --out")
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"{folder}: expected the folder {folder.parent} to be there: make it first")
    beside = folder.parent / f".cbp-{secrets.token_hex(8)}.part"
    beside.mkdir()
    try:
        for name, text in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
