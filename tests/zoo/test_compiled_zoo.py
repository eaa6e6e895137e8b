"""A kernel with a fault is caught by the check meant for it, which tells its author what to do."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import pytest
from compiled_animals import (
    ACTIVATIONS,
    COSTS,
    WITH_PARAMETERS,
    Animal,
    activation,
    compiled,
    cost,
    with_parameters,
)
from numpy_animals import ZOO as NUMPY_ZOO

from cbp.registry.chosen import choose
from cbp.testing import CHECKS, Report, check_activation, check_cost
from cbp.testing.run import report_on

KEPT = {"activation": activation, "with_parameters": with_parameters, "cost": cost}
ZOO = [
    pytest.param(keeper, name, animal, id=name)
    for keeper, animals in ((activation, ACTIVATIONS), (with_parameters, WITH_PARAMETERS), (cost, COSTS))
    for name, animal in animals.items()
]
FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return compiled(tmp_path_factory.mktemp("zoo"))


def report(spec: Any) -> Report:
    """Of the compiled side, by which alone the animals differ."""
    kind: Any = type(spec).__name__.lower()
    names = [check.name for check in CHECKS[kind] if check.name.startswith("kernel-")]
    return report_on(choose(kind, spec), names, seconds=3)


@pytest.mark.parametrize(("keeper", "name", "animal"), ZOO)
def test_an_animal_is_caught(
    library: ctypes.CDLL, keeper: Callable[[ctypes.CDLL, str], Any], name: str, animal: Animal
) -> None:
    if name == "needs_gil" and FREE_THREADED:
        pytest.skip("there is no GIL to need")
    result = report(keeper(library, name))[animal.check]
    assert result.outcome == "failed"
    text = " ".join(str(result).split())
    assert [words for words in animal.words if " ".join(words.split()) not in text] == [], str(result)


def test_every_check_has_an_animal_that_only_it_is_meant_for() -> None:
    """But for the check of a model without its plugin, which `test_plugin_zoo.py` has."""
    compiled = [animal for animals in (ACTIVATIONS, WITH_PARAMETERS, COSTS) for animal in animals.values()]
    caught = {animal.check for animal in compiled} | {animal.check for animal in NUMPY_ZOO}
    assert caught == {check.name for kind in ("activation", "cost") for check in CHECKS[kind]} - {"missing-plugin"}
    assert len(NUMPY_ZOO) >= 46
    assert len(compiled) >= 41


def test_tame_kernels_pass(library: ctypes.CDLL) -> None:
    check_activation(activation(library, "good"))
    check_activation(with_parameters(library, "scaled"))
    check_cost(cost(library, "good_cost"))
