"""Every built-in kernel, copied verbatim into an extension outside of cbp, trains to the same bits.

The copies are the headers of cbp's core, compiled by the clone's own setup.py against the installed cbp; what
differs is only who compiled them. The NumPy tier of the same built-in trains to nearly the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kernel_calls import ISAS

import cbp

Run = Callable[..., str]
Results = dict[str, dict[str, Any]]

TRAIN = """
import json
from dataclasses import replace
import numpy as np
import cbp

STEPS, BATCH, SIZES = 200, 16, [7, 19, 6, 5]
rng = np.random.default_rng(0)
X = rng.normal(size=(STEPS * BATCH, SIZES[0]))
labels = rng.integers(0, SIZES[-1], len(X))


def parameters(epochs, **net):
    net = cbp.Network(SIZES, seed=5, **net)
    if epochs:
        net.fit(X, labels, epochs=epochs, batch_size=BATCH, optimizer=cbp.SGD(lr=0.01))
    return net.parameters


def compared(kind, name, **net):
    listed = cbp.activations() if kind == "activation" else cbp.costs()
    plain, clone = listed[f"cbp:{name}"], listed[f"cbp-clone:clone_{name}"]
    assert plain.kernel is not clone.kernel
    before, built_in, copy, numpy = (
        parameters(epochs, **{**net, kind: spec})
        for epochs, spec in ((0, name), (1, name), (1, clone.name), (1, replace(plain, kernel=None)))
    )
    error = np.abs(built_in - numpy).max()
    same = built_in.tobytes() == copy.tobytes()
    return {"moved": bool((built_in != before).any()), "same bits": same, "error": float(error)}


def cases(dtype):
    for spec in cbp.activations().values():
        if not spec.name.startswith("clone_"):
            yield "activation", spec.name, dict(output_activation="logistic", dtype=dtype)
    for spec in cbp.costs().values():
        if not spec.name.startswith("clone_"):
            yield "cost", spec.name, dict(activation="tanh", dtype=dtype)
            unfused = "softmax" if spec.canonical == "logistic" else "logistic"
            yield "cost", spec.name, dict(activation="tanh", output_activation=unfused, dtype=dtype)


results = {}
for dtype in ("float32", "float64"):
    for kind, name, net in cases(dtype):
        results[f"{kind} {name} {net}"] = compared(kind, name, **net)
print(json.dumps(results))
"""


@pytest.fixture(scope="module", params=ISAS)
def results(request: pytest.FixtureRequest, clones: Path, run: Run) -> Results:
    """Each built-in and its clone after 200 steps with one of the instruction sets this processor runs."""
    trained: Results = json.loads(run(TRAIN, clones, CBP_ISA=request.param, CBP_PLUGINS="cbp-clone"))
    return trained


def test_everything_built_in_was_trained(results: Results) -> None:
    for names, kind, variants in ((cbp.activations(), "activation", 2), (cbp.costs(), "cost", 4)):
        for name in names:
            short = name.removeprefix("cbp:")
            assert len([case for case in results if case.startswith(f"{kind} {short} ")]) == variants
    assert [case for case, result in results.items() if not result["moved"]] == []


def test_a_verbatim_copy_trains_to_the_same_bits(results: Results) -> None:
    assert [case for case, result in results.items() if not result["same bits"]] == []


def test_the_numpy_tier_trains_to_the_same_numbers(results: Results) -> None:
    for dtype, bound in (("float32", 2e-5), ("float64", 1e-12)):
        errors = {case: result["error"] for case, result in results.items() if f"'{dtype}'" in case}
        assert errors
        assert {case: error for case, error in errors.items() if not error <= bound} == {}
