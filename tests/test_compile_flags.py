"""cbp's own kernels are compiled with the flags that cbp hands to plugins, which are written down once."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

import cbp

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree of nothing but what says how it is compiled."""
    monkeypatch.setattr("Cython.Build.cythonize", lambda extensions, **_: extensions)
    for variable in ("CBP_BUILD_ISAS", "CBP_CFLAGS"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "cbp").mkdir()
    for name in ("setup.py", "cbp/headers.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compile_lines(source: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The compiler's flags for each module that setup.py builds."""
    given: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", lambda **options: given.update(options))
    runpy.run_path(str(source / "setup.py"))
    return {extension.name: extension.extra_compile_args for extension in given["ext_modules"]}


def test_kernels_are_compiled_with_the_flags_that_plugins_get(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = compile_lines(source, monkeypatch)
    kernels = {name.split(".")[2]: flags for name, flags in lines.items() if name.endswith(".kernels")}
    assert set(kernels) in ({"v2", "v3", "v4"}, {"base"})
    for isa, flags in kernels.items():
        assert set(cbp.get_compile_args(isa)) <= set(flags)
        assert [flag for flag in flags if flag.startswith("-O")][-1] == "-O3"


def test_what_is_changed_for_plugins_is_changed_for_cbp(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = source / "cbp" / "headers.py"
    before = compile_lines(source, monkeypatch)
    headers.write_text(headers.read_text().replace("-fno-math-errno", "-fno-math-errno-2").replace("x86-64-", "mine-"))
    after = compile_lines(source, monkeypatch)
    assert before.keys() == after.keys()
    for name, flags in before.items():
        changed = [flag.replace("-fno-math-errno", "-fno-math-errno-2").replace("x86-64-", "mine-") for flag in flags]
        assert after[name] == changed != flags
