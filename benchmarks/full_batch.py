"""Levenberg-Marquardt and L-BFGS against Adam: seconds until small regressions cost 1e-6, float64, one thread.

python -m benchmarks.full_batch [--rounds 3] [--limit 6]

Of each problem Adam first tries rates and batch sizes for a while, and goes on with those that came lowest. Then the
three take turns, all from the same weights, which differ from round to round; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import Any

import numpy as np

import cbp
from benchmarks import ROOT
from benchmarks.pinning import environment, pin
from cbp.callbacks import Callback, TimeBudget

TARGET = 1e-6
RATES, BATCHES, TRIED = (1e-3, 3e-3, 1e-2, 3e-2), (32, None), 1.5  # of Adam; None is all samples; seconds
AGAIN = 10  # times Adam sees the data in an epoch, so that what happens once an epoch does not count


@dataclass(frozen=True)
class Problem:
    """Targets without noise, which a network of these sizes can learn to a cost of TARGET."""

    sizes: list[int]
    X: np.ndarray
    targets: np.ndarray


def curve() -> Problem:
    """A sine of one number."""
    X = np.linspace(-1, 1, 200)[:, None]
    return Problem([1, 10, 1], X, np.sin(4 * X))


def surface() -> Problem:
    """Franke's function of two numbers."""
    X = np.random.default_rng(0).uniform(-1, 1, (400, 2))
    x, y = 4.5 * (X.T + 1)
    z = 0.75 * np.exp(-((x - 2) ** 2 + (y - 2) ** 2) / 4) + 0.75 * np.exp(-((x + 1) ** 2) / 49 - (y + 1) / 10)
    z += 0.5 * np.exp(-((x - 7) ** 2 + (y - 3) ** 2) / 4) - 0.2 * np.exp(-((x - 4) ** 2) - (y - 7) ** 2)
    return Problem([2, 30, 1], X, z[:, None])


def arm() -> Problem:
    """Where the hand of an arm with two joints is."""
    X = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    a, b = X.T * np.pi / 2
    return Problem([2, 20, 2], X, np.stack([np.cos(a) + np.cos(a + b), np.sin(a) + np.sin(a + b)], axis=1))


class Reaches(Callback):
    """Ends training at a cost."""

    def on_epoch_end(self, run: Any) -> None:
        """Look at it."""
        if run.history.last()["cost"] <= TARGET:
            run.stop("reached")


def fit(problem: Problem, optimizer: Any, limit: float, seed: int, batch: int | None = None) -> tuple[float, float]:
    """(seconds to TARGET, infinite where `limit` seconds were too few; the lowest cost)."""
    again = 1 if hasattr(optimizer, "iterate") else AGAIN
    history = cbp.Network(problem.sizes, "tanh", "identity", dtype="float64", seed=seed).fit(
        np.tile(problem.X, (again, 1)), np.tile(problem.targets, (again, 1)), epochs=10**7, optimizer=optimizer,
        batch_size=batch or len(problem.X), callbacks=[Reaches(), TimeBudget(seconds=limit)], threads=1,
    )  # fmt: skip
    return history["seconds"][-1] if history.stopped == "reached" else np.inf, min(history["cost"])


def best_adam(problem: Problem) -> tuple[float, int | None]:
    """The rate and batch size that come lowest in TRIED seconds, or reach TARGET soonest."""
    return min(product(RATES, BATCHES), key=lambda tried: fit(problem, cbp.Adam(lr=tried[0]), TRIED, 0, tried[1]))


def measure(problem: Problem, rounds: int, limit: float) -> tuple[str, list[list[tuple[float, float]]]]:
    """Adam's settings, and for each of the three what `fit` found in each round."""
    lr, batch = best_adam(problem)
    found: list[list[tuple[float, float]]] = [[], [], []]
    for seed in range(1, rounds + 1):
        found[0].append(fit(problem, cbp.LevenbergMarquardt(gtol=0, ftol=0), limit, seed))
        found[1].append(fit(problem, cbp.LBFGS(gtol=0, ftol=0), limit, seed))
        found[2].append(fit(problem, cbp.Adam(lr=lr), limit, seed, batch))
    return f"lr {lr:g}, batch {batch or 'all'}", found


def shown(rounds: list[tuple[float, float]], limit: float) -> str:
    """The median of the seconds, or how low it came in all there were."""
    seconds = median(s for s, _ in rounds)
    return f"{seconds:.3f} s" if seconds < np.inf else f"> {limit:g} s ({median(c for _, c in rounds):.1e})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=6.0, help="seconds for a fit")
    parser.add_argument("--pinned", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.pinned:
        again = [sys.executable, "-m", "benchmarks.full_batch", "--pinned", *sys.argv[1:]]
        subprocess.run(again, env=environment(1, "float64"), cwd=ROOT, check=True)
        return
    pin(1)
    print(f"{'':10}{'lm':>10}{'lbfgs':>20}{'adam':>20}{'adam / lm':>12}   adam's")
    for make in (curve, surface, arm):
        settings, found = measure(make(), asked.rounds, asked.limit)
        lm, lbfgs, adam = (shown(rounds, asked.limit) for rounds in found)
        ours, theirs = (median(s for s, _ in rounds) for rounds in (found[0], found[2]))
        ratio = f"> {asked.limit / ours:.0f}" if theirs == np.inf else f"{theirs / ours:.0f}"
        print(f"{make.__name__:10}{lm:>10}{lbfgs:>20}{adam:>20}{ratio:>12}   {settings}")


if __name__ == "__main__":
    main()
