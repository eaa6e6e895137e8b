"""Networks and what they are made of, copied and pickled: equal to the original, and independent of it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from model_files import RICH, Array, network

import cbp
from cbp.core.memory import ALIGNMENT
from cbp.plugin import Activation, Cost, Param
from cbp.registry.chosen import Chosen


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}
copies = pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
X, LABELS = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
CUBE: dict[str, Any] = {"forward": lambda z: z**3, "derivative": lambda z, a: 3 * z**2}
QUARTIC: dict[str, Any] = {"value": lambda a, y: ((a - y) ** 4).sum(axis=1), "gradient": lambda a, y: 4 * (a - y) ** 3}


def state(net: cbp.Network) -> dict[str, Any]:
    names = ("sizes", "dtype", "reduction", "seed", "layer_activations", "cost_function", "frozen", "epochs_trained")
    return {name: getattr(net, name) for name in (*names, "extra")} | {"parameters": net.parameters.tobytes()}


def trained(dtype: str = "float64") -> cbp.Network:
    net = network(dtype=dtype).freeze(3)
    net.fit(X, LABELS, epochs=2)
    net.extra["classes"] = ["no", "yes"]
    return net


@copies
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_copy_of_a_network_is_the_network(again: Callable[[Any], Any], dtype: str) -> None:
    net = trained(dtype)
    copied = again(net)
    assert state(copied) == state(net)
    assert copied.predict(X).tobytes() == net.predict(X).tobytes()
    assert copied.gradients(X, LABELS).flat.tobytes() == net.gradients(X, LABELS).flat.tobytes()
    for each in (net, copied):
        each.fit(X, LABELS, epochs=2, optimizer="adam")
    assert state(copied) == state(net)


@copies
def test_a_copy_of_a_network_is_independent_of_it(again: Callable[[Any], Any]) -> None:
    net = trained()
    copied = again(net)
    before = state(net)
    copied.W[2][0, 0] += 1
    copied.fit(X, LABELS, epochs=1)
    copied.freeze(3, False).freeze(2).extra["note"] = "a copy"
    assert state(net) == before
    assert not np.shares_memory(copied.parameters, net.parameters)
    for l in copied.W:
        assert np.shares_memory(copied.W[l], copied.parameters)
    assert copied.parameters.ctypes.data % ALIGNMENT == 0


def test_a_deep_copy_has_an_extra_of_its_own_and_a_shallow_one_shares_what_is_in_it() -> None:
    net = trained()
    copy.deepcopy(net).extra["classes"].append("perhaps")
    assert net.extra == {"classes": ["no", "yes"]}
    copy.copy(net).extra["classes"].append("perhaps")
    assert net.extra == {"classes": ["no", "yes", "perhaps"]}


class Named(cbp.Network):
    note = ""


@copies
def test_a_subclass_and_its_attributes_are_kept(again: Callable[[Any], Any]) -> None:
    net = Named([3, 2])
    net.note = "mine"
    copied = again(net)
    assert type(copied) is Named
    assert copied.note == "mine"


@copies
def test_every_built_in_makes_the_round_trip(again: Callable[[Any], Any]) -> None:
    """Shared, as it is never changed, and chosen with the same parameters."""
    for spec in (*cbp.activations().values(), *cbp.costs().values(), Param(1.0, above=0)):
        assert again(spec) == spec
        assert again(spec) is spec or isinstance(spec, Param)
    for chosen in (RICH["activation"][0], RICH["cost"]):
        assert again(chosen) == chosen


@copies
@pytest.mark.parametrize("name", [name for name in cbp.__all__ if isinstance(getattr(cbp, name), type)])
def test_optimizers_make_the_round_trip(again: Callable[[Any], Any], name: str) -> None:
    if name == "Network":
        return
    kind = getattr(cbp, name)
    optimizer = kind(lr=0.025) if hasattr(kind, "update") else kind(gtol=0.025)
    assert again(optimizer) == optimizer
    begun = optimizer.init(np.ones(3))
    if hasattr(optimizer, "update"):
        optimizer.update(np.ones(3), begun, np.ones(3), 0.1)
    assert pickle.dumps(again(begun)) == pickle.dumps(begun)


@copies
def test_what_fit_and_gradients_and_trace_return_makes_the_round_trip(again: Callable[[Any], Any]) -> None:
    net = trained()
    history = net.fit(X, LABELS, epochs=2)
    assert again(history)["cost"] == history["cost"]
    gradients, trace = net.gradients(X, LABELS, per_sample=True), net.trace(X[0], 1)
    assert again(gradients).flat.tobytes() == gradients.flat.tobytes()
    assert again(gradients).W[2].tobytes() == gradients.W[2].tobytes()
    assert again(trace).dz_dW(2).tobytes() == trace.dz_dW(2).tobytes()


def test_what_was_never_registered_is_copied_but_not_pickled() -> None:
    cube, quartic = Activation("cube_of_copies", **CUBE), Cost("quartic_of_copies", **QUARTIC)
    net = cbp.Network([3, 2], cube, cost=quartic)
    for again in (copy.copy, copy.deepcopy):
        copied = again(net)
        assert copied.layer_activations[1].spec is cube
        assert copied.cost_function.spec is quartic
        assert copied.predict(X).tobytes() == net.predict(X).tobytes()
    with pytest.raises(TypeError, match=r"^cost 'quartic_of_copies': expected a registered one, .* cbp\.register with"):
        pickle.dumps(net)
    cbp.register(quartic)
    with pytest.raises(TypeError, match=r"^activation 'cube_of_copies': expected a registered one"):
        pickle.dumps(net)
    cbp.register(cube)
    assert pickle.loads(pickle.dumps(net)).cost_function.spec is quartic


def test_another_one_of_the_same_name_is_not_pickled_in_its_place() -> None:
    cbp.register(Activation("cube_of_another", **CUBE))
    other = Activation("cube_of_another", forward=lambda z: z, derivative=lambda z, a: z)
    with pytest.raises(TypeError, match="expected a registered one"):
        pickle.dumps(cbp.Network([3, 2], other))


@pytest.mark.parametrize("cost", ["cross_entropy", "binary_cross_entropy"])
def test_a_built_in_given_as_an_object_is_the_built_in(cost: str, tmp_path: Any) -> None:
    """Saved under its own name, and fused with its cost."""
    canonical = cbp.costs()[f"cbp:{cost}"].canonical
    named = cbp.Network([3, 2], "tanh", canonical, cost)
    given = cbp.Network([3, 2], "tanh", cbp.activations()[f"cbp:{canonical}"], cbp.costs()[f"cbp:{cost}"])
    assert given.layer_activations == named.layer_activations
    for net in (named, given):
        net.W[2] = np.full((2, 3), 1000.0)
    assert np.isfinite(named.cost(X, LABELS))
    assert given.cost(X, LABELS) == named.cost(X, LABELS)
    given.save(tmp_path / "model")
    assert cbp.load(tmp_path / "model").layer_activations == named.layer_activations


def test_views_are_copies() -> None:
    """What `net.W` and `net.b` hold can be kept."""
    net = trained()
    kept: Array = copy.deepcopy(net.W)[2]
    net.W[2] = np.zeros_like(kept)
    assert kept.any()
    assert isinstance(copy.copy(net.layer_activations[0]), Chosen)
