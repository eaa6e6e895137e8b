"""Where a plugin came from and what it did while it was loaded is known, told, and mended where it can be."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbp.cli import main
from cbp.core import sentinel
from cbp.registry import Registry, provenance
from cbp.registry.provenance import PluginWarning

Code = Callable[..., str]
Distribution = Callable[..., Path]

BIT = 22 if platform.machine() in ("aarch64", "arm64") else 14  # of the direction of rounding
ROUND_UPWARDS = f"from cbp.core import sentinel as s; s.set_floating_point_mode(s.floating_point_mode() ^ (1 << {BIT}))"


@pytest.fixture
def cli_registry(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    for module in ("plugin_list", "plugin_why", "plugin_facts"):
        monkeypatch.setattr(f"cbp.cli.{module}.registry", registry)
    return registry


def test_a_plugin_that_was_loaded_is_accounted_for(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("good", activation_plugin("cube"))
    assert registry.provenance == {}
    entry = registry.find("activation", "cube")
    record = registry.provenance[entry.plugin]
    assert (entry.plugin, record.stage, record.deeds) == ("good:good", "ready", {})
    assert Path(record.file).name == "good.py"
    assert 0 < record.seconds < 60


THIEF = """
from cbp.plugin import Activation, hookimpl

@hookimpl
def cbp_activations():
    return [Activation("relu", abs, abs)]
"""
STAGES = {"import": "import no_such_module_at_all", "hooks": "def cbp_activations(): return []", "names": THIEF}


@pytest.mark.parametrize(("stage", "code"), STAGES.items(), ids=STAGES)
def test_one_that_failed_is_too(registry: Registry, distribution: Distribution, code: str, stage: str) -> None:
    distribution("bad", code)
    registry.entries("activation")
    assert registry.provenance["bad:bad"].stage == stage
    assert list(registry.failures) == ["bad:bad"]


@pytest.mark.parametrize("more", ["", "raise ValueError('after all')"])
def test_who_changes_the_floating_point_mode_is_named_and_the_mode_mended(
    registry: Registry, distribution: Distribution, activation_plugin: Code, more: str
) -> None:
    distribution("fast", activation_plugin("cube", more=f"{ROUND_UPWARDS}\n{more}"), version="3.1")
    before = sentinel.floating_point_mode()
    expected = r"the plugin fast:fast 3\.1 changed the floating-point mode .*rounding.*without -ffast-math"
    with pytest.warns(PluginWarning, match=expected):
        registry.entries("activation")
    assert sentinel.floating_point_mode() == before
    assert list(registry.failures) == (["fast:fast"] if more else [])


def test_who_prints_is_named_and_what_it_prints_is_printed(
    registry: Registry, distribution: Distribution, activation_plugin: Code, capsys: pytest.CaptureFixture[str]
) -> None:
    stdout = sys.stdout
    distribution("loud", activation_plugin("cube", more="print('welcome')"))
    with pytest.warns(PluginWarning, match=r"loud:loud 1\.0 wrote to stdout .* 'welcome\\n'"):
        registry.entries("activation")
    assert capsys.readouterr().out == "welcome\n"
    assert sys.stdout is stdout


def test_who_turns_the_gil_on_is_named(
    registry: Registry, distribution: Distribution, activation_plugin: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a Python without a GIL."""
    distribution("quiet", activation_plugin("square"))
    distribution("heavy", activation_plugin("cube", more="import sys; sys.heavy = True"))
    monkeypatch.setattr(sys, "heavy", False, raising=False)
    monkeypatch.setattr(provenance, "_gil", lambda: sys.__dict__["heavy"])
    with pytest.warns(PluginWarning, match=r"heavy:heavy 1\.0 turned the GIL back on") as warned:
        registry.entries("activation")
    assert "quiet" not in "".join(str(w.message) for w in warned)


def test_a_warning_made_an_error_hurts_no_plugin(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("loud", activation_plugin("cube", more="print('welcome')"))
    distribution("quiet", activation_plugin("square"))
    with pytest.raises(PluginWarning):  # warnings are errors in these tests
        registry.entries("activation")
    assert registry.find("activation", "cube").id == "loud:cube"
    assert registry.find("activation", "square").id == "quiet:square"


BROKEN = {
    "misses": "import no_such_module_at_all",
    "exits": "raise SystemExit(3)",
    "garbled": "def",
    "hookless": "",
    "thief": THIEF,
}


@pytest.fixture
def all_broken(cli_registry: Registry, distribution: Distribution) -> None:
    for name, code in BROKEN.items():
        distribution(name, code)
    (distribution("damaged", "") / "entry_points.txt").write_bytes(b"[cbp]\nno equals sign\n")


@pytest.mark.parametrize("argv", [(), ("--load",), ("--json",), ("--load", "--json"), ("--why", "relu")])
def test_listing_works_with_every_plugin_broken(
    all_broken: None, argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plugins", *argv]) == 0
    out = capsys.readouterr().out
    if "--why" in argv:
        return
    for name in [*BROKEN, "damaged"]:
        assert f"{name}:" in out
    if "--json" in argv:
        states = {each["plugin"]: each["state"] for each in json.loads(out)["plugins"]}
        usual = "failed" if "--load" in argv else "installed"
        assert states == {f"{name}:{name}": usual for name in BROKEN} | {"damaged:entry_points.txt": "failed"}


def test_leaving_out_works_with_every_plugin_broken(
    all_broken: None, cli_registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CBP_PLUGINS", ",".join(f"-{name}" for name in BROKEN))
    assert main(["plugins", "--load", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["left_out"]) == {f"{name}:{name}" for name in BROKEN}
    assert not set(BROKEN) & set(sys.modules)


def why(name: str, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    status = main(["plugins", "--why", name, *more])
    return status, capsys.readouterr().out


def test_why_explains_a_name(
    cli_registry: Registry, distribution: Distribution, activation_plugin: Code, capsys: pytest.CaptureFixture[str]
) -> None:
    distribution("good", activation_plugin("cube", "both"), version="2.0")
    distribution("other", activation_plugin("both"))
    status, out = why("cube", capsys)
    assert status == 0
    assert out.startswith("activation 'cube' is good:cube, of good 2.0 (NumPy), from /")
    assert "good.py, loaded in" in out
    _, out = why("both", capsys)
    assert out.count("write the full name") == 2
    status, out = why("good", capsys)
    assert (status, out.partition(",")[0]) == (0, "plugin good:good 2.0 provides cube")
    status, out = why("sigmoid", capsys)
    assert (status, "is cbp:logistic, built in (compiled)" in out) == (0, True)
    status, out = why("cubes", capsys)
    assert (status, out) == (1, "nothing is called 'cubes': did you mean 'cube'?\n")
    status, out = why("good", capsys, "--json")
    assert json.loads(out)["provides"] == ["good:cube", "good:both"]


def test_why_is_an_action_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["plugins", "why", "relu"]), capsys.readouterr().out) == why("relu", capsys)


def test_why_shows_where_a_plugin_failed(all_broken: None, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = why("misses", capsys)
    assert status == 1
    assert "plugin misses:misses 1.0 failed to load: ModuleNotFoundError" in out
    assert "misses.py, line 1, in <module>: import no_such_module_at_all" in out
    status, out = why("fine", capsys)
    assert status == 1
    assert out.splitlines()[0] == "nothing is called 'fine': did you mean 'hinge'?"
    assert out.count("it may be in this: plugin ") == len(BROKEN) + 1


def test_why_says_that_a_plugin_is_left_out(
    cli_registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distribution("good", activation_plugin("cube"))
    monkeypatch.setenv("CBP_PLUGINS", "-good")
    assert why("good", capsys) == (1, "plugin good:good 1.0 is left out by CBP_PLUGINS='-good': it is not imported\n")


def test_a_kernels_facts_are_listed(cli_registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "--json"]) == 0
    entries: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["entries"]
    tanh = next(entry for entry in entries if entry["name"] == "tanh")
    assert (tanh["runs_as"], tanh["dtypes"], tanh["abi"]) == ("compiled", ["float32", "float64"], "1.0")
    assert re.match(r"(GCC|Clang|Apple) ", tanh["build"], re.IGNORECASE)
    assert "abi" not in next(entry for entry in entries if entry["kind"] == "optimizer")
