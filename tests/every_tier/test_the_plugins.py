"""Each of the repository's plugins, built into a wheel and installed as a user would, passes its own tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from installing import PLUGINS, copied, installed, python, wheel

from cbp.testing import CHECKS

TIERS = {
    "cbp-circular": "NumPy",
    "cbp-snake": "Cython",
    "cbp-sparsemax": "C",
    "cbp-survival": "numba",
    "cbp-tweedie": "formula",
}


def test_there_is_a_plugin_of_every_tier() -> None:
    assert {plugin.name for plugin in PLUGINS} == TIERS.keys()


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_passes_its_own_tests(plugin: Path, tmp_path: Path) -> None:
    """All checks of what it provides among them: with a kernel, none is left out for want of one."""
    (source,) = copied(tmp_path, plugin)
    site = installed(tmp_path, [wheel(tmp_path, source)])
    said = python("-m", "pytest", "-p", "no:cacheprovider", "-rs", cwd=source, paths=(site,))
    (passed,) = re.findall(r"=+ (\d+) passed(?:, \d+ skipped)? in .*=+", said)
    assert int(passed) >= min(map(len, (CHECKS["activation"], CHECKS["cost"])))
    assert ("it has no kernel" in said) == (TIERS[plugin.name] == "NumPy")


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_is_laid_out_as_a_new_one_is(plugin: Path) -> None:
    names = {path.relative_to(plugin).as_posix() for path in plugin.rglob("*")}
    module = plugin.name.replace("-", "_")
    assert {"LICENSE", "README.md", "pyproject.toml", "tox.ini", "tests/test_conformance.py"} <= names
    assert f"src/{module}/__init__.py" in names
    cited = r"\*[^*]+\*[^*\n]*\b(19|20)\d\d\b"  # a journal, a conference or a book, and its year
    assert re.search(cited, (plugin / "README.md").read_text(encoding="utf-8"))
    assert f'@parametrize_checks("{plugin.name}")' in (plugin / "tests" / "test_conformance.py").read_text()
