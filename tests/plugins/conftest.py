"""Plugins to test with: real ones, built and installed by pip once a session, and some made on the spot."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from installing import PLUGINS, copied, installed, python, sdist

from cbp.registry import Registry

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

Run = Callable[..., str]
Distribution = Callable[..., Path]
BuiltOnce = Callable[[str, Callable[[Path], Path]], Path]

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``run(code, folder, ..., CBP_ISA="v2")`` executes `code` in a process of its own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(code: str, *paths: Path, fails: bool = False, **env: str) -> str:
        return python("-c", code, cwd=elsewhere, paths=paths, fails=fails, **env)

    return run


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> BuiltOnce:
    """``built_once("name", build)`` is what `build(folder)` returned in the first of all workers that asked."""
    session = tmp_path_factory.getbasetemp()
    shared = session if worker_id == "master" else session.parent

    def built_once(name: str, build: Callable[[Path], Path]) -> Path:
        work, answer = shared / name, shared / f"{name}.built"
        with FileLock(shared / f"{name}.lock"):
            if not answer.exists():
                shutil.rmtree(work, ignore_errors=True)  # of a build that failed
                work.mkdir()
                answer.write_text(str(build(work)))
        return Path(answer.read_text())

    return built_once


@pytest.fixture(scope="session")
def site(built_once: BuiltOnce) -> Path:
    """A folder with the repository's plugins, some installed from their folder, some from their sdist."""

    def build(work: Path) -> Path:
        as_folder, *as_archive = copied(work, *PLUGINS)
        return installed(work, [as_folder, *map(sdist, as_archive)])

    return built_once("plugins", build)


@pytest.fixture(scope="session")
def clones(built_once: BuiltOnce) -> Path:
    """A folder with a plugin that is made of cbp's own kernels."""

    def build(work: Path) -> Path:
        sources = copied(work, HERE / "clone")
        for header in (ROOT / "cbp" / "core").glob("*.h"):
            shutil.copy(header, sources[0])
        return installed(work, sources)

    return built_once("clones", build)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that has not looked for plugins yet, and in which `cbp.Network` finds its names."""
    fresh = Registry()
    for module in ("cbp.registry.chosen", "cbp.registry.made", "cbp.registry.recall"):
        monkeypatch.setattr(f"{module}.registry", fresh)
    monkeypatch.delenv("CBP_PLUGINS", raising=False)
    return fresh


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distribution]:
    """``distribution("my-plugin", code)`` installs a module ``my_plugin`` with that code as a plugin."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def install(name: str, code: str, entry_points: str | None = None, version: str = "1.0") -> Path:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=name, version=version))
        (info / "entry_points.txt").write_text(entry_points or f"[cbp]\n{name} = {module}\n")
        return info

    yield install
    for module in set(sys.modules) - before:
        del sys.modules[module]


@pytest.fixture
def activation_plugin() -> Callable[..., str]:
    """The code of a plugin that provides activations of these names."""

    def code(*names: str, more: str = "") -> str:
        return f"""
import numpy as np
from cbp.plugin import Activation, hookimpl
calls = []
{more}
@hookimpl
def cbp_activations():
    calls.append("cbp_activations")
    return [Activation(name, forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2) for name in {names!r}]
"""

    return code
