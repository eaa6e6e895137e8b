"""The wheel of a kernel in plain C is built once, and every Python of this machine installs it and calls the kernel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installing import PLUGINS, copied, wheel
from packaging.utils import parse_wheel_filename

PYTHONS = [path for minor in range(11, 20) if (path := shutil.which(f"python3.{minor}"))]

# What cbp does with a library, by the standard library alone: not every Python here has cbp and NumPy.
CALL = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
class Activation(ctypes.Structure):
    _fields_ = [("head", ctypes.c_char * 56), ("fwd_f32", ctypes.c_void_p), ("bwd_f32", ctypes.c_void_p)]
    fwd = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 2, *[ctypes.c_ssize_t] * 3, ctypes.c_void_p)
kernel = Activation.in_dll(library, "sparsemax_kernel")
z, a = (ctypes.c_float * 6)(2, 1.5, -1, 0, 0, 0.3), (ctypes.c_float * 6)()
status = Activation.fwd(kernel.fwd_f32)(z, a, 2, 3, 3, None)
print(json.dumps([*sys.version_info[:2], status, *a]))
"""


@pytest.fixture(scope="session")
def sparsemax(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its wheel, built by this Python."""
    work = tmp_path_factory.mktemp("sparsemax")
    (source,) = copied(work, *(plugin for plugin in PLUGINS if plugin.name == "cbp-sparsemax"))
    return wheel(work, source)


def test_this_python_is_among_those_that_are_found() -> None:
    assert f"python3.{sys.version_info.minor}" in [Path(python).name for python in PYTHONS]


def test_the_wheel_says_that_it_is_for_any_python_3(sparsemax: Path) -> None:
    *_, tags = parse_wheel_filename(sparsemax.name)
    (tag,) = tags
    assert (tag.interpreter, tag.abi) == ("py3", "none")
    assert tag.platform != "any"


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: Path(python).name)
def test_a_python_installs_it_and_calls_the_kernel(python: str, sparsemax: Path, tmp_path: Path) -> None:
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]
    run(python, "-m", "venv", "venv", cwd=tmp_path)
    run("venv/bin/python", "-m", "pip", "install", *options, str(sparsemax), cwd=tmp_path)
    libraries = sorted(tmp_path.glob("venv/lib/python*/site-packages/cbp_sparsemax/kernel_*.so"))
    library = libraries[0]  # v2, or base: any processor runs it
    (tmp_path / "call.py").write_text(CALL)
    major, minor, status, *a = json.loads(run("venv/bin/python", "call.py", str(library), cwd=tmp_path))
    assert (f"python{major}.{minor}", status) == (Path(python).name, 0)
    assert a == pytest.approx([0.75, 0.25, 0, 0.7 / 3, 0.7 / 3, 1.6 / 3])


def run(*command: str, cwd: Path) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
