"""``cbp plugins check``: its text, its JSON, its status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cbp.cli import main
from cbp.registry import Registry
from cbp.testing import CHECKS

Distribution = Callable[..., Path]

PLUGIN = """
import numpy as np
from cbp.plugin import Activation, Cost, hookimpl

@hookimpl
def cbp_activations():
    return [Activation("fine", np.tanh, lambda z, a: 1 - a * a), Activation("wrong", np.tanh, lambda z, a: a * a - 1)]

@hookimpl
def cbp_costs():
    return [Cost("good", lambda a, y: ((a - y) ** 2).sum(axis=-1), lambda a, y: 2 * (a - y))]
"""


@pytest.fixture(autouse=True)
def plugin(registry: Registry, distribution: Distribution, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution("my-plugin", PLUGIN, version="2.5")
    for module in (
        "cli.plugin_list",
        "testing.named",
        "testing.plugin_checks",
        "testing.registration",
        "testing.file_checks",
    ):
        monkeypatch.setattr(f"cbp.{module}.registry", registry)


@pytest.mark.parametrize("name", ["fine", "my-plugin:fine", "good", "relu", "cbp:huber"])
def test_a_good_function_passes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", name]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert name.rpartition(":")[2] in first
    assert "failed" not in first
    assert all(line.startswith(("  passed  ", "  skipped ")) for line in rest)


def test_a_wrong_one_fails_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "wrong"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("activation my-plugin:wrong 2.5: 39 checks: ")
    assert "everywhere it has the wrong sign" in out
    assert "correct the derivative" in out


def test_a_distribution_is_checked_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "My_Plugin", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    verdicts = {(report["kind"], report["subject"]): report["ok"] for report in answer["reports"]}
    assert verdicts == {
        ("plugin", "my-plugin:my-plugin 2.5"): True,
        ("activation", "my-plugin:fine 2.5"): True,
        ("activation", "my-plugin:wrong 2.5"): False,
        ("cost", "my-plugin:good 2.5"): True,
    }
    assert [result["check"] for result in answer["reports"][3]["results"]] == [check.name for check in CHECKS["cost"]]


def test_some_checks_and_the_short_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "wrong", "-k", "dtype", "-k", "kinks"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "activation my-plugin:wrong 2.5: 2 checks: 2 passed"
    assert main(["plugins", "check", "my-plugin", "-q"]) == 1
    out = capsys.readouterr().out
    assert "  passed" not in out
    assert out.count(" checks: ") == 4
    assert "  failed    derivative" in out


def test_only_what_has_the_checks_is_reported_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "my-plugin", "-k", "kinks"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")] == [
        "activation my-plugin:fine 2.5: 1 check: 1 passed",
        "activation my-plugin:wrong 2.5: 1 check: 1 passed",
    ]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["fien"], "there is no activation, cost or plugin 'fien': did you mean 'fine'"),
        (["my-plugin:fien"], "did you mean 'my-plugin:fine'"),
        (["my-pluggin"], "did you mean 'my-plugin'"),
        (["fine", "-k", "kernell"], "no check has 'kernell' in its name"),
        (["good", "-k", "vjp", "-k", "kinks"], "good: none of its checks has vjp or kinks in its name"),
    ],
)
def test_wrong_names_are_pointed_out(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", *argv]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_not_installed_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", "soft_log"]) == 0
    for name in ("soft_log", "cbp-soft-log"):
        assert main(["plugins", "check", name]) == 2
        assert f"{name!r}: the folder cbp-soft-log is here, but not installed" in capsys.readouterr().err


def test_a_plugin_that_does_not_load_is_told(
    registry: Registry, distribution: Distribution, capsys: pytest.CaptureFixture[str]
) -> None:
    distribution("broken", "import no_such_module_at_all")
    assert main(["plugins", "check", "broken:anything"]) == 1
    assert "no_such_module_at_all" in capsys.readouterr().err
    assert main(["plugins", "check", "fine", "-q"]) == 0
