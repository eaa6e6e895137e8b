"""The table that `fit` returns."""

from __future__ import annotations

from collections.abc import Mapping

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
