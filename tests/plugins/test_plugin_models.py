"""A model file says which plugins it needs and what they computed; a missing or changed one is noticed."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import description_of
from scipy import special

import cbp
from cbp.files import ModelDescription, ModelError, ModelWarning
from cbp.files.probes import PLACES, G, Z, deviation, probe_of
from cbp.plugin import Activation, Cost
from cbp.registry import Registry
from cbp.registry.chosen import choose

Distribution = Callable[..., Path]

SWIRL = """
import numpy as np
from cbp.plugin import Activation, Cost, hookimpl

@hookimpl
def cbp_activations():
    return [Activation("swirl", lambda z, rate: {forward}, lambda z, a, rate: {derivative},
                       params={{"rate": 1.0}}, spec_version={spec_version})]

@hookimpl
def cbp_costs():
    return [Cost("fourth", lambda a, y: {value}, lambda a, y: {gradient}, canonical="tanh")]
"""
AS_SAVED = {
    "forward": "np.tanh(rate * z)",
    "derivative": "rate * (1 - a * a)",
    "spec_version": 1,
    "value": "((a - y) ** 4).sum(axis=-1)",
    "gradient": "4 * (a - y) ** 3",
}
X = np.linspace(-1, 1, 12).reshape(4, 3)


@pytest.fixture(autouse=True)
def no_plugins_yet(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbp.registry.recall.registry", registry)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.fixture
def release(distribution: Distribution, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """``release("2.0", forward=...)`` installs cbp-swirls, in place of an earlier one, and forgets that."""

    def release(version: str | None, **changed: Any) -> None:
        fresh = Registry()
        for module in ("registry.chosen", "registry.recall"):
            monkeypatch.setattr(f"cbp.{module}.registry", fresh)
        sys.modules.pop("cbp_swirls", None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        for info in tmp_path.glob("cbp_swirls-*"):
            shutil.rmtree(info)
        if version is not None:
            code = SWIRL.format(**AS_SAVED | changed)
            distribution("cbp-swirls", code, version=version)

    return release


def network(rate: float = 0.7) -> cbp.Network:
    return cbp.Network([3, 4, 2], cbp.activation("swirl", rate=rate), "tanh", cost="fourth", seed=3)


@pytest.fixture
def saved(path: Path, release: Callable[..., None]) -> Path:
    release("1.0")
    network().save(path)
    return path


def test_a_probe_is_what_the_function_says() -> None:
    probe = probe_of(cbp.activation("softmax"))
    a = special.softmax(Z, axis=1)
    jacobians = [np.diag(row) - np.outer(row, row) for row in a]
    pulled = [g @ J for g, J in zip(G, jacobians, strict=True)]
    assert probe is not None
    np.testing.assert_allclose(probe, np.concatenate([a.ravel(), np.ravel(pulled)]), rtol=1e-12, atol=1e-14)
    probe = probe_of(cbp.cost("binary_cross_entropy"))
    y = PLACES
    value = -(y * special.log_expit(Z) + (1 - y) * special.log_expit(-Z)).sum(axis=1)
    assert probe is not None
    np.testing.assert_allclose(probe, np.concatenate([value, (special.expit(Z) - y).ravel()]), rtol=1e-12)


THE_SAME = ({"cbp:elu", "cbp:celu"},)  # for α = 1


@pytest.mark.parametrize("kind", ["activation", "cost"])
def test_every_built_in_has_a_probe_of_its_own(kind: str) -> None:
    listed: Any = getattr(cbp, f"{kind}s")()
    probes = {name: probe_of(choose(kind, name)) for name in listed if name.startswith("cbp:")}  # type: ignore[arg-type]
    assert all(probe and np.isfinite(probe).all() for probe in probes.values())
    for name, probe in probes.items():
        alike = [other for other, of_other in probes.items() if not deviation(probe or [], of_other)]
        assert [each for each in alike if {name, each} not in THE_SAME] == [name]


def test_a_file_names_plugins_with_versions_and_probe(saved: Path) -> None:
    described = description_of(saved)["activations"][1]
    probe = described.pop("probe")
    assert described == {
        "name": "swirl",
        "distribution": "cbp-swirls",
        "version": "1.0",
        "spec_version": 1,
        "params": {"rate": 0.7},
    }
    np.testing.assert_allclose(probe[:9], np.tanh(0.7 * Z).ravel(), rtol=1e-12)
    np.testing.assert_allclose(probe[9:], (G * 0.7 / np.cosh(0.7 * Z) ** 2).ravel(), rtol=1e-9)


def test_the_same_plugin_loads(saved: Path, release: Callable[..., None]) -> None:
    before = network().predict(X)
    release("1.1", forward="2 / (1 + np.exp(-2 * rate * z)) - 1")  # the same function, otherwise
    np.testing.assert_allclose(cbp.load(saved).predict(X), before, rtol=1e-6)


CHANGES = {
    "forward": ("np.tanh(rate * z) + 1e-6 * z", "activation cbp-swirls:swirl(rate=0.7)"),
    "derivative": ("rate * (1 - a)", "activation cbp-swirls:swirl(rate=0.7)"),
    "value": ("((a - y) ** 4).mean(axis=-1)", "cost cbp-swirls:fourth"),
    "gradient": ("3 * (a - y) ** 3", "cost cbp-swirls:fourth"),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_plugin_that_now_computes_something_else_is_noticed(
    saved: Path, release: Callable[..., None], field: str
) -> None:
    after, called = CHANGES[field]
    release("2.0", **{field: after})
    expected = (
        rf"{re.escape(str(saved))}: its {re.escape(called)} is another than it was saved with \(cbp-swirls 1\.0, here "
        r"cbp-swirls 2\.0\): the answer to a fixed question is now \S+ where it was \S+; install cbp-swirls==1\.0, or "
        r"load it all the same with on_change='warn'"
    )
    with pytest.raises(ModelError, match=expected):
        cbp.load(saved)
    with pytest.warns(ModelWarning, match=r"is another than it was saved with"):
        net = cbp.load(saved, on_change="warn")
    assert net.predict(X).shape == (4, 2)


def test_another_version_of_the_mathematics_is_noticed(saved: Path, release: Callable[..., None]) -> None:
    release("2.0", spec_version=2)
    with pytest.raises(ModelError, match=r"version 1 of its mathematics is now version 2; install cbp-swirls==1\.0"):
        cbp.load(saved)


def test_a_function_that_now_raises_is_noticed(saved: Path, release: Callable[..., None]) -> None:
    release("2.0", forward="1 / 0")
    with pytest.raises(ModelError, match="it now raises an exception"):
        cbp.load(saved)


def test_a_missing_plugin_is_named_as_the_file_claims_it(saved: Path, release: Callable[..., None]) -> None:
    release(None)
    expected = "it uses the activation 'swirl' of 'cbp-swirls', not found here: install cbp-swirls==1.0"
    with pytest.raises(ModelError, match=expected):
        cbp.load(saved)


def test_a_plugin_that_is_left_out_is_not_to_be_installed(
    saved: Path, release: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    release("1.0")
    monkeypatch.setenv("CBP_PLUGINS", "-cbp-swirls")
    with pytest.raises(ModelError, match="not found here: CBP_PLUGINS leaves out cbp-swirls:cbp-swirls; let it in"):
        cbp.load(saved)


def test_a_plugin_that_cannot_be_loaded_is_named_with_its_cause(saved: Path, release: Callable[..., None]) -> None:
    release("1.0", spec_version="nothing")
    expected = "not found here: cbp-swirls:cbp-swirls failed to load (NameError: name 'nothing' is not defined)"
    with pytest.raises(ModelError, match=re.escape(expected)):
        cbp.load(saved)


def test_a_model_can_be_looked_at_without_its_plugins(saved: Path, release: Callable[..., None]) -> None:
    net = network()
    release(None)
    model = cbp.load(saved, on_missing="inspect")
    assert isinstance(model, ModelDescription)
    assert (model.sizes, model.dtype, model.seed, model.reduction) == ((3, 4, 2), "float32", 3, "mean")
    assert [str(sigma) for sigma in model.activations] == ["identity", "cbp-swirls:swirl(rate=0.7)", "tanh"]
    assert (model.cost.origin, model.cost.spec_version) == ("cbp-swirls 1.0", 1)
    assert [sentence.partition(",")[0] for sentence in model.missing] == [
        "it uses the activation 'swirl' of 'cbp-swirls'",
        "it uses the cost 'fourth' of 'cbp-swirls'",
    ]
    for l in (2, 3):
        np.testing.assert_array_equal(model.W[l], net.W[l])
        np.testing.assert_array_equal(model.b[l], net.b[l])
    first, *rest = str(model).splitlines()
    assert first == f"{saved}: 3-4-2 cbp-swirls:swirl(rate=0.7), tanh; cbp-swirls:fourth; float32"
    assert all("install cbp-swirls==1.0" in line for line in rest)


def test_where_nothing_is_missing_there_is_a_network(saved: Path) -> None:
    assert isinstance(cbp.load(saved, on_missing="inspect"), cbp.Network)


def test_a_damaged_file_is_no_description(path: Path) -> None:
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="damaged"):
        cbp.load(path, on_missing="inspect")


@pytest.mark.parametrize("option", ["on_missing", "on_change"])
def test_wrong_wishes_are_refused(saved: Path, option: str) -> None:
    with pytest.raises(ValueError, match=f"{option}: expected 'error' or '.*', got 'ignore'"):
        cbp.load(saved, **{option: "ignore"})  # type: ignore[call-overload]


def test_a_function_without_answers_can_be_saved(path: Path, registry: Registry) -> None:
    picky = Activation("picky", lambda z: z[:, :2] @ np.ones((2, z.shape[1] - 2)), lambda z, a: 1 + 0 * z)
    wild = Activation("wild", lambda z: z / 0.0, lambda z, a: np.nan * z)
    registry.register(picky, wild)
    cbp.Network([3, 3], wild, input_activation=picky).save(path)
    written = path.read_bytes()
    assert b"Infinity" not in written
    assert b"NaN" not in written
    picky_one, wild_one = description_of(path)["activations"]
    assert picky_one["probe"] is None
    assert set(wild_one["probe"]) == {"inf", "-inf", "nan"}
    assert cbp.load(path).sizes == (3, 3)


def test_the_tier_makes_no_difference(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of the compiled tier is the same model in NumPy, and the other way round."""
    for kind, listed in (("activation", cbp.activations()), ("cost", cbp.costs())):
        for spec in listed.values():
            if spec.kernel is not None:
                compiled, numpy = (probe_of(choose(kind, each)) for each in (spec, replace(spec, kernel=None)))  # type: ignore[arg-type]
                assert compiled is not None
                assert deviation(compiled, numpy) == "", spec.name


def test_an_unregistered_cost_has_a_probe_too() -> None:
    counts = Cost("counts", lambda a, y: (a - y).sum(axis=-1), lambda a, y: 1 + 0 * a, target_range=(5, np.inf))
    probe = probe_of(choose("cost", counts))
    targets = 5 + 2 * PLACES
    assert probe == pytest.approx([*(Z - targets).sum(axis=1), *[1.0] * 9])
