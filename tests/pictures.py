"""What tests ask of a picture, and one picture of each public function."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.text import Text

import cbp
from cbp import data, plot

BLUE, VERMILION = "#0072b2", "#d55e00"  # positive and negative
MOONS = np.random.default_rng(0).normal(size=(60, 2))


class Case(NamedTuple):
    """A picture: how it is drawn, and how many axes it needs."""

    draw: Callable[..., Any]
    panels: int = 1


def called(ax: Axes, name: str) -> Any:
    """The artist of `ax` with this gid."""
    (found,) = ax.findobj(lambda artist: artist.get_gid() == name)
    return found


def words(ax: Axes) -> list[str]:
    """Every text in `ax` that can be seen."""
    return [text.get_text() for text in ax.findobj(Text) if text.get_visible() and text.get_text()]


def colours(artist: Any) -> list[str]:
    """The colours of a collection's lines, without their strength."""
    return [to_hex(rgba[:3]) for rgba in artist.get_colors()]


def cut_off(ax: Axes) -> bool:
    """Whether anything reaches out of the figure."""
    figure = ax.figure
    figure.canvas.draw()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()  # type: ignore[union-attr]
    return bool(min(box.x0, box.y0, width - box.x1, height - box.y1) < -0.01)


def trained() -> tuple[cbp.Network, data.Dataset, Any]:
    """A network that knows the digits a little, held-out digits, and the history."""
    train, test = data.load("digits").split(0.2, seed=0)
    net = cbp.Network([64, 16, 12, 10], activation=["relu", "tanh", "softmax"], cost="cross_entropy", seed=1)
    history = net.fit(train.X, train.targets, epochs=3, optimizer=cbp.Adam(lr=3e-3), validation=(test.X, test.targets))
    return net, test, history


def cases() -> dict[str, Case]:
    """A picture of each function."""
    net, test, history = trained()
    small = cbp.Network([2, 5, 3], activation="tanh", cost="cross_entropy", seed=2)
    found = SimpleNamespace(rates=np.logspace(-4, 1, 30), costs=np.geomspace(2, 1, 30), suggestion=0.1)
    return {
        "activation_histograms": Case(lambda **ax: plot.activation_histograms(net, test.X, **ax), 3),
        "confusion_matrix": Case(lambda **ax: plot.confusion_matrix(test.targets, net.predict(test.X), **ax)),
        "decision_boundary": Case(lambda **ax: plot.decision_boundary(small, MOONS, np.arange(60) % 3, **ax)),
        "gradient_histograms": Case(lambda **ax: plot.gradient_histograms(net, test.X, test.targets, **ax), 3),
        "layer_schematic": Case(lambda **ax: plot.layer_schematic(net, 4, **ax)),
        "learning_curves": Case(lambda **ax: plot.learning_curves(history, **ax), 2),
        "lr_finder": Case(lambda **ax: plot.lr_finder(found, **ax)),
        "schematic": Case(lambda **ax: plot.schematic(net, output_names=test.class_names, **ax)),
        "weight_images": Case(lambda **ax: plot.weight_images(net, **ax)),
    }
