"""``cbp plugins new``: the folder it writes, and what it refuses. That its tox is green is shown in tests/scaffold."""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from cbp.cli import main
from cbp.registry import Registry
from cbp.scaffold import origin
from cbp.scaffold.plan import KINDS, TIERS


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


Distribution = Callable[..., Path]

PYPI = "cbp>=0.1,<1"  # not the other project of that name, which begins at 1.1
AUTHOR = 'Ada "the Countess" Lovelace'


def new(*words: str) -> int:
    return main(["plugins", "new", *words, "--author", AUTHOR])


@pytest.mark.parametrize(("tier", "kind"), [*product([tier for tier in TIERS if tier != "formula"], KINDS)])
def test_everything_a_distribution_needs_is_there(tier: str, kind: str) -> None:
    assert new("soft_log", "--tier", tier, "--kind", kind) == 0
    folder = Path("cbp-soft-log")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    always = {"README.md", "LICENSE", ".gitignore", "tox.ini", "pyproject.toml", ".github/workflows/ci.yml"}
    assert always | {"src/cbp_soft_log/__init__.py", "tests/test_conformance.py", "tests/test_formula.py"} <= files
    for path in folder.rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))
    for name in files - {".github/workflows/ci.yml"}:  # whose own syntax is ${{ … }}
        assert "$" not in (folder / name).read_text(encoding="utf-8"), name
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["cbp"] == {"soft_log": "cbp_soft_log"}
    assert project["dependencies"][0] == "cbp>=0.1,<1"
    assert project["authors"] == [{"name": AUTHOR}]
    assert AUTHOR in (folder / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_new_function_is_found_by_its_name(kind: str, registry: Registry, distribution: Distribution) -> None:
    assert new("soft_log", "--kind", kind) == 0
    project = tomllib.loads(Path("cbp-soft-log", "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, module),) = project["entry-points"]["cbp"].items()
    code = Path("cbp-soft-log", "src", module, "__init__.py").read_text(encoding="utf-8")
    distribution(project["name"], code, f"[cbp]\n{name} = {module}\n")
    entry = registry.find(KINDS[kind].kind, "soft_log")
    assert entry.id == "cbp-soft-log:soft_log"
    assert getattr(entry.spec, "rowwise", False) == (kind == "rowwise")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("relu", "the activation 'relu' is built in"),
        ("sigmoid", "is built in"),  # an alias
        ("Soft-Log", "got 'Soft-Log': perhaps soft_log"),
        ("cbp-softlog", "perhaps softlog"),
        ("3x", "got '3x'"),
        ("", "got ''"),
        ("../x", "got '../x': perhaps x"),
        ("linux", "got 'linux'"),
        ("a" * 61, "of small letters, digits and _"),
        ("größe", "got 'größe'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(name) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_costs_name_may_be_an_activations() -> None:
    assert new("relu", "--kind", "cost") == 0


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cbp-softlog").mkdir()
    (tmp_path / "cbp-softlog" / "README.md").write_text("mine")
    assert new("softlog") == 2
    assert "cbp-softlog is there already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["cbp-softlog", "README.md"]
    assert (tmp_path / "cbp-softlog" / "README.md").read_text() == "mine"
    assert new("softlog", "--out", "other") == 0
    assert (tmp_path / "other" / "tox.ini").exists()


def test_what_cannot_be_written_whole_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write_text(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", write_text)
    assert new("softlog") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert new("softlog", "--out", "nowhere/softlog") == 2
    assert "nowhere/softlog: expected the folder nowhere to be there: make it first" in capsys.readouterr().err


def test_the_licence_is_the_authors_choice() -> None:
    assert new("a1", "--license", "MIT") == 0
    assert Path("cbp-a1", "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert 'license = "MIT"' in Path("cbp-a1", "pyproject.toml").read_text(encoding="utf-8")
    assert new("a2", "--license", "none") == 0
    assert not Path("cbp-a2", "LICENSE").exists()
    project = tomllib.loads(Path("cbp-a2", "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "license" not in project
    assert project["classifiers"] == ["Private :: Do Not Upload"]


def test_the_answer_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert new("softlog", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["folder"] == answer["distribution"] == "cbp-softlog"
    assert {str(path) for path in map(Path, answer["files"])} == {
        str(path.relative_to("cbp-softlog")) for path in Path("cbp-softlog").rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("record", "source", "public"),
    [
        (None, PYPI, PYPI),
        ('{"url": "file:///home/ada/cbp", "dir_info": {}}', "file:///home/ada/cbp", PYPI),
        (
            '{"url": "https://example.org/cbp", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}}',
            "git+https://example.org/cbp@1a2b",
            "git+https://example.org/cbp@1a2b",
        ),
        ('{"url": "file:///tmp/cbp-0.1.0-cp313-cp313-linux_x86_64.whl", "archive_info": {}}', PYPI, PYPI),
    ],
)
def test_tox_gets_cbp_from_where_this_one_came_from_and_ci_from_where_others_can(
    record: str | None, source: str, public: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return record

    monkeypatch.setattr(origin, "distribution", lambda name: Installed())
    assert new("softlog") == 0
    assert f"{{env:CBP_SOURCE:{source}}}" in Path("cbp-softlog", "tox.ini").read_text(encoding="utf-8")
    workflow = Path("cbp-softlog", ".github", "workflows", "ci.yml").read_text(encoding="utf-8")
    assert f'      CBP_SOURCE: "{public}"\n' in workflow


def test_a_formula_needs_sympy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    for module in [name for name in sys.modules if name.startswith("cbp.scaffold.formula")]:
        monkeypatch.delitem(sys.modules, module)
    assert new("softlog", "--activation", "z*tanh(z)") == 1
    assert "--activation: expected SymPy, which finds the derivative: pip install sympy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--tier", "formula"), "expected --activation or --cost with it"),
        (("--param", "beta=1"), "--param: expected --activation or --cost with it"),
        (("--activation", "z", "--cost", "a-y"), "got both"),
        (("--activation", "z", "--tier", "cython"), "--activation: expected no --tier and no --kind"),
        (("--cost", "a-y", "--kind", "rowwise"), "--cost: expected no --tier and no --kind"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert new("softlog", *options) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
