"""A rich network to save, and a look into model files from outside cbp."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

import cbp

Array = np.ndarray[Any, Any]

RICH: dict[str, Any] = {
    "sizes": [3, 5, 4, 2],
    "activation": [cbp.activation("leaky_relu", alpha=0.3), "swish", "softmax"],
    "input_activation": cbp.activation("celu", alpha=2.5),
    "cost": cbp.cost("cross_entropy", label_smoothing=0.1),
    "reduction": "sum",
    "seed": 2**63 + 1,
}


def network(**options: Any) -> cbp.Network:
    net = cbp.Network(**(RICH | options))
    net.b[2] += 0.5
    return net


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def description_of(path: Path) -> Any:
    with safe_open(str(path), framework="np") as file:
        return json.loads(file.metadata()["cbp"])


def tensors_of(net: cbp.Network) -> dict[str, Array]:
    W = {f"W{l}": np.ascontiguousarray(net.W[l]) for l in net.W}
    return W | {f"b{l}": net.b[l].copy() for l in net.b}
