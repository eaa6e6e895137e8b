"""A plugin in NumPy with a fault is caught by the check meant for it, which tells its author what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy_animals import BINARY, SQUARE, TANH, ZOO, Animal

from cbp.plugin import Activation, Cost
from cbp.registry.chosen import choose
from cbp.testing import ConformanceError, check_activation, check_cost
from cbp.testing.run import report_on


@pytest.mark.parametrize("animal", ZOO, ids=lambda animal: f"{type(animal.spec).__name__.lower()}-{animal.spec.name}")
def test_an_animal_is_caught(animal: Animal) -> None:
    kind: Any = type(animal.spec).__name__.lower()
    report = report_on(choose(kind, animal.spec))
    result = report[animal.check]
    assert result.outcome == "failed", str(report)
    text = " ".join(str(result).split())
    assert [words for words in animal.words if words not in text] == [], str(result)
    check: Any = check_activation if kind == "activation" else check_cost
    with pytest.raises(ConformanceError, match=animal.check):
        check(animal.spec)


def test_tame_plugins_pass() -> None:
    check_activation(Activation("tame", **TANH))
    check_cost(Cost("tame", **SQUARE))
    with np.errstate(all="ignore"):
        check_cost(Cost("tame", **BINARY))


def test_the_zoo_is_large() -> None:
    assert len(ZOO) >= 25
    assert len({(type(animal.spec), animal.spec.name) for animal in ZOO}) == len(ZOO)
