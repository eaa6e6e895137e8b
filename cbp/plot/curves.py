"""Learning curves: what `fit` wrote into its history, over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..training.watched import is_score
from .canvas import Panels, legend, panels_for
from .colours import of_signs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["learning_curves"]

HELD_OUT = "validation_"
WIDE = 30  # how many times its smallest number a curve's largest must be for a logarithmic axis
TITLES = {"lr": "learning rate", "r2": "R²"} | {name: name.upper() for name in ("auc", "mae", "rmse")}
LETTERS = {"cost": "mean of C", "lr": "η"}


def learning_curves(
    history: Mapping[str, Sequence[float]],
    quantities: str | Sequence[str] | None = None,
    *,
    against: str = "epoch",
    ax: Panels = None,
) -> np.ndarray:
    """Draw a panel for each quantity of a history: the training's curve, and the one of held-out data.

    Parameters
    ----------
    history : History, or mapping of str to sequence of float
        What `Network.fit` returns. A column ``validation_cost`` belongs to ``cost``.
    quantities : str or sequence of str, optional
        Which to draw, ``"cost"`` for instance; by default all but the epoch and the time.
    against : ``"epoch"`` or a column, such as ``"seconds"``
        What runs along the horizontal axis.
    ax : Axes or sequence of Axes, optional
        One for each quantity.

    Returns
    -------
    array of Axes
        One for each quantity.

    Raises
    ------
    ValueError
        The history is empty, or has no such quantity.

    Notes
    -----
    A curve whose largest number is 30 times its smallest has a logarithmic axis. Where held-out data was best before
    the last epoch, a dot says where: from there on the network learned its training samples by heart.
    """
    names = _quantities(history, quantities)
    x = _along(history, against)
    axes = panels_for(ax, len(names))
    for each, name in zip(axes, names, strict=True):
        _draw(each, history, name, x)
        each.set_xlabel(against)
    return axes


def _quantities(history: Mapping[str, Sequence[float]], wanted: str | Sequence[str] | None) -> list[str]:
    there = list(dict.fromkeys(column.removeprefix(HELD_OUT) for column in history))
    all_of_them = [name for name in there if name not in ("epoch", "seconds")]
    names = [wanted] if isinstance(wanted, str) else all_of_them if wanted is None else wanted
    for name in names:
        if name not in there:
            raise ValueError(f"quantities: expected some of {', '.join(there) or 'none yet'}, got {name!r}")
    if not any(len(column) for column in history.values()):
        raise ValueError("history: expected an epoch or more, got none")
    return list(names)


def _along(history: Mapping[str, Sequence[float]], against: str) -> np.ndarray:
    if against == "epoch":
        return np.arange(1, 1 + max(len(column) for column in history.values()))
    if against not in history:
        raise ValueError(f"against: expected 'epoch' or one of {', '.join(history)}, got {against!r}")
    return np.asarray(history[against])


def _columns(history: Mapping[str, Sequence[float]], name: str) -> dict[str, np.ndarray]:
    """The training's column and the held-out one, as far as they are there."""
    found = {"training": name, "held out": HELD_OUT + name}
    return {label: np.asarray(history[column], float) for label, column in found.items() if column in history}


def _draw(ax: Axes, history: Mapping[str, Sequence[float]], name: str, x: np.ndarray) -> None:
    columns, (first, second) = _columns(history, name), of_signs(ax)
    styles: dict[str, dict[str, Any]] = {
        "training": {"color": first},
        "held out": {"color": second, "linestyle": (0, (5, 1.5))},
    }
    marker = "o" if len(x) == 1 else None
    for label, values in columns.items():
        ax.plot(x[: len(values)], values, label=label, marker=marker, **styles[label])
    if _spans_decades(np.concatenate(list(columns.values()))):
        ax.set_yscale("log")
    title = TITLES.get(name, name.replace("_", " "))
    ax.set(title=title[:1].upper() + title[1:], ylabel=LETTERS.get(name, ""))
    if "held out" in columns:
        _mark_best(ax, x, columns["held out"], is_score(name), second)
        legend(ax)
    _whole_ticks(ax, x)


def _spans_decades(values: np.ndarray) -> bool:
    finite = values[np.isfinite(values)]
    return finite.size > 1 and bool(finite.min() > 0 and finite.max() > WIDE * finite.min())


def _mark_best(ax: Axes, x: np.ndarray, values: np.ndarray, largest: bool, colour: str) -> None:
    """A dot at the best value, unless it is the last."""
    if np.isfinite(values).any():
        at = int((np.nanargmax if largest else np.nanargmin)(values))
        if at < len(values) - 1:
            ax.plot(x[at], values[at], "o", color=colour, label=f"best: {values[at]:.3g}, epoch {at + 1}")


def _whole_ticks(ax: Axes, x: np.ndarray) -> None:
    if x.dtype.kind in "iu":
        from matplotlib.ticker import MaxNLocator

        ax.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
