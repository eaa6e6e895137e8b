"""Compiles C for a test: by default with the headers of the cbp under test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cbp

__all__ = ["built", "said_of"]


def built(source: Path, library: Path, *flags: str, include: Path | None = None, compiler: str = "cc") -> Path:
    """A shared library, as an author of a kernel would build it; a warning is an error."""
    said = said_of(source, "-shared", "-fPIC", *flags, f"-o{library}", include=include, compiler=compiler)
    assert said == "", said
    return library


def said_of(source: Path, *flags: str, include: Path | None = None, compiler: str = "cc") -> str:
    """What the compiler says."""
    command = [compiler, "-fvisibility=hidden", "-Werror", f"-I{include or cbp.get_include()}", *flags, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert bool(done.returncode) == bool(done.stderr), done
    return done.stderr
