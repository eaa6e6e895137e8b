"""Writes torch_schedules.json: the learning rates that torch.optim.lr_scheduler gives, time after time.

``python tests/oracle/make_torch_schedules.py`` (with PyTorch) writes it again.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.optim import lr_scheduler as of

LR, TIMES = 0.3, 40
FILE = Path(__file__).with_name("torch_schedules.json")

# The name in cbp.schedules and its constants; the name in torch and its constants.
CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Step", {"step_size": 7}, "StepLR", {"step_size": 7}),
    ("Step", {"step_size": 3, "gamma": 0.7}, "StepLR", {"step_size": 3, "gamma": 0.7}),
    ("MultiStep", {"milestones": [4, 11, 12], "gamma": 0.5}, "MultiStepLR", {"milestones": [4, 11, 12], "gamma": 0.5}),
    ("Exponential", {"gamma": 0.93}, "ExponentialLR", {"gamma": 0.93}),
    ("Polynomial", {"total_iters": 25}, "PolynomialLR", {"total_iters": 25}),
    ("Polynomial", {"total_iters": 40, "power": 2.5}, "PolynomialLR", {"total_iters": 40, "power": 2.5}),
    ("Cosine", {"T_max": 40}, "CosineAnnealingLR", {"T_max": 40}),
    ("Cosine", {"eta_min": 0.05}, "CosineAnnealingLR", {"T_max": 40, "eta_min": 0.05}),
    ("CosineRestarts", {"T_0": 7, "eta_min": 0.01}, "CosineAnnealingWarmRestarts", {"T_0": 7, "eta_min": 0.01}),
    ("CosineRestarts", {"T_0": 3, "T_mult": 2}, "CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2}),
    ("CosineRestarts", {"T_0": 2, "T_mult": 3}, "CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 3}),
    ("OneCycle", {}, "OneCycleLR", {"total_steps": 40}),
    ("OneCycle", {"anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 5, "final_div_factor": 10},
     "OneCycleLR", {"total_steps": 40, "anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 5,
                    "final_div_factor": 10}),
    ("OneCycle", {"three_phase": True}, "OneCycleLR", {"total_steps": 40, "three_phase": True}),
    ("Warmup", {"total_iters": 6}, "LinearLR", {"total_iters": 6}),
    ("Warmup", {"total_iters": 9, "start_factor": 0.01}, "LinearLR", {"total_iters": 9, "start_factor": 0.01}),
    ("Plateau", {"patience": 2}, "ReduceLROnPlateau", {"patience": 2}),
    ("Plateau", {"patience": 0, "factor": 0.5, "cooldown": 3, "min_lr": 0.02, "threshold": 0.05},
     "ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "cooldown": 3, "min_lr": 0.02, "threshold": 0.05}),
    ("Plateau", {"patience": 1, "factor": 0.6, "threshold_mode": "abs", "threshold": 0.1},
     "ReduceLROnPlateau", {"patience": 1, "factor": 0.6, "threshold_mode": "abs", "threshold": 0.1}),
    ("Plateau", {"patience": 2, "mode": "max"}, "ReduceLROnPlateau", {"patience": 2, "mode": "max"}),
]  # fmt: skip


def rates(name: str, constants: dict[str, Any], costs: list[float]) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    given = {"max_lr": LR} | constants if name == "OneCycleLR" else constants
    scheduler, found = getattr(of, name)(optimizer, **given), []
    for cost in costs:
        found.append(float(optimizer.param_groups[0]["lr"]))
        if len(found) < TIMES:
            scheduler.step(*([cost] if name == "ReduceLROnPlateau" else []))
    return found


def main() -> None:
    warnings.simplefilter("ignore")  # that no step of the optimizer came first
    rng = np.random.default_rng(3)
    costs = (2 * np.exp(-np.arange(TIMES) / 6) + 0.3 * rng.random(TIMES)).round(3).tolist()
    cases = [
        {"schedule": name, "constants": constants, "rates": rates(torchs, given, costs)}
        for name, constants, torchs, given in CASES
    ]
    found = {"torch": torch.__version__.partition("+")[0], "lr": LR, "costs": costs, "cases": cases}
    FILE.write_text(json.dumps(found).replace('{"schedule"', '\n{"schedule"') + "\n")


if __name__ == "__main__":
    main()
