"""A broken plugin hurts nobody but those who ask for its names, and tells them why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cbp
from cbp.registry import PluginError, Registry

Code = Callable[..., str]
Distribution = Callable[..., Path]

START = "import numpy as np\nfrom cbp.plugin import Activation, Cost, hookimpl\n"
GOOD = 'Activation("fine", forward=np.sin, derivative=lambda z, a: np.cos(z))'
THIEF, NUMBER = GOOD.replace("fine", "relu"), GOOD.replace('"fine"', "5")


def hook(returns: str, name: str = "cbp_activations") -> str:
    return f"{START}\n@hookimpl\ndef {name}():\n    return {returns}\n"


BROKEN = {
    "raises at import": ("import no_such_module_at_all", ModuleNotFoundError, "no_such_module_at_all"),
    "exits at import": ("raise SystemExit('usage: tool')", SystemExit, "usage: tool"),
    "has a syntax error": ("def", SyntaxError, "invalid syntax"),
    "misspells the hook": (hook(f"[{GOOD}]", "cbp_activation"), PluginError, "did you mean 'cbp_activations'"),
    "asks for an argument": (hook("[]").replace("ations()", "ations(z)"), TypeError, "missing .* argument: 'z'"),
    "forgets hookimpl": (START + f"def cbp_activations(): return [{GOOD}]", PluginError, "it has no hook"),
    "returns nothing": (hook("None"), PluginError, "cbp_activations returned None, expected a list of"),
    "returns no list": (hook(GOOD), PluginError, "expected a list of cbp.plugin.Activation"),
    "returns rubbish": (hook("['fine']"), PluginError, "expected a list of cbp.plugin.Activation"),
    "returns the other kind": (hook(f"[{GOOD}]", "cbp_costs"), PluginError, "a list of cbp.plugin.Cost"),
    "raises in the hook": (hook("1 / 0"), ZeroDivisionError, "division by zero"),
    "steals a built-in's name": (hook(f"[{GOOD}, {THIEF}]"), ValueError, "'relu' is built in and cannot be"),
    "has a name twice": (hook(f"[{GOOD}, {GOOD}]"), ValueError, "'fine' is there twice in bad"),
    "has a number for a name": (hook(f"[{NUMBER}]"), ValueError, "expected a name"),
    "gives no derivative": (hook('[Activation("fine", forward=np.sin)]'), TypeError, "exactly one of deriv"),
}  # fmt: skip
every_failure = pytest.mark.parametrize(("code", "cause", "message"), BROKEN.values(), ids=BROKEN)


@every_failure
def test_a_broken_plugin_is_heard_of_when_its_name_is_used(
    registry: Registry, distribution: Distribution, code: str, cause: type[BaseException], message: str
) -> None:
    distribution("bad", code)
    for name in ("fine", "bad:fine"):
        with pytest.raises(PluginError, match=f"unknown activation '{name}'.*bad:bad") as failure:
            registry.find("activation", name)
        assert isinstance(failure.value.__cause__, cause)
    assert list(registry.failures) == ["bad:bad"]
    with pytest.raises(cause, match=message):
        raise registry.failures["bad:bad"]


@pytest.mark.parametrize("code", [code for code, *_ in BROKEN.values()], ids=BROKEN)
def test_a_broken_plugin_leaves_all_others_working(
    registry: Registry, distribution: Distribution, activation_plugin: Code, code: str
) -> None:
    distribution("a-good-one", activation_plugin("first"))
    distribution("bad", code)
    distribution("good-too", activation_plugin("last"))
    assert registry.find("activation", "last").id == "good-too:last"
    assert registry.find("activation", "first").id == "a-good-one:first"
    assert registry.find("activation", "relu").id == "cbp:relu"
    provided = {entry.distribution for kind in ("activation", "cost") for entry in registry.entries(kind)}
    assert provided == {"cbp", "a-good-one", "good-too"}
    with pytest.raises(ValueError, match="did you mean 'good-too:last'"):
        registry.find("activation", "good-too:lst")
    assert cbp.Network([2, 3, 1], activation="first").predict([[1.0, 2.0]]).shape == (1, 1)


@pytest.mark.parametrize("text", [b"[cbp]\nno equals sign\n", b"[cbp]\nbad = \xff\n"])
def test_a_damaged_distribution_hurts_no_other(
    registry: Registry, distribution: Distribution, activation_plugin: Code, text: bytes
) -> None:
    (distribution("bad", activation_plugin("fine")) / "entry_points.txt").write_bytes(text)
    distribution("good", activation_plugin("cube"))
    assert registry.find("activation", "cube").id == "good:cube"
    for name in ("fine", "bad:fine"):
        with pytest.raises(PluginError, match=f"unknown activation '{name}'.*bad:entry_points.txt"):
            registry.find("activation", name)


def test_a_distribution_without_a_name_hurts_no_other(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    (distribution("bad", activation_plugin("fine")) / "METADATA").unlink()
    distribution("good", activation_plugin("cube"))
    assert registry.find("activation", "cube").id == "good:cube"
    with pytest.raises(PluginError, match="has no name"):
        registry.find("activation", "fine")


def test_two_plugins_of_one_distribution_stand_alone(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("parts", activation_plugin("cube"), "[cbp]\nworks = parts\nbroken = parts_missing\n")
    assert registry.find("activation", "parts:cube").id == "parts:cube"
    assert list(registry.failures) == ["parts:broken"]


def test_a_typo_is_pointed_out_even_beside_a_broken_plugin(registry: Registry, distribution: Distribution) -> None:
    distribution("bad", "import no_such_module_at_all")
    expected = r"did you mean 'relu'\?; .*failed to load: bad:bad \(ModuleNotFoundError"
    with pytest.raises(PluginError, match=expected):
        registry.find("activation", "rleu")
