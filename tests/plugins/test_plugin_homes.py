"""A plugin's module is the one that `import` finds, sooner where its folder is known."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cbp.registry import Registry

Code = Callable[..., str]
Distribution = Callable[..., Path]


@pytest.fixture
def first(tmp_path: Path, distribution: Distribution, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder before those of all plugins."""
    folder = tmp_path / "first"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def asked(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[str]:
    """What `import` asks the finder of a folder for, from now on."""
    names: list[str] = []
    finder = SimpleNamespace(find_spec=lambda name, _target=None: names.append(name))
    monkeypatch.setitem(sys.path_importer_cache, str(folder), finder)
    return names


def test_no_folder_before_a_plugins_is_asked_for_it(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    first: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distribution("my-plugin", activation_plugin("cube", more="try: import no_such_module\nexcept ImportError: pass"))
    names, finders = asked(monkeypatch, first), list(sys.meta_path)
    assert registry.find("activation", "cube").id == "my-plugin:cube"
    assert names == ["no_such_module"]
    assert sys.meta_path == finders


def test_a_module_in_a_folder_before_a_plugins_is_the_one_that_counts(
    registry: Registry, distribution: Distribution, activation_plugin: Code, first: Path
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    (first / "my_plugin.py").write_text(activation_plugin("another"))
    assert registry.find("activation", "another").id == "my-plugin:another"


def test_a_module_in_an_archive_before_a_plugins_is_the_one_that_counts(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    first: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    with zipfile.ZipFile(first / "all.zip", "w") as archive:
        archive.writestr("my_plugin.py", activation_plugin("another"))
    monkeypatch.syspath_prepend(first / "all.zip")
    assert registry.find("activation", "another").id == "my-plugin:another"


@pytest.mark.parametrize("name", ["my_plugin.txt", "my_plugin/notes.txt", "my_plugin.py/notes.txt"])
def test_what_is_no_module_does_not_hide_one(
    registry: Registry, distribution: Distribution, activation_plugin: Code, first: Path, name: str
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    (first / name).parent.mkdir(exist_ok=True)
    (first / name).write_text("no code")
    assert registry.find("activation", "cube").id == "my-plugin:cube"


def test_a_plugin_may_be_in_any_part_of_a_namespace_package(
    registry: Registry, distribution: Distribution, activation_plugin: Code, first: Path
) -> None:
    folder = distribution("my-plugin", "", "[cbp]\nmine = space.mine\nyours = space.yours\n").parent
    for part, name in ((first, "mine"), (folder, "yours")):
        (part / "space").mkdir()
        (part / "space" / f"{name}.py").write_text(activation_plugin(name))
    for name in ("mine", "yours"):
        assert registry.find("activation", name).id == f"my-plugin:{name}"


def test_a_finder_before_pythons_own_is_asked_first(
    registry: Registry, distribution: Distribution, activation_plugin: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of an import hook that checks types, or of pytest."""
    distribution("my-plugin", activation_plugin("cube"))
    names: list[str] = []
    finder: Any = SimpleNamespace(find_spec=lambda name, _path, _target: names.append(name))
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    registry.find("activation", "cube")
    assert "my_plugin" in names


def test_a_module_of_no_folder_is_found_by_who_knows_it(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one that is installed editable: a finder after Python's own has its place."""
    info = distribution("my-plugin", activation_plugin("cube"))
    source = (info.parent / "my_plugin.py").rename(tmp_path.parent / f"{tmp_path.name}.elsewhere.py")

    def find_spec(name: str, _path: object, _target: object) -> Any:
        return importlib.util.spec_from_file_location(name, source) if name == "my_plugin" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, SimpleNamespace(find_spec=find_spec)])
    assert registry.find("activation", "cube").id == "my-plugin:cube"


def test_a_finder_that_a_plugin_brings_stays(
    registry: Registry, distribution: Distribution, activation_plugin: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    more = "import sys, types\nfinder = types.SimpleNamespace(find_spec=lambda *_: None)\nsys.meta_path.append(finder)"
    distribution("my-plugin", activation_plugin("cube", more=more))
    before = list(sys.meta_path)
    registry.find("activation", "cube")
    assert sys.meta_path == [*before, sys.modules["my_plugin"].finder]
