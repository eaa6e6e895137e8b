"""Builds and installs distributions for a test, as their users would; and Python in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["PLUGINS", "copied", "installed", "python", "sdist", "wheel"]

PLUGINS = sorted(path.parent for path in Path(__file__).parents[1].glob("plugins/*/pyproject.toml"))
OFFLINE = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check", "--quiet"]


def python(*arguments: str, cwd: Path, paths: tuple[Path, ...] = (), fails: bool = False, **env: str) -> str:
    """Run Python elsewhere than in the source tree, with `paths` importable; return what it printed."""
    path = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CBP_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": path, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stderr if fails else done.stdout


def copied(work: Path, *sources: Path) -> list[Path]:
    """Copies to build from, so that nothing is left in the repository."""
    built = shutil.ignore_patterns("build", "dist", "*.egg-info", "*.so", "__pycache__")
    return [shutil.copytree(source, work / source.name, ignore=built) for source in sources]


def sdist(source: Path) -> Path:
    """Its source distribution, as an index would hold it."""
    python("-c", "from setuptools.build_meta import build_sdist; build_sdist('dist')", cwd=source)
    (archive,) = (source / "dist").glob("*.tar.gz")
    return archive


def installed(work: Path, sources: list[Path]) -> Path:
    """A folder into which pip installs what it builds from `sources`."""
    python("-m", "pip", "install", *OFFLINE, "--target", str(work / "site"), *map(str, sources), cwd=work)
    return work / "site"


def wheel(work: Path, source: Path) -> Path:
    """The wheel that pip builds from `source`."""
    python("-m", "pip", "wheel", *OFFLINE, "--wheel-dir", str(work / "wheel"), str(source), cwd=work)
    (built,) = (work / "wheel").iterdir()
    return built
