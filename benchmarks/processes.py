"""What whole processes cost: importing a library, and from the start of Python to a trained model."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from benchmarks.pinning import environment
from cbp.timing.rounds import summary

__all__ = ["measure_imports", "measure_startup"]

LIBRARIES = ("numpy", "cbp", "jax", "sklearn", "torch")
PROGRAMS = ("cbp", "sklearn", "torch")


def measure_imports(rounds: int, clock: str) -> dict[str, Any]:
    """Milliseconds of ``python -c "import …"`` for every library in turn; ``python`` imports nothing."""
    alone = {"python": [sys.executable, "-P", "-c", "pass"]}
    commands = alone | {name: [sys.executable, "-P", "-c", f"import {name}"] for name in LIBRARIES if find_spec(name)}
    times, _ = _in_turn(commands, rounds, clock)
    return {name: summary(samples, 1e-3) for name, samples in times.items()}


def measure_startup(rounds: int, clock: str) -> dict[str, Any]:
    """Milliseconds from the start of Python to a model that gets 97 % of the held-out digits right."""
    digits = str(ROOT / "cbp" / "data" / "sets" / "digits.npz")
    commands = {
        name: [sys.executable, "-m", f"benchmarks.programs.digits_{name}", digits]
        for name in PROGRAMS
        if find_spec(name)
    }
    times, said = _in_turn(commands, rounds, clock)
    return {
        name: summary(samples, 1e-3) | dict(zip(("epochs", "accuracy"), map(float, said[name].split()), strict=True))
        for name, samples in times.items()
    }


def _in_turn(commands: dict[str, list[str]], rounds: int, clock: str) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Seconds of each process, a round at a time after one that warms the files; and what each last said."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    said: dict[str, str] = {}
    for r in range(rounds + 1):
        for name, command in commands.items():
            seconds, said[name] = _run(command, clock)
            if r > 0:
                times[name].append(seconds)
    return times, said


def _run(command: list[str], clock: str) -> tuple[float, str]:
    start = _now(clock)
    done = subprocess.run(command, cwd=ROOT, env=_environment(), check=True, stdout=subprocess.PIPE, text=True)
    return _now(clock) - start, done.stdout


def _now(clock: str) -> float:
    if clock == "wall":
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _environment() -> dict[str, str]:
    """One thread, and the same cbp as this process has."""
    found = find_spec("cbp")
    in_tree = found is not None and found.origin is not None and Path(found.origin).parents[1] == ROOT
    return environment(1) | {"PYTHONPATH": str(ROOT) if in_tree else ""}
