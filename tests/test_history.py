"""The table that `fit` returns."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cbp.training.history import History


def two_epochs() -> History:
    history = History(3)
    history.add({"cost": 2.0, "validation_cost": 3.0})
    history.add({"cost": 1.0, "validation_cost": 2.5})
    return history


def test_each_row_is_an_epoch() -> None:
    history = History(5)
    for done in range(4):
        assert history.epochs == done
        history.add({"cost": 1.0})


def test_a_column_has_a_number_for_each_epoch() -> None:
    history = two_epochs()
    assert history["cost"] == [2.0, 1.0]
    assert history["validation_cost"] == [3.0, 2.5]
    assert history.epochs == 2
    assert history.total == 3
    assert history.last() == {"cost": 1.0, "validation_cost": 2.5}


def test_it_is_a_mapping_of_columns() -> None:
    history = two_epochs()
    assert isinstance(history, Mapping)
    assert list(history) == ["cost", "validation_cost"]
    assert len(history) == 2
    assert dict(history) == {"cost": [2.0, 1.0], "validation_cost": [3.0, 2.5]}
    assert "accuracy" not in history


def test_an_unknown_column_is_named_beside_the_known_ones() -> None:
    with pytest.raises(KeyError, match="'accuracy': this history has cost, validation_cost"):
        two_epochs()["accuracy"]
    with pytest.raises(KeyError, match="'cost': this history has no epoch yet"):
        History(1)["cost"]


def test_it_shows_its_newest_row() -> None:
    assert repr(two_epochs()) == "<History of 2 epochs: cost=1, validation_cost=2.5>"
    assert repr(History(5)) == "<History of 0 epochs: empty>"
    assert History(5).epochs == 0
    assert History(5).last() == {}


def test_a_number_is_a_row() -> None:
    history = two_epochs()
    assert history[0] == history[-2] == {"cost": 2.0, "validation_cost": 3.0}
    assert history[1] == history[-1] == history.last()
    for i in (2, -3):
        with pytest.raises(IndexError, match=f"it has 2 rows, the first of which is 0; got {i}"):
            history[i]
    wrong: Any = 0.5
    with pytest.raises(TypeError, match=re.escape("expected a column's name, or the number of a row; got 0.5")):
        history[wrong]


def test_it_prints_as_a_table() -> None:
    history = two_epochs()
    history.stopped = "a test says so"
    assert str(history).splitlines() == [
        "epoch  cost  validation_cost",
        "    1     2                3",
        "    2     1              2.5",
        "stopped: a test says so",
    ]
    assert str(History(1)) == "epoch"


def table_of(history: History) -> list[list[str | None]]:
    """The cells of what a notebook shows."""
    rows = ET.fromstring(f"<div>{history._repr_html_()}</div>").iter("tr")
    return [[cell.text for cell in row] for row in rows]


def test_a_notebook_shows_a_table() -> None:
    history = two_epochs()
    history.stopped = "<stopped>"
    assert table_of(history) == [["epoch", "cost", "validation_cost"], ["1", "2", "3"], ["2", "1", "2.5"]]
    assert history._repr_html_().endswith("<p>stopped: &lt;stopped&gt;</p>")
    assert "<th>cost</th>" in history._repr_html_()


def test_of_many_epochs_the_first_and_the_last_are_shown() -> None:
    history = History(100)
    for epoch in range(20):
        history.add({"cost": float(epoch)})
    assert [row[0] for row in table_of(history)[1:]] == [str(i) for i in range(1, 21)]
    history.add({"cost": 20.0})
    shown = [*range(1, 11), "…", *range(12, 22)]
    assert [row[0] for row in table_of(history)[1:]] == [str(i) for i in shown]
    assert str(history).splitlines()[11].split() == ["…", "…"]


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pandas is not there \(.*\); install it with pip install pandas"):
        two_epochs().to_pandas()
