"""What leaves the house: from the sdist alone, elsewhere, comes a wheel that trains."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY_ONLY = (".git", ".pre-commit")  # what only a clone needs: .github, .gitignore, ...
VECTOR = {"tiles", "kernels", "updates", "regularizers", "chance", "probe"}  # compiled once per instruction set
CONTROL = {source.stem for source in (ROOT / "cbp" / "core").glob("*.pyx")} - VECTOR
SHARED = {"_cyutility"}  # Cython's own


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", folder, ROOT, cwd=folder)
    (archive,) = folder.iterdir()
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that every environment tests, which tox built from an unpacked sdist."""
    return Path(os.environ["TOX_PACKAGE"])


def test_the_sdist_holds_every_file_of_the_repository_and_nothing_built(sdist: Path) -> None:
    tracked = set(run("git", "ls-files", cwd=ROOT).splitlines())
    held = {file.relative_to(sdist).as_posix() for file in sdist.rglob("*") if file.is_file()}
    made = {name for name in held if name in {"PKG-INFO", "setup.cfg"} or name.startswith("cbp.egg-info/")}
    assert held - made == {name for name in tracked if not name.startswith(REPOSITORY_ONLY)}


def test_the_wheel_holds_the_core_the_headers_the_types_and_the_data(wheel: Path) -> None:
    names = {PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()}
    core = PurePosixPath("cbp/core")
    compiled = {(str(n.parent.relative_to(core)), n.name.split(".")[0]) for n in names if n.suffix == ".so"}
    sets = {folder for folder, _ in compiled} - {"."}
    assert sets in ({"v2", "v3", "v4"}, {"base"})
    assert compiled == {(".", m) for m in CONTROL | SHARED} | {(isa, m) for isa in sets for m in VECTOR}
    for name in ("py.typed", "core/plan.pyi", "include/cbp_kernel.h", "include/cbp_kernel.pxd",
                 "data/sets/digits.npz", "data/sets/iris.npz", "data/sets/README.md"):  # fmt: skip
        assert PurePosixPath("cbp", name) in names
    assert not [name for name in names if name.suffix in {".c", ".pyx"}]


def test_the_wheel_takes_at_most_5_MB(wheel: Path) -> None:
    assert wheel.stat().st_size <= 5_000_000


def test_the_wheel_installs_and_trains_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    bin_folder = tmp_path / "venv" / "bin"
    run(bin_folder / "pip", "install", f"{wheel}[cli]", cwd=tmp_path)
    assert run(bin_folder / "cbp", "--version", cwd=tmp_path).split()[-1] == wheel.name.split("-")[1]
    run(bin_folder / "cbp", "train", "iris", "--epochs", "5", "--out", "iris.safetensors", cwd=tmp_path)
    assert "4-" in run(bin_folder / "cbp", "inspect", "iris.safetensors", cwd=tmp_path)
