"""CBP_PLUGINS: which of the installed plugins are let in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cbp.registry import Registry
from cbp.settings import SettingError

Code = Callable[..., str]
Run = Callable[..., str]
Distribution = Callable[..., Path]

CASES = {
    None: "abc",
    "": "",
    " , ": "",
    "plug-a": "a",
    "plug-a,plug-c": "ac",
    " plug-a , plug-c ": "ac",
    "-plug-b": "ac",
    "-plug-a,-plug-b": "c",
    "plug-a,plug-b,-plug-b": "a",
    "Plug_A": "a",
    "point-b": "b",
    "-point-b": "ac",
}


@pytest.fixture
def three(distribution: Distribution, activation_plugin: Code) -> None:
    for x in "abc":
        distribution(f"plug-{x}", activation_plugin(f"act_{x}"), f"[cbp]\npoint-{x} = plug_{x}\n")


@pytest.mark.parametrize(("wish", "expected"), CASES.items(), ids=repr)
def test_selection(
    registry: Registry, three: None, monkeypatch: pytest.MonkeyPatch, wish: str | None, expected: str
) -> None:
    if wish is not None:
        monkeypatch.setenv("CBP_PLUGINS", wish)
    there = {entry.distribution for entry in registry.entries("activation")} - {"cbp"}
    assert there == {f"plug-{x}" for x in expected}
    assert {label[5] for label in registry.left_out} == set("abc") - set(expected)


def test_what_is_left_out_is_not_imported(
    registry: Registry, three: None, distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution("bad", "raise AssertionError('imported')")
    monkeypatch.setenv("CBP_PLUGINS", "-bad")
    assert registry.find("activation", "act_a").id == "plug-a:act_a"
    assert registry.failures == {}


def test_a_name_that_is_left_out_is_explained(registry: Registry, three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBP_PLUGINS", "-plug-b")
    with pytest.raises(ValueError, match=r"unknown activation 'act_b'.*CBP_PLUGINS leaves out plug-b:point-b"):
        registry.find("activation", "act_b")


@pytest.mark.parametrize("wish", ["plug-d", "-plug-d", "plug-a,plug-d"])
def test_a_word_that_fits_no_plugin_is_an_error(
    registry: Registry, three: None, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    monkeypatch.setenv("CBP_PLUGINS", wish)
    for _ in range(2):
        with pytest.raises(SettingError, match=r"names plug-d, but .*; installed: plug-a, plug-b, plug-c"):
            registry.find("activation", "act_a")
    assert registry.find("activation", "relu").id == "cbp:relu"
    monkeypatch.setenv("CBP_PLUGINS", "plug-a")
    assert registry.find("activation", "act_a").id == "plug-a:act_a"


CHILD = """
import subprocess, sys
code = "import cbp; print([name for name in cbp.activations() if not name.startswith('cbp:')])"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
"""


@pytest.mark.parametrize(("wish", "expected"), [("", "[]"), ("plug-b", "['plug-b:act_b']")])
def test_child_processes_inherit_it(run: Run, three: None, tmp_path: Path, wish: str, expected: str) -> None:
    assert run(CHILD, tmp_path, CBP_PLUGINS=wish).strip() == expected
