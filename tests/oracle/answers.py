"""What cbp answers about the drawn networks, computed in a process of its own so that CBP_ISA can be chosen.

    CBP_ISA=v2 python answers.py questions.npz answers.npz

Questions and answers are arrays named ``<network>/<what>``; one named ``about`` describes the networks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import cbp

DTYPES = ("float32", "float64")
LARGEST_PER_SAMPLE = 100_000  # numbers: only smaller networks are asked for each sample's gradient

Array = Any


def write_questions(path: Path, networks: list[Any]) -> None:
    """Write drawn networks for `answer` to read."""
    about = [
        {
            "sizes": d.net.sizes,
            "sigmas": [[name, dict(params)] for name, params in d.net.sigmas],
            "cost": [d.net.cost[0], dict(d.net.cost[1])],
            "reduction": d.net.reduction,
        }
        for d in networks
    ]
    arrays = {"about": np.array(json.dumps(about))}
    for i, d in enumerate(networks):
        arrays |= {f"{i}/W{l}": W for l, W in enumerate(d.W, start=2)}
        arrays |= {f"{i}/b{l}": b for l, b in enumerate(d.b, start=2)}
        arrays |= {f"{i}/X": d.X, f"{i}/targets": d.targets}
        if d.weights is not None:
            arrays[f"{i}/weights"] = d.weights
    np.savez(path, **arrays)  # type: ignore[arg-type]


def ask(isa: str, questions: Path, answers: Path) -> dict[str, Array]:
    """The answers of this instruction set."""
    script = [sys.executable, __file__, str(questions), str(answers)]
    subprocess.run(script, env={**os.environ, "CBP_ISA": isa}, check=True)
    with np.load(answers) as file:
        return dict(file)


def answer(about: dict[str, Any], given: dict[str, Array], dtype: str) -> dict[str, Array]:
    """Everything the facade computes for one network."""
    sigmas = [cbp.activation(name, **params) for name, params in about["sigmas"]]
    name, params = about["cost"]
    net = cbp.Network(
        about["sizes"],
        sigmas[1:],
        input_activation=sigmas[0],
        cost=cbp.cost(name, **params),
        reduction=about["reduction"],
        dtype=dtype,
    )
    for l in net.W:
        net.W[l], net.b[l] = given[f"W{l}"], given[f"b{l}"]
    X, targets, weights = given["X"], given["targets"], given.get("weights")
    few = len(X) * net.n_parameters <= LARGEST_PER_SAMPLE
    g = net.gradients(X, targets, weights, inputs=True, per_sample=few)
    found: dict[str, Array] = {f"W{l}": g.W[l] for l in g.W} | {f"b{l}": g.b[l] for l in g.b}
    found |= {f"a{l}": a for l, a in net.activations(X).items()}
    found |= {"inputs": g.inputs, "outputs": net.predict(X)}
    found |= {"cost": np.array([g.cost, net.cost(X, targets, weights)])}
    if g.per_sample is not None:
        found["per_sample"] = g.per_sample
    return found


def main(questions: str, answers: str) -> None:
    with np.load(questions) as file:
        asked = dict(file)
    found = {"isa": np.array(os.environ["CBP_ISA"])}
    for i, about in enumerate(json.loads(str(asked.pop("about")))):
        given = {key.partition("/")[2]: x for key, x in asked.items() if key.startswith(f"{i}/")}
        for dtype in DTYPES:
            found |= {f"{i}/{dtype}/{what}": x for what, x in answer(about, given, dtype).items()}
    np.savez(answers, **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
