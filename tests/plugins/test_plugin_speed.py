"""``cbp plugins speed``: what is compared with what, and what is said of it. Times are nobody's claim here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cbp.cli import main
from cbp.registry import Registry
from cbp.registry.chosen import choose
from cbp.testing.speeds import Speed, Step, like

Distribution = Callable[..., Path]


@pytest.fixture(autouse=True)
def plugin(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    monkeypatch.setattr("cbp.testing.named.registry", registry)
    monkeypatch.setattr("cbp.cli.plugin_speed.SECONDS", 1e-6)
    monkeypatch.setattr("cbp.testing.speeds.NETWORKS", (((3, 5, 2), 4),))


def facts(name: str, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert main(["plugins", "speed", name, "--rounds", "2", "--json", *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    (only,) = answer["functions"]
    return {**only, "dtype": answer["dtype"]}


@pytest.mark.parametrize(
    ("name", "kind", "beside"),
    [
        ("cube", "activation", ["relu", "tanh", "mish"]),
        ("tanh", "activation", ["relu", "mish"]),
        ("log_softmax", "activation", ["softmax"]),
        ("huber", "cost", ["squared_error"]),
        ("focal", "cost", ["cross_entropy"]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_function_is_compared_with_built_ins_of_its_class(
    name: str, kind: str, beside: list[str], dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = facts(name, capsys, "--dtype", dtype)
    assert (said["kind"], said["name"].partition(":")[2], said["dtype"]) == (kind, name, dtype)
    assert [*said["beside"]] == beside
    parts = ["forward", "backward"] if kind == "activation" else ["value", "gradient"]
    for times in (said["nanoseconds"], *said["beside"].values()):
        assert [*times] == parts
        assert all(0 < ns < 1e6 for ns in times.values())
    assert said["like"] in beside
    total = sum(said["beside"][said["like"]].values())
    assert said["times_it"] == pytest.approx(sum(said["nanoseconds"].values()) / total)
    (step,) = said["steps"]
    assert (step["sizes"], step["batch_size"]) == ([3, 5, 2], 4)
    assert step["microseconds"] > 0 < step["microseconds_with_it"]
    assert step["share"] > 0


def test_the_one_like_it_takes_about_as_long() -> None:
    relu, tanh = (
        Speed(choose("activation", name), {"forward": ns, "backward": ns})
        for name, ns in (("relu", 0.1), ("tanh", 0.4))
    )
    mine = Speed(choose("activation", "sin"), {"forward": 0.1, "backward": 0.5})
    assert mine.total == pytest.approx(0.6)
    assert like(mine, [relu, tanh]) is tanh
    assert like(Speed(mine.chosen, {"forward": 0.1, "backward": 0.25}), [relu, tanh]) is relu


def test_its_share_is_that_of_its_numbers_or_what_a_step_takes_more_with_it() -> None:
    speed = Speed(choose("activation", "sin"), {"forward": 1.0, "backward": 1.5})
    assert Step((1, 1), 1, 1e-5, 9e-6, without=9.9e-6, numbers=1000).share(speed) == pytest.approx(0.25)
    assert Step((1, 1), 1, 1e-5, 9e-6, without=4e-6, numbers=1000).share(speed) == pytest.approx(0.6)


def test_the_table_names_what_runs_and_the_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "speed", "my-plugin", "--rounds", "2"]) == 0
    out = capsys.readouterr().out
    assert "activation my-plugin:cube (NumPy): " in out
    assert "3-5-2, batch 4" in out
    assert {line.split()[0] for line in out.splitlines() if line} >= {"cube", "relu", "tanh", "mish"}


def test_what_has_no_speed_is_refused(capsys: pytest.CaptureFixture[str], distribution: Distribution) -> None:
    assert main(["plugins", "speed", "cubic"]) == 2
    assert "did you mean 'cube'?" in capsys.readouterr().err
    code = "from cbp.plugin import Optimizer, hookimpl\n@hookimpl\ndef cbp_optimizers(): return [Optimizer('o', dict)]"
    distribution("only-optimizers", code)
    assert main(["plugins", "speed", "only-optimizers"]) == 2
    assert "only-optimizers provides no activation and no cost to time" in capsys.readouterr().err
