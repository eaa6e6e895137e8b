"""The package as it is installed: under tox, from the wheel and not from the source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import distribution, files
from pathlib import Path

import pytest

import cbp

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = Path(cbp.__file__).parent

under_tox = pytest.mark.skipif(
    "TOX_ENV_NAME" not in os.environ, reason="outside tox, cbp may be an in-place build of the source tree"
)


@under_tox
def test_tox_tests_the_installed_package() -> None:
    assert INSTALLED.is_relative_to(sys.prefix)
    assert not INSTALLED.is_relative_to(ROOT / "cbp")


def held(folder: Path, *endings: str) -> set[str]:
    """The files below `folder` whose names end so."""
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.name.endswith(endings)}


@under_tox
def test_the_wheel_holds_the_modules_of_the_source_tree_and_no_others() -> None:
    """A module more is a leftover of an earlier build: remove `build/`."""
    modules = (".py", ".pyi", "py.typed", ".npz", ".md", ".in")
    assert held(INSTALLED, *modules) == held(ROOT / "cbp", *modules)


@under_tox
def test_the_wheel_holds_what_a_kernel_author_needs_and_no_other_source() -> None:
    public = {f"include/{name}" for name in held(ROOT / "cbp" / "include", ".h", ".pxd")}
    assert held(INSTALLED, ".h", ".pxd", ".pyx", ".c") == public
    assert {"include/cbp_kernel.h", "include/cbp_kernel.pxd", "include/cbp_math.h"} <= public


@under_tox
def test_every_file_is_on_record_so_that_uninstalling_leaves_nothing() -> None:
    recorded = {str(file) for file in files("cbp") or ()}
    assert {f"cbp/{name}" for name in held(INSTALLED, ".py", ".pyi", ".so", ".h", ".pxd", ".npz")} <= recorded


def test_a_source_tree_that_is_not_built_says_how_to_get_at_the_installed_package(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "cbp", tmp_path / "cbp", ignore=shutil.ignore_patterns("*.so", "__pycache__"))

    def python(*options: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, *options, "-c", "import cbp; print(cbp.__file__)"]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    why = python().stderr.splitlines()[-1]
    assert why.startswith(f"ImportError: {tmp_path / 'cbp'} is the source of cbp, not built for Python 3.")
    assert "or as `python -P`, to import the installed cbp" in why
    assert python("-P").stdout.strip() == cbp.__file__


def test_a_core_that_is_there_but_cannot_be_loaded_says_why_itself(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "cbp", tmp_path / "cbp", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (tmp_path / "cbp" / "core" / f"cpu{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")
    words = [sys.executable, "-c", "import cbp"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "source of cbp" not in done.stderr
    assert "cpu" in done.stderr.splitlines()[-1]


def test_both_licences_are_declared() -> None:
    metadata = distribution("cbp").metadata
    assert metadata["License-Expression"] == "BSD-3-Clause AND CC-BY-4.0"
    assert metadata.get_all("License-File") == ["LICENSE", "cbp/data/sets/README.md"]


def test_ci_runs_the_readmes_test_command() -> None:
    command = "pip install tox && tox"
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
