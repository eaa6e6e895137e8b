"""What cbp reads of the installed distributions is what `importlib.metadata` says of them."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from cbp.registry.distributions import EntryPoint, Written, written

PYTHON = "Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\nSummary: none\n\nName: in the text\nVersion: 9\n"


def points(distribution: Written | metadata.Distribution, group: str) -> set[tuple[str, str]]:
    if isinstance(distribution, Written):
        return {(point.name, point.value) for point in distribution.points(group)}
    return {(point.name, point.value) for point in distribution.entry_points.select(group=group)}


def test_everything_installed_here_has_the_same_names_versions_and_entry_points() -> None:
    groups = {point.group for each in metadata.distributions() for point in each.entry_points}
    assert {"pytest11", "console_scripts"} <= groups
    ours = {tuple(map(each.head().get, ("name", "version"))): each for each in written()}
    theirs = {(each.metadata["Name"], each.version): each for each in metadata.distributions()}
    assert ours.keys() == theirs.keys()
    assert len(ours) > 10
    for key, each in theirs.items():
        for group in groups:
            assert points(ours[key], group) == points(each, group)


@pytest.mark.parametrize("value", ["json", "json:loads", "json:decoder.JSONDecoder.decode", "json : loads [more]"])
def test_an_entry_point_loads_what_importlibs_does(value: str) -> None:
    ours, theirs = EntryPoint("x", value), metadata.EntryPoint("x", value, "cbp")
    assert ours.load() is theirs.load()
    assert ours.module == theirs.module


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    return sys.path


def described(group: str = "cbp") -> list[tuple[str | None, str | None, list[EntryPoint]]]:
    return [(each.head().get("name"), each.head().get("version"), each.points(group)) for each in written()]


WANTED = [("old", "2.5", [EntryPoint("a", "b:c")])]


def put(folder: Path, metadata_file: str = "METADATA") -> None:
    folder.mkdir(parents=True)
    (folder / metadata_file).write_text(PYTHON.format(name="old"))
    (folder / "entry_points.txt").write_text("[other]\nx = y\n\n[cbp]\n# ours\na = b:c\n\n[more]\nz = z\n")


def test_a_folder_of_an_older_kind_is_read(tmp_path: Path, path: list[str]) -> None:
    put(tmp_path / "old.egg-info", "PKG-INFO")
    path += [str(tmp_path / "not there"), str(tmp_path)]
    assert described() == WANTED


def test_the_working_directory_is_read_where_it_is_on_the_path(
    tmp_path: Path, path: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "old-2.5.dist-info")
    monkeypatch.chdir(tmp_path)
    path.append("")
    assert described() == WANTED


def test_an_archive_is_read(tmp_path: Path, path: list[str]) -> None:
    put(tmp_path / "old-2.5.dist-info")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in (tmp_path / "old-2.5.dist-info").iterdir():
            archive.write(file, f"old-2.5.dist-info/{file.name}")
    path.append(str(tmp_path / "all.zip"))
    assert described() == WANTED


def test_a_finder_of_somebody_elses_is_asked(tmp_path: Path, path: list[str]) -> None:
    put(tmp_path / "elsewhere" / "old-2.5.dist-info")

    class Finder:
        @staticmethod
        def find_distributions(context: object) -> Iterator[metadata.Distribution]:
            yield metadata.PathDistribution(tmp_path / "elsewhere" / "old-2.5.dist-info")

    sys.meta_path.append(Finder)  # type: ignore[arg-type]
    assert described() == WANTED


@pytest.mark.parametrize("line", ["no equals sign", "= b", "a ="])
def test_a_line_that_is_no_entry_point_is_an_error(line: str) -> None:
    distribution = Written("here", {"entry_points.txt": f"[cbp]\n{line}\n"}.get)
    with pytest.raises(ValueError, match="expected name = module, got"):
        distribution.points("cbp")
    assert distribution.points("other") == []
