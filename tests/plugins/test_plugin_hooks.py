"""The hooks: each is documented and tested, and none is called while networks are trained and used."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cbp
from cbp import hookspecs
from cbp.registry import HOOKS, Registry

Code = Callable[..., str]
Distribution = Callable[..., Path]

SPECIFIED = [name for name, function in vars(hookspecs).items() if hasattr(function, "cbp_spec")]
GUIDE = (Path(__file__).parents[2] / "plugins" / "README.md").read_text()


def test_every_hook_is_known_to_the_registry() -> None:
    assert sorted(SPECIFIED) == sorted(HOOKS)


@pytest.mark.parametrize("hook", SPECIFIED)
def test_every_hook_is_documented(hook: str) -> None:
    assert inspect.getdoc(getattr(hookspecs, hook))
    assert f"`{hook}`" in GUIDE


@pytest.mark.parametrize("hook", SPECIFIED)
def test_every_hook_has_a_test(hook: str) -> None:
    assert f"test_{hook}" in globals()


def test_cbp_activations(registry: Registry, distribution: Distribution, activation_plugin: Code) -> None:
    distribution("my-plugin", activation_plugin("cube", "other"))
    provided = [entry.id for entry in registry.entries("activation") if entry.distribution != "cbp"]
    assert provided == ["my-plugin:cube", "my-plugin:other"]
    assert cbp.Network([1, 1], activation="cube", init="zeros").predict([[2.0]]) == 0


def test_cbp_costs(registry: Registry, distribution: Distribution) -> None:
    code = """
from cbp.plugin import Cost, hookimpl

def value(a, y): return ((a - y) ** 4).sum(axis=1)
def gradient(a, y): return 4 * (a - y) ** 3

@hookimpl
def cbp_costs():
    yield Cost("quartic", value, gradient)
"""
    distribution("my-plugin", code)
    assert registry.entries("cost")[-1].id == "my-plugin:quartic"
    net = cbp.Network([1, 1], activation="identity", cost="quartic", init="zeros")
    assert net.cost([[1.0]], [2.0]) == 16
    assert net.gradients([[1.0]], [2.0]).b[2] == -32


def test_cbp_optimizers(registry: Registry, distribution: Distribution) -> None:
    code = """
import numpy as np
from cbp.plugin import Optimizer, hookimpl

class Signs:
    def __init__(self, lr=0.5):
        self.lr = lr
    def init(self, parameters):
        return {}
    def update(self, gradient, state, parameters, learning_rate):
        parameters -= learning_rate * np.sign(gradient)

@hookimpl
def cbp_optimizers():
    return [Optimizer("signs", Signs, aliases=("sign_descent",))]
"""
    distribution("my-plugin", code)
    assert registry.entries("optimizer")[-1].id == "my-plugin:signs"
    for choice, lr in (("signs", 0.5), ("my-plugin:sign_descent", 0.5), (cbp.optimizer("signs", lr=0.25), 0.25)):
        net = cbp.Network([1, 1], activation="identity", init="zeros")
        net.fit([[1.0]], [3.0], epochs=1, optimizer=choice)
        assert net.parameters.tolist() == [lr, lr]
    with pytest.raises(TypeError, match="'signs' has no constant 'rate': it takes lr"):
        cbp.optimizer("signs", rate=1)


def test_cbp_initializers(registry: Registry, distribution: Distribution) -> None:
    code = """
import numpy as np
from cbp.plugin import Initializer, hookimpl

class Sparse:
    def __init__(self, share=1.0):
        self.share = share
    def weights(self, rng, fan_out, fan_in):
        return rng.normal(size=(fan_out, fan_in)) * (rng.random((fan_out, fan_in)) < self.share)

@hookimpl
def cbp_initializers():
    return [Initializer("sparse", Sparse)]
"""
    distribution("my-plugin", code)
    assert registry.entries("initializer")[-1].id == "my-plugin:sparse"
    assert cbp.Network([100, 100], init="sparse").W[2].all()
    thin = cbp.Network([100, 100], init=cbp.initializer("sparse", share=0.1))
    assert 0.08 < (thin.W[2] != 0).mean() < 0.12


def test_a_plugin_may_be_an_object_with_hooks(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    code = activation_plugin("cube").replace("def cbp_activations", "def named")
    code = code.replace("@hookimpl", "@hookimpl(specname='cbp_activations')")
    distribution("one", code)
    code = """
from cbp.plugin import hookimpl
import one
class Plugin:
    @hookimpl
    def cbp_activations(self):
        return [spec.__class__("of_an_object", spec.forward, spec.derivative) for spec in one.named()]
plugin = Plugin()
"""
    distribution("two", code, "[cbp]\ntwo = two:plugin\n")
    assert registry.find("activation", "cube").id == "one:cube"
    assert registry.find("activation", "of_an_object").id == "two:of_an_object"


def test_a_hook_of_a_later_cbp_is_passed_over_if_it_is_optional(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    more = "@hookimpl(optionalhook=True)\ndef cbp_metrics(): raise AssertionError"
    distribution("my-plugin", activation_plugin("cube", more=more))
    assert registry.find("activation", "cube").id == "my-plugin:cube"


def test_no_hook_is_called_after_its_names_are_known(
    registry: Registry, distribution: Distribution, activation_plugin: Code
) -> None:
    distribution("my-plugin", activation_plugin("cube"))
    X, y = np.ones((20, 2)), np.ones((20, 1))
    net = cbp.Network([2, 3, 1], activation="cube", output_activation="identity")
    calls = sys.modules["my_plugin"].calls
    assert calls == ["cbp_activations"]
    net.fit(X, y, epochs=3, validation=0.2)
    for use in (net.cost, net.gradients):
        use(X, y)
    net.predict(X)
    net.trace(X[0], y[0])
    cbp.Network([2, 3, 1], activation="my-plugin:cube")
    registry.entries("activation")
    assert calls == ["cbp_activations"]
