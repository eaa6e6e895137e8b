"""Which activation a name means, and when the installed distributions are looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation, Cost
from cbp.registry import PluginError, Registry
from cbp.registry.distributions import written

Code = Callable[..., str]
Run = Callable[..., str]
Distribution = Callable[..., Path]


def cube(name: str = "cube", **fields: Any) -> Activation:
    return Activation(name, forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2, **fields)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each look at the installed distributions."""
    seen: list[None] = []

    def counted() -> Any:
        seen.append(None)
        return written()

    monkeypatch.setattr("cbp.registry.discovery.written", counted)
    return seen


def test_built_in_names_never_cause_a_scan(registry: Registry, scans: list[None]) -> None:
    for name in ("relu", "sigmoid", "cbp:relu", "softmax"):
        assert registry.find("activation", name).distribution == "cbp"
    assert registry.find("cost", "cross_entropy").id == "cbp:cross_entropy"
    cbp.Network([2, 3, 1], activation="tanh", cost="huber")
    assert scans == []


def test_registered_names_never_cause_a_scan(registry: Registry, scans: list[None]) -> None:
    registry.register(cube())
    assert registry.find("activation", "cube").id == "local:cube"
    assert scans == []


def test_unknown_names_cause_one_scan(registry: Registry, scans: list[None]) -> None:
    for name in ("nothing", "nothing else", "dist:nothing"):
        with pytest.raises(ValueError, match="unknown activation"):
            registry.find("activation", name)
    registry.entries("cost")
    assert len(scans) == 1


HUNDRED = """
import sys
looked_into = []
sys.addaudithook(lambda event, args: looked_into.append(str(args[0])) if event in ("os.listdir", "open") else None)
def metadata():
    return [path for path in looked_into if ".dist-info" in path]

import cbp
net = cbp.Network([2, 3, 2], activation="relu", cost="cross_entropy")
net.fit([[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1)
print(net.predict([[0.0, 1.0]]).shape, len(metadata()), sum(name.startswith("dummy") for name in sys.modules))
looked_into.clear()
for name in ("dummy7", "dummy-70:dummy70", "dummy7"):
    cbp.activation(name)
    read = [path for path in metadata() if "dummy" in path]
    print(len(read), len(set(read)), sum(name.startswith("dummy") for name in sys.modules))
print("importlib.metadata" in sys.modules)
"""


def test_a_hundred_plugins_cost_nothing_until_a_name_is_unknown(
    distribution: Distribution, activation_plugin: Code, run: Run
) -> None:
    """Then each is read once, two files, and imported once; and nothing ever again."""
    for i in range(100):
        folder = distribution(f"dummy-{i}", activation_plugin(f"dummy{i}")).parent
    before, *after, heavy = run(HUNDRED, folder).splitlines()
    assert before == "(1, 2) 0 0"
    assert after == ["200 200 100"] * 3
    assert heavy == "False"


def test_a_plugins_names_are_found(registry: Registry, distribution: Distribution, activation_plugin: Code) -> None:
    distribution("my-plugin", activation_plugin("cube"), version="2.5")
    entry = registry.find("activation", "cube")
    assert (entry.id, entry.version) == ("my-plugin:cube", "2.5")
    for full in ("my-plugin:cube", "My_Plugin:cube"):
        assert registry.find("activation", full) is entry
    assert "my-plugin:cube" in [e.id for e in registry.entries("activation")]


def test_a_name_of_two_distributions_is_an_error_naming_both(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("one", activation_plugin("cube", "only_one"))
    distribution("two", activation_plugin("cube"))
    with pytest.raises(ValueError, match="cube") as clash:
        registry.find("activation", "cube")
    assert "one:cube" in str(clash.value)
    assert "two:cube" in str(clash.value)
    assert registry.find("activation", "one:cube").distribution == "one"
    assert registry.find("activation", "two:cube").distribution == "two"
    assert registry.find("activation", "only_one").distribution == "one"


def test_what_a_process_registers_comes_before_plugins_at_any_time(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("one", activation_plugin("cube"))
    registry.register(cube())
    assert registry.find("activation", "cube").id == "local:cube"
    registry.entries("activation")
    assert registry.find("activation", "cube").id == "local:cube"
    assert registry.find("activation", "one:cube").id == "one:cube"


def test_a_name_registered_again_replaces_the_earlier_one(registry: Registry) -> None:
    first, second = cube(aliases=("third_power",)), cube()
    registry.register(first)
    registry.register(second)
    assert registry.find("activation", "cube").spec is second
    with pytest.raises(ValueError, match="unknown activation 'third_power'"):
        registry.find("activation", "third_power")


@pytest.mark.parametrize("spec", [cube("relu"), cube("sigmoid"), cube("mine", aliases=("swish",))])
def test_built_ins_cannot_be_replaced(registry: Registry, spec: Activation) -> None:
    with pytest.raises(ValueError, match="is built in and cannot be replaced"):
        registry.register(cube("fine"), spec)
    with pytest.raises(ValueError, match="unknown activation 'fine'"):
        registry.find("activation", "fine")


def test_an_activation_and_a_cost_may_share_a_name(registry: Registry) -> None:
    cost = Cost("relu", value=lambda a, y: a.sum(axis=1), gradient=lambda a, y: np.ones_like(a))
    registry.register(cost)
    assert registry.find("cost", "relu").spec is cost
    assert registry.find("activation", "relu").distribution == "cbp"


@pytest.mark.parametrize("name", ["", "a:b", 5, None])
def test_a_name_that_is_no_name_is_refused(registry: Registry, name: Any) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        registry.register(cube(name))


@pytest.mark.parametrize("rubbish", [42, "cube", Activation, None])
def test_only_what_a_plugin_can_provide_can_be_registered(registry: Registry, rubbish: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a cbp\.plugin\.Activation, Cost, Optimizer or Initializer"):
        registry.register(rubbish)


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("activation", "rleu", "relu"),
        ("activation", "ReLU", "relu"),
        ("activation", "sigmoide", "sigmoid"),
        ("activation", "cbp:than", "cbp:tanh"),
        ("activation", "cubee", "cube"),
        ("activation", "my-plugn:cube", "my-plugin:cube"),
        ("cost", "crossentropy", "cross_entropy"),
    ],
)
def test_did_you_mean(
    registry: Registry, distribution: Distribution, activation_plugin: Code, kind: Any, wrong: str, right: str
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    with pytest.raises(ValueError, match=f"unknown {kind} {wrong!r}: did you mean {right!r}"):
        registry.find(kind, wrong)


def test_where_nothing_is_near_the_listing_is_named(registry: Registry) -> None:
    with pytest.raises(ValueError, match=r"unknown cost 'zzz': cbp.costs\(\) lists what there is"):
        registry.find("cost", "zzz")


def test_the_listings_are_functions_after_networks_were_built() -> None:
    cbp.Network([1, 1])
    assert cbp.activations()["cbp:tanh"].name == "tanh"
    assert cbp.costs()["cbp:huber"].name == "huber"


def test_a_plugin_may_look_names_up_while_it_is_loaded(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    more = """
import cbp.registry.chosen
cbp.registry.chosen.activation("relu")
try:
    cbp.registry.chosen.activation("other")
except ValueError:
    pass
"""
    distribution("curious", activation_plugin("cube", more=more))
    distribution("plain", activation_plugin("other"))
    assert registry.find("activation", "cube").id == "curious:cube"
    assert registry.find("activation", "other").id == "plain:other"
    assert registry.failures == {}


def test_of_two_copies_of_a_distribution_the_first_on_the_path_counts(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distribution("my-plugin", activation_plugin("cube"), version="1.0")
    later = tmp_path / "later" / "My_Plugin-0.9.dist-info"
    later.mkdir(parents=True)
    (later / "METADATA").write_text("Name: My_Plugin\nVersion: 0.9\n")
    (later / "entry_points.txt").write_text("[cbp]\nmy-plugin = my_plugin\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(later.parent)])
    assert registry.find("activation", "cube").version == "1.0"
    assert registry.failures == {}


def test_a_full_name_loads_its_distribution_alone(
    registry: Registry, distribution: Distribution, activation_plugin: Code, scans: list[None]
) -> None:
    for name in ("plug-one", "plug-two", "plug-three"):
        distribution(name, activation_plugin("cube", f"{name}'s own"))
    assert registry.find("activation", "Plug_Two:cube").id == "plug-two:cube"
    assert [*registry.provenance] == ["plug-two:plug-two"]
    assert registry.find("activation", "plug-one:cube").id == "plug-one:cube"
    assert [*registry.provenance] == ["plug-two:plug-two", "plug-one:plug-one"]
    assert len(scans) == 1


def test_a_short_name_is_asked_of_every_plugin_whatever_is_loaded(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    for name in ("plug-one", "plug-two"):
        distribution(name, activation_plugin("cube"))
    registry.find("activation", "plug-two:cube")
    with pytest.raises(ValueError, match=r"is provided by .*: write the full name of one of them") as clash:
        registry.find("activation", "cube")
    for name in ("plug-one", "plug-two"):
        assert f"{name}:cube" in str(clash.value)
        assert sys.modules[name.replace("-", "_")].calls == ["cbp_activations"]


def test_a_full_name_that_is_unknown_is_compared_with_every_plugins(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    for name in ("plug-one", "plug-two"):
        distribution(name, activation_plugin(f"cube_of_{name}"))
    with pytest.raises(ValueError, match="did you mean 'plug-two:cube_of_plug-two'"):
        registry.find("activation", "plug-one:cube_of_plug-two")


@pytest.mark.parametrize("first", ["plug-base:cube", "plug-more:square", "square"])
def test_a_plugin_may_build_on_another_in_whatever_order_they_are_loaded(
    registry: Registry, distribution: Distribution, activation_plugin: Code, first: str
) -> None:
    more = "import cbp.registry.chosen\ncbp.registry.chosen.activation('{}')"
    distribution("plug-base", activation_plugin("cube", more=more.format("relu")))
    distribution("plug-more", activation_plugin("square", more=more.format("plug-base:cube")))
    distribution("also", activation_plugin("other", more=more.format("square")))
    registry.find("activation", first)
    registry.entries("activation")
    assert registry.failures == {}
    for name, plugin in (("cube", "plug-base"), ("square", "plug-more"), ("other", "also")):
        assert registry.find("activation", name).id == f"{plugin}:{name}"


@pytest.mark.parametrize("stop", ["one", "two"])
def test_an_interrupted_scan_is_taken_up_again(
    registry: Registry,
    distribution: Distribution,
    activation_plugin: Code,
    monkeypatch: pytest.MonkeyPatch,
    stop: str,
) -> None:
    for name in ("one", "two"):
        more = f"import os\nif os.environ.get('STOP') == {name!r}: raise KeyboardInterrupt"
        distribution(f"plug-{name}", activation_plugin(name, more=more))
    monkeypatch.setenv("STOP", stop)
    with pytest.raises(KeyboardInterrupt):
        registry.find("activation", "one")
    monkeypatch.delenv("STOP")
    for name in ("one", "two"):
        assert registry.find("activation", name).id == f"plug-{name}:{name}"
    assert registry.failures == {}


def test_a_plugin_error_is_an_import_error() -> None:
    assert issubclass(PluginError, ImportError)
