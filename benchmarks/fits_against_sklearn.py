"""Whole fits: cbp.sklearn's estimators against scikit-learn's, one thread, the same parameters and the same result.

python -m benchmarks.fits_against_sklearn [--rounds 5]

The two take turns, and of each the quickest round counts: what disturbs a round only makes it slower.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning

import cbp.sklearn
from benchmarks import ROOT
from benchmarks.pinning import environment, pin

FITS: dict[str, tuple[Callable[..., Any], str, dict[str, Any]]] = {
    "digits, default settings": (datasets.load_digits, "MLPClassifier", {"max_iter": 40}),
    "digits, lbfgs": (datasets.load_digits, "MLPClassifier", {"solver": "lbfgs", "max_iter": 40}),
    "digits, early stopping": (datasets.load_digits, "MLPClassifier", {"early_stopping": True, "max_iter": 40}),
    "iris, 16 hidden, batch 16": (
        datasets.load_iris, "MLPClassifier", {"hidden_layer_sizes": 16, "batch_size": 16, "max_iter": 40},
    ),
    "the same, all its 200 epochs": (datasets.load_iris, "MLPClassifier", {"hidden_layer_sizes": 16, "batch_size": 16}),
    "iris, default settings": (datasets.load_iris, "MLPClassifier", {"max_iter": 40}),
    "breast cancer, sgd": (datasets.load_breast_cancer, "MLPClassifier", {"solver": "sgd", "max_iter": 40}),
    "diabetes, 64 64, batch 32": (
        datasets.load_diabetes, "MLPRegressor", {"hidden_layer_sizes": (64, 64), "batch_size": 32, "max_iter": 40},
    ),
}  # fmt: skip


def seconds(model: Any, X: Any, y: Any) -> float:
    """How long a fit takes."""
    began = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - began


def measure(load: Callable[..., Any], name: str, settings: dict[str, Any], rounds: int) -> tuple[float, float, float]:
    """(scikit-learn's seconds, cbp's, the difference of the two losses)."""
    X, y = load(return_X_y=True)
    theirs = getattr(neural_network, name)(random_state=0, **settings)
    ours = getattr(cbp.sklearn, name)(random_state=0, n_threads=1, **settings)
    times = [(seconds(theirs, X, y), seconds(ours, X, y)) for _ in range(rounds)]
    return min(t for t, _ in times), min(t for _, t in times), abs(theirs.loss_ - ours.loss_)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pinned", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.pinned:  # libraries count their threads while they are imported
        again = [sys.executable, "-m", "benchmarks.fits_against_sklearn", "--pinned", "--rounds", str(asked.rounds)]
        subprocess.run(again, env=environment(1, "float64"), cwd=ROOT, check=True)
        return
    pin(1)
    rounds = asked.rounds
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{'fit (40 epochs or iterations)':34} {'scikit-learn':>12} {'cbp':>10} {'times':>7} {'|Δ loss_|':>10}")
    for title, (load, name, settings) in FITS.items():
        theirs, ours, difference = measure(load, name, settings, rounds)
        print(f"{title:34} {theirs * 1e3:9.1f} ms {ours * 1e3:7.1f} ms {theirs / ours:7.1f} {difference:10.1e}")


if __name__ == "__main__":
    main()
