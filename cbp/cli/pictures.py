"""The pictures of ``cbp plot``: what each is drawn from, in the data's own units and names."""

from __future__ import annotations

import csv
import io
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import plot
from ..data import DataError, Dataset, InFile
from ..files.writing import write_atomically
from ..network import Network
from ..plot.canvas import panels_for
from ..preparation import Preparation

__all__ = ["OF_DATA", "OF_MODEL", "curves", "write_picture"]

MOST = 10_000  # samples of a file that are drawn


def write_picture(axes: Any, out: Path) -> None:
    """Write the picture that `axes`, one or an array, are part of; of the kind that the file's name ends with."""
    buffer = io.BytesIO()
    np.ravel(axes)[0].figure.savefig(buffer, format=out.suffix.lower().removeprefix("."))
    write_atomically(out, buffer.getvalue(), "the picture")


def curves(path: Path) -> Any:
    """The learning curves of a log that `cbp.callbacks.CSVLog` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        titles, *rows = [*csv.reader(file)] or [[]]
    if not rows:
        raise DataError(f"{path}: expected the log of a training, got no epoch")
    try:
        history = {title: [float(row[j]) for row in rows] for j, title in enumerate(titles)}
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: expected the log of a training, numbers below a row of titles ({error})") from None
    return plot.learning_curves(history)


def _network(net: Network, preparation: Preparation, _: Namespace) -> Any:
    outputs = preparation.class_names or preparation.target_names
    return plot.schematic(net, input_names=preparation.feature_names, output_names=outputs)


def _layer(net: Network, _: Preparation, options: Namespace) -> Any:
    return plot.layer_schematic(net, options.layer)


def _weights(net: Network, _: Preparation, options: Namespace) -> Any:
    return plot.weight_images(net, options.shape, l=options.layer)


def _confusion(net: Network, preparation: Preparation, data: Dataset) -> Any:
    if not data.class_names:
        raise DataError(f"--what confusion: expected classes, got {data.summary}")
    return plot.confusion_matrix(data.targets, preparation.outputs(net, data.X), data.class_names)


def _boundary(net: Network, preparation: Preparation, data: Dataset) -> Any:
    if net.sizes[0] != 2:
        raise DataError(f"--what boundary: expected a model of 2 features, got one of {net.sizes[0]}")
    data, k = _in_memory(data), net.sizes[-1]

    def said(X: np.ndarray) -> np.ndarray:
        return preparation.outputs(net, X.astype(net.dtype))

    if data.class_names:
        axes = [plot.decision_boundary(said, data.X, data.targets, class_names=data.class_names)]
    else:
        axes = [*panels_for(None, k)]
        for j, (ax, name) in enumerate(zip(axes, preparation.named_outputs(k), strict=True)):
            plot.decision_boundary(said, data.X, data.targets, output=j, ax=ax)
            ax.figure.axes[-1].set_ylabel(name, parse_math=False)  # of the colours
    for ax in axes:
        ax.set_xlabel(data.feature_names[0], parse_math=False)
        ax.set_ylabel(data.feature_names[1], parse_math=False)
    return axes


def _activations(net: Network, preparation: Preparation, data: Dataset) -> Any:
    X = preparation.applied(_in_memory(data)).X
    for found in plot.flatness(net, X).values():
        print(found)
    return plot.activation_histograms(net, X)


def _gradients(net: Network, preparation: Preparation, data: Dataset) -> Any:
    ready = preparation.applied(_in_memory(data))
    return plot.gradient_histograms(net, ready.X, ready.targets)


def _in_memory(data: Dataset) -> Dataset:
    """All samples; of those that stay in a file so many that a picture shows the same."""
    if not isinstance(data.X, InFile):
        return data
    if len(data) > MOST:
        print(f"drawn from {MOST:,} of {len(data):,} samples", file=sys.stderr)
        data = data.take(np.sort(np.random.default_rng(0).choice(len(data), MOST, replace=False)))
    return replace(data, X=data.X[:])


OF_MODEL: dict[str, Callable[[Network, Preparation, Namespace], Any]] = {
    "network": _network,
    "layer": _layer,
    "weights": _weights,
}
OF_DATA: dict[str, Callable[[Network, Preparation, Dataset], Any]] = {
    "confusion": _confusion,
    "boundary": _boundary,
    "activations": _activations,
    "gradients": _gradients,
}
