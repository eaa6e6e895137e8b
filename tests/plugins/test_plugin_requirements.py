"""What plugins require: on PyPI, `cbp` is another project (clone-by-path 1.1), which must never be fetched for this."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = [path.parent for folder in ("plugins", "tests") for path in sorted((ROOT / folder).rglob("pyproject.toml"))]
OTHER_PROJECT = ("1.1.1", "1.1.2", "1.1.3")

Run = Callable[..., str]


def requirements(plugin: Path, table: str, key: str) -> list[Requirement]:
    declared = tomllib.loads((plugin / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(each) for each in declared[table].get(key, [])]


def test_the_plugins_are_found() -> None:
    assert {"cbp-snake", "cbp-circular", "cbp-sparsemax", "cbp-survival", "cbp-tweedie", "clone"} <= {
        plugin.name for plugin in PLUGINS
    }


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_no_plugin_can_make_pip_fetch_the_other_project(plugin: Path) -> None:
    assert "cbp" not in [each.name for each in requirements(plugin, "build-system", "requires")]
    for each in requirements(plugin, "project", "dependencies"):
        if each.name == "cbp":
            assert not any(each.specifier.contains(version) for version in OTHER_PROJECT)
            assert each.specifier.contains("0.1.0")


BUILD = "import runpy, sys; sys.modules.pop('cbp', None); {hide}; runpy.run_path('setup.py')"


@pytest.mark.parametrize("plugin", ["cbp-snake", "cbp-sparsemax", "cbp-tweedie"])
@pytest.mark.parametrize("hide", ["sys.modules['cbp'] = None", "sys.path.insert(0, 'other')"], ids=["none", "other"])
def test_a_build_without_cbp_or_with_another_says_what_to_do(run: Run, hide: str, plugin: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cbp.py").write_text("__version__ = '1.1.3'\n")
    code = f"import os; os.chdir({str(tmp_path)!r}); {BUILD.format(hide=hide)}"
    (tmp_path / "setup.py").write_bytes((ROOT / "plugins" / plugin / "setup.py").read_bytes())
    (message,) = run(code, fails=True).splitlines()
    assert message.startswith(f"{plugin}: expected cbp, whose headers and compiler flags its kernel is built with, ")
    assert message.endswith("then build with: pip install --no-build-isolation")
