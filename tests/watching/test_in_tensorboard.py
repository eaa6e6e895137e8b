"""What TensorBoard reads of a training, by both packages that can write it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.util import tensor_util

import cbp
from cbp.callbacks import Checkpoint, TensorBoard
from cbp.data import load

IRIS = load("iris")


def fitted(folder: Path, epochs: int = 4, **options: Any) -> Any:
    net = cbp.Network([4, 8, 3], activation="tanh", cost="cross_entropy", seed=1)
    return net.fit(
        IRIS.X, IRIS.targets, epochs=epochs, validation=0.2, metrics="f1",
        callbacks=[TensorBoard(folder), Checkpoint(folder.with_suffix(".ckpt"))], **options,
    )  # fmt: skip


def shown(folder: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """(run, tag) of every curve under "Scalars", and its points."""
    events = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for run, tags in events.Runs().items():
        for tag in tags["scalars"]:
            curves[run, tag] = [(event.step, event.value) for event in events.Scalars(run, tag)]
        for tag in tags["tensors"]:
            assert tag in events.PluginRunToTagToContent("scalars")[run]
            points = events.Tensors(run, tag)
            curves[run, tag] = [(point.step, float(tensor_util.make_ndarray(point.tensor_proto))) for point in points]
    return curves


def written(history: Any) -> dict[tuple[str, str], list[float]]:
    parts = {name: ("validation" if name.startswith("validation_") else "training") for name in history}
    return {(part, name.removeprefix("validation_")): history[name] for name, part in parts.items()}


@pytest.fixture(params=["tensorboardX", "tensorboard"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where to write; by the package that is named."""
    if request.param == "tensorboard":
        monkeypatch.setitem(sys.modules, "tensorboardX", None)
    return tmp_path / "run"


def same(curves: dict[tuple[str, str], list[tuple[int, float]]], history: Any) -> bool:
    columns = written(history)
    assert curves.keys() == columns.keys()
    return all(
        [step for step, _ in curves[name]] == list(range(1, len(column) + 1))
        and np.allclose([value for _, value in curves[name]], column, rtol=1e-6, atol=0)
        for name, column in columns.items()
    )


def test_every_column_is_a_curve(folder: Path) -> None:
    history = fitted(folder)
    assert {name for _, name in written(history)} == {"cost", "seconds", "accuracy", "f1"}
    assert same(shown(folder), history)


def test_a_training_that_is_resumed_goes_on_in_its_curves(folder: Path) -> None:
    fitted(folder, 2)
    history = fitted(folder, 5, resume=folder.with_suffix(".ckpt"))
    assert same(shown(folder), history)
