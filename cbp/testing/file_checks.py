"""A model with an activation or cost, saved and loaded: with its plugin, and without."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from ..files import load
from ..network import Network
from ..registry import registry
from ..registry.chosen import Chosen, choose
from ..registry.entries import CBP, LOCAL
from .report import Failure, Skip
from .settings import Setting, described
from .subject import Subject

__all__ = ["missing_plugin", "save_and_load"]

X = np.random.default_rng(0).uniform(-1, 1, (5, 3))

LOOK = """
import sys
import cbp
from cbp.registry import discovery
discovery.written = lambda: ()  # as where the plugin is not installed
from cbp.files import ModelDescription
try:
    cbp.load(sys.argv[1])
except ValueError as error:
    print(error)
model = cbp.load(sys.argv[1], on_missing="inspect")
print(type(model).__name__, *getattr(model, "missing", ()), sep="; ")
"""


def _registered(subject: Subject, setting: Setting) -> Chosen:
    """What a file can name. This process is the check's own: nobody else sees what is registered here."""
    if subject.entry.distribution == LOCAL and registry.entry_of(subject.spec) is None:
        registry.register(subject.spec)
    return choose(subject.kind, registry.find(subject.kind, subject.entry.id).id, **setting)


def _network(subject: Subject, setting: Setting, dtype: str = "float32") -> Network:
    chosen = _registered(subject, setting)
    if subject.kind == "activation":
        return Network([3, 4, 2], chosen, "identity", dtype=dtype, seed=1)
    return Network([3, 4, 2], "tanh", cost=chosen, dtype=dtype, seed=1)


def save_and_load(subject: Subject) -> str:
    """A network that is saved and loaded has the same parameters of the function and predicts the same numbers."""
    with tempfile.TemporaryDirectory() as folder:
        for setting in subject.settings:
            for dtype in ("float32", "float64"):
                net = _network(subject, setting, dtype)
                net.save(Path(folder, "model"))
                _require_probe(subject, net, setting)
                again = load(Path(folder, "model"))
                if not np.array_equal(net.predict(X), again.predict(X), equal_nan=True):
                    raise Failure(
                        "the predictions of the network that was saved",
                        "others",
                        f"Network([3, 4, 2]) in {dtype}{described(setting)}",
                        "keep nothing outside of the function and its parameters: a model file holds its name and them",
                    )
    return f"{len(subject.settings)} choice(s) of parameters, float32 and float64"


def _require_probe(subject: Subject, net: Network, setting: Setting) -> None:
    from ..files.probes import probe_of

    chosen = net.cost_function if subject.kind == "cost" else net.layer_activations[1]
    if probe_of(chosen) is None:
        raise Failure(
            "answers to the fixed numbers that are kept with a model",
            "an exception",
            f"a network with three units and this {subject.kind}{described(setting)}",
            "let it take rows of three numbers between -7 and 8: where it answers, a model file can tell whether the "
            "function is still the same when it is loaded",
        )


def missing_plugin(subject: Subject) -> str:
    """Without the plugin, loading a model says which distribution to install, and the model can still be looked at."""
    entry = subject.entry
    if entry.distribution in (CBP, LOCAL):
        raise Skip("no distribution provides it: there is nothing to miss")
    if not entry.version:
        raise Failure(
            "a distribution with a version, which a model can name",
            "none",
            f"METADATA of {entry.distribution}",
            'give it a version: version = "0.1.0" in pyproject.toml',
        )
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        _network(subject, subject.settings[0]).save(model)
        path = os.pathsep.join(str(Path(each).absolute()) for each in sys.path)
        environment = {name: value for name, value in os.environ.items() if name != "CBP_PLUGINS"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LOOK, str(model)],
            cwd=folder,
            env=environment | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    wanted = f"install {entry.distribution}=={entry.version}"
    if done.returncode or done.stdout.count(wanted) < 2 or "ModelDescription; " not in done.stdout:
        raise Failure(
            f"a sentence with {wanted!r}, and a description of the model",
            (done.stdout + done.stderr).strip()[-300:],
            "cbp.load in a process that finds no plugin",
            "give the distribution the name and version under which it can be installed",
        )
    return wanted
