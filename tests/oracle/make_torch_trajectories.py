"""Writes torch_trajectories.json: what torch.optim does, step by step in float64, along a noisy quadratic.

The gradient of step t at θ is curvature·θ + noise[t], element by element, so that an optimiser that errs is led
astray by its own errors. ``python tests/oracle/make_torch_trajectories.py`` (with PyTorch) writes it again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

STEPS, SIZE = 20, 5
FILE = Path(__file__).with_name("torch_trajectories.json")

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-3}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.05}),
    ("AMSGrad", {"lr": 0.05, "betas": [0.8, 0.7]}),
    ("AMSGrad", {"lr": 0.05, "betas": [0.8, 0.7], "weight_decay": 0.05}),
    ("AdamW", {"lr": 0.05}),
    ("AdamW", {"lr": 0.05, "betas": [0.8, 0.7], "weight_decay": 0.2, "amsgrad": True}),
    ("NAdam", {"lr": 0.05}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.05, "momentum_decay": 0.1}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.05, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.05}),
    ("RAdam", {"lr": 0.05, "betas": [0.8, 0.95], "weight_decay": 0.05}),
    ("RAdam", {"lr": 0.05, "weight_decay": 0.05, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.05, "betas": [0.8, 0.6]}),
    ("RMSprop", {"lr": 0.05}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.05}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.7}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "centered": True}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "centered": True, "momentum": 0.7, "weight_decay": 0.05}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.05, "eps": 1e-3}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 5.0, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.05}),
    ("Adamax", {"lr": 0.05}),
    ("Adamax", {"lr": 0.05, "betas": [0.8, 0.9], "eps": 1e-3, "weight_decay": 0.05}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": [0.6, 1.5], "step_sizes": [0.05, 0.3]}),
]


def made(name: str, point: torch.Tensor, constants: dict[str, Any]) -> torch.optim.Optimizer:
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in constants.items()}
    if name == "AMSGrad":
        return torch.optim.Adam([point], amsgrad=True, **given)
    optimizer: torch.optim.Optimizer = getattr(torch.optim, name)([point], **given)
    return optimizer


def trajectory(name: str, constants: dict[str, Any], problem: dict[str, Any]) -> list[list[float]]:
    point = torch.tensor(problem["start"], dtype=torch.float64, requires_grad=True)
    curvature = torch.tensor(problem["curvature"], dtype=torch.float64)
    optimizer, seen = made(name, point, constants), []
    for noise in problem["noise"]:
        point.grad = curvature * point.detach() + torch.tensor(noise, dtype=torch.float64)
        optimizer.step()
        seen.append(point.detach().tolist())
    return seen


def main() -> None:
    torch.set_default_dtype(torch.float64)  # else NAdam keeps its product of momenta in float32
    rng = np.random.default_rng(6)
    noise = rng.normal(size=(STEPS, SIZE)) * [1, 0.1, 3, 0, 0]
    curvature = [0.5, 1.0, 2.0, 1.5, 0.0]
    problem = {
        "start": rng.normal(size=SIZE).round(3).tolist(),
        "curvature": curvature,  # the last element's gradient is 0 for ever
        "noise": noise.round(3).tolist(),
    }
    cases = [
        {"optimizer": name, "constants": constants, "parameters": trajectory(name, constants, problem)}
        for name, constants in CASES
    ]
    found = {"torch": torch.__version__.partition("+")[0], **problem, "cases": cases}
    FILE.write_text(json.dumps(found).replace('{"optimizer"', '\n{"optimizer"') + "\n")


if __name__ == "__main__":
    main()
