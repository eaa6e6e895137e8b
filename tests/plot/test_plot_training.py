"""Claims about the pictures of training: learning curves, the learning-rate finder."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from pictures import trained

from cbp import plot
from cbp.training.history import History


def line(ax: Axes, label: str) -> tuple[list[float], list[float]]:
    """What the line with this label, or one that begins so, goes through."""
    (found,) = [each for each in ax.lines if str(each.get_label()).startswith(label)]
    return list(found.get_xdata()), list(found.get_ydata())  # type: ignore[arg-type]


def test_the_curves_are_the_history() -> None:
    _, _, history = trained()
    cost, accuracy = plot.learning_curves(history)
    assert line(cost, "training") == ([1, 2, 3], history["cost"])
    assert line(cost, "held out") == ([1, 2, 3], history["validation_cost"])
    assert line(accuracy, "held out") == ([1, 2, 3], history["validation_accuracy"])
    assert [cost.get_xlabel(), cost.get_title(), accuracy.get_title()] == ["epoch", "Cost", "Accuracy"]


def test_a_history_draws_itself() -> None:
    _, _, history = trained()
    (ax,) = history.plot("cost")
    assert line(ax, "training") == ([1, 2, 3], history["cost"])


def test_seconds_can_run_along_the_axis() -> None:
    _, _, history = trained()
    (ax,) = plot.learning_curves(history, "cost", against="seconds")
    assert line(ax, "training") == (history["seconds"], history["cost"])


def test_a_history_may_be_any_mapping() -> None:
    names = ["epoch", "seconds", "lr", "cost", "validation_r2", "rmse", "top_3"]
    axes = plot.learning_curves({name: [0.2, 0.1] for name in names})
    assert [ax.get_title() for ax in axes] == ["Learning rate", "Cost", "R²", "RMSE", "Top 3"]


def test_a_dot_says_where_held_out_data_was_best() -> None:
    history = {"validation_cost": [3.0, 1.0, 2.0], "validation_accuracy": [0.5, 0.9, 0.8]}
    cost, accuracy = plot.learning_curves(history)
    assert line(cost, "best: 1, epoch 2") == ([2], [1.0])
    assert line(accuracy, "best: 0.9, epoch 2") == ([2], [0.9])


def test_no_dot_where_the_last_epoch_was_the_best() -> None:
    (ax,) = plot.learning_curves({"validation_cost": [3.0, 2.0, 1.0]})
    assert len(ax.lines) == 1


@pytest.mark.parametrize(("least", "scale"), [(1.0, "linear"), (0.01, "log"), (0.0, "linear"), (-1.0, "linear")])
def test_the_axis_is_logarithmic_where_the_curve_spans_decades(least: float, scale: str) -> None:
    (ax,) = plot.learning_curves({"cost": [2.0, least]})
    assert ax.get_yscale() == scale


def test_one_epoch_is_a_dot_and_a_hole_in_the_curve_stays_one() -> None:
    (ax,) = plot.learning_curves({"cost": [2.0]})
    assert ax.lines[0].get_marker() == "o"
    (ax,) = plot.learning_curves({"cost": [2.0, float("nan"), 1.0], "validation_cost": [float("nan")] * 3})
    assert np.isnan(line(ax, "training")[1][1])
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((History(3),), "history: expected an epoch or more, got none"),
        (({"cost": []},), "history: expected an epoch or more, got none"),
        (({"cost": [1.0]}, "accuracy"), "quantities: expected some of cost, got 'accuracy'"),
    ],
)
def test_what_a_history_does_not_have_is_said(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot.learning_curves(*arguments)
    with pytest.raises(ValueError, match="against: expected 'epoch' or one of cost, got 'hours'"):
        plot.learning_curves({"cost": [1.0]}, against="hours")


def found(costs: Any, suggestion: float | None = 0.01) -> SimpleNamespace:
    return SimpleNamespace(rates=np.logspace(-4, 0, len(costs)), costs=costs, suggestion=suggestion)


def test_the_finders_curve_is_what_it_found() -> None:
    result = found([2.0, 1.5, 1.0, 3.0])
    ax = plot.lr_finder(result)
    assert list(ax.lines[0].get_xdata()) == list(result.rates)  # type: ignore[arg-type]
    assert list(ax.lines[0].get_ydata()) == result.costs  # type: ignore[arg-type]
    assert line(ax, "suggested: 0.01")[0] == [0.01, 0.01]
    assert ax.get_xscale() == "log"


def test_costs_that_diverge_do_not_hide_the_fall() -> None:
    low, high = plot.lr_finder(found([2.0, 1.9, 1.0, 50.0, 1e30, float("inf"), float("nan")])).get_ylim()
    assert 0.5 < low < 1
    assert 2 < high < 5


@pytest.mark.parametrize("costs", [[2.0], [1.0, 1.0, 1.0], [float("nan")] * 3, [-1.0, -2.0, 5.0]])
def test_the_finders_curve_may_be_of_any_kind(costs: list[float]) -> None:
    ax = plot.lr_finder(found(costs, None))
    ax.figure.canvas.draw()
    assert len(ax.lines) == 1


def test_a_finder_that_found_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="found: expected a cost for each of some rates, got 0 for 0"):
        plot.lr_finder(found([]))
