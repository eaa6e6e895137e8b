"""Checkpoints: a model file with all that a training needs to go on as if it had never been stopped.

Beside the network there is a description of the run under the metadata key ``cbp.run``, and tensors whose names
begin with ``run/``. `cbp.load` reads the network alone, and of the rest the running mean of its parameters.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._version import __version__
from ..files import RUN, ModelError, contents, described
from ..files import write as write_model
from ..files.description import damage
from .trees import pack, unpack

if TYPE_CHECKING:
    from ..network import Network
    from .run import Run

__all__ = ["resume", "write"]

FORMAT = 1


def write(path: str | os.PathLike[str], run: Run) -> None:
    """Write where `run` stands, as a model file is written.

    Raises
    ------
    TypeError
        An optimiser or a callback remembers something that a file cannot hold.
    OSError
        The path cannot be written; an older file stays as it was.
    """
    tensors: dict[str, Any] = {}
    state = run.state()
    run.described = run.described or described(run.net)
    description = {
        "format": FORMAT,
        "cbp_version": __version__,
        "settings": dict(run.settings),
        "state": pack(state, tensors, "run"),
    }
    epochs = {"epochs_trained": state["first"] + state["epoch"]}
    write_model(path, run.net, run.described | epochs, description, tensors)


def resume(path: str | os.PathLike[str], run: Run) -> None:
    """Let `run`, which has not begun, and its network stand where the checkpoint was written.

    Raises
    ------
    FileNotFoundError
    ModelError
        The file is damaged, or no checkpoint.
    ValueError
        It is the checkpoint of another training.
    """
    metadata, tensors = contents(path)
    if RUN not in metadata:
        raise ModelError(f"{os.fspath(path)}: no checkpoint, for cbp.callbacks.Checkpoint did not write it")
    try:
        with damage():
            description = json.loads(metadata[RUN])
            if description["format"] != FORMAT:
                raise ModelError(f"its format is {description['format']!r}, this cbp reads format {FORMAT}")
            more = {name: tensor for name, tensor in tensors.items() if name.startswith("run/")}
            different = _differences(description["settings"], run.settings)
            if not different:
                parameters = _parameters(run.net, tensors)
                run.restore(unpack(description["state"], more, {"solver": run.solver.state(0)}))
    except ModelError as error:
        raise ModelError(f"{os.fspath(path)}: {error}") from error.__cause__
    if different:
        raise ValueError(
            f"resume: {os.fspath(path)} is of another training: {different}; to train its network otherwise, begin "
            "a new training of cbp.load(...)"
        )
    run.net.parameters[...] = parameters
    run.net.epochs_trained = run.first + run.epoch


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """What is not the same, in words."""
    different = [name for name in (*here, *there) if there.get(name) != here.get(name)]
    return ", ".join(f"{name} was {there.get(name)} and is {here.get(name)}" for name in dict.fromkeys(different))


def _parameters(net: Network, tensors: Mapping[str, np.ndarray]) -> np.ndarray:
    """The vector of parameters that the tensors are."""
    flat = np.empty_like(net.parameters)
    W, b = net._views(flat)
    for l in W:
        W[l], b[l] = tensors[f"W{l}"], tensors[f"b{l}"]
    return flat
