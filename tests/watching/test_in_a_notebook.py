"""What a notebook shows, in a kernel of its own, where nothing stands in for IPython."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import matplotlib.image
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

BEGIN = """
import cbp
from cbp.callbacks import LivePlot
iris = cbp.data.load("iris")
net = cbp.Network([4, 8, 3], activation="tanh", cost="cross_entropy", seed=1)
settings = dict(batch_size=8, optimizer="adam", validation=0.2)
"""
BAR = "net.fit(iris.X, iris.targets, epochs=4, progress=True, **settings);"
CURVES = "history = net.fit(iris.X, iris.targets, epochs=200, callbacks=LivePlot(seconds=0), **settings)"
STOPPED = """
import os, signal, threading
before = net.epochs_trained
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    net.fit(iris.X, iris.targets, epochs=10**8, progress=True, **settings)
except KeyboardInterrupt:
    print("stopped after", net.epochs_trained - before)
"""
CELLS = [BEGIN, BAR, CURVES, "history", "cbp.plot.schematic(net);", STOPPED]


@pytest.fixture(scope="module")
def outputs() -> dict[str, list[Any]]:
    """What is below each of the cells when all have run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return {cell.source: cell.outputs for cell in notebook.cells}


def words(output: Any) -> str:
    return " ".join(re.sub("<[^>]*>", "", output.data["text/html"]).split())


def picture(output: Any) -> np.ndarray[Any, Any]:
    drawn: np.ndarray[Any, Any] = matplotlib.image.imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    return drawn


def test_one_bar_is_left_and_nothing_beside_it(outputs: dict[str, list[Any]]) -> None:
    assert outputs[BEGIN] == []
    (bar,) = outputs[BAR]
    assert bar.output_type == "display_data"
    assert re.search(r"^epoch 4/4 ━+ \S+ cost \S+, validation accuracy \S+% [\d,]+ samples/s$", words(bar))


def test_one_picture_of_the_curves_is_left(outputs: dict[str, list[Any]]) -> None:
    (curves,) = outputs[CURVES]
    assert curves.output_type == "display_data"
    colours = {tuple(colour) for colour in (picture(curves)[..., :3].reshape(-1, 3) * 255).round().astype(int).tolist()}
    assert {(0, 114, 178), (213, 94, 0)} <= colours  # the training's line, and that of what is held out


def test_the_history_is_a_table(outputs: dict[str, list[Any]]) -> None:
    (table,) = outputs["history"]
    assert "<table" in table.data["text/html"]
    assert "validation_accuracy" in words(table)


def test_a_picture_is_shown_once(outputs: dict[str, list[Any]]) -> None:
    (schematic,) = outputs["cbp.plot.schematic(net);"]
    assert len(np.unique(picture(schematic)[..., :3].reshape(-1, 3), axis=0)) > 100


def test_a_training_that_is_interrupted_leaves_its_bar(outputs: dict[str, list[Any]]) -> None:
    bar, said = outputs[STOPPED]
    epochs = int(said.text.removeprefix("stopped after "))
    assert epochs > 0
    assert re.search(rf"^epoch {epochs}/100000000 ", words(bar))
