"""The code of docs/coming-from-scikit-learn.md runs, one block after another."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import cbp
from cbp.sklearn import MLPClassifier, MLPRegressor

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-scikit-learn.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_pages_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    assert len(BLOCKS) >= 5
    for block in BLOCKS:
        exec(block, names)
    assert "of the samples" in capsys.readouterr().out


def test_every_parameter_of_the_table_is_one() -> None:
    written = set(re.findall(r"`(\w+)=(?!\.\.\.)[^`]*`", PAGE)) - {"n_iter_no_change"}
    assert {"activation", "loss", "class_weight", "solver", "learning_rate", "warm_start", "frozen_layers"} <= written
    assert written <= set(MLPClassifier().get_params()) | set(MLPRegressor().get_params())


def test_every_method_of_the_table_is_one() -> None:
    for name in re.findall(r"model\.(\w+)\(", PAGE):
        there = name != "set_callbacks" or find_spec("sklearn.callback")  # scikit-learn has them from 1.9 on
        assert hasattr(MLPClassifier((2,)), name) or not there, name
    assert hasattr(cbp.Network, "save")
