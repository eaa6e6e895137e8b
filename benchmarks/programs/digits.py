"""The handwritten digits, split alike for every program until 97 % of the held-out ones are right."""

import sys

import numpy as np

GOAL = 0.97
MOST_EPOCHS = 100


def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X and labels to train on, X and labels held out; the file is the program's argument."""
    with np.load(sys.argv[1]) as file:
        X, y = file["X"].astype(np.float32) / 16, file["y"].astype(np.int64)
    order = np.random.default_rng(0).permutation(len(X))
    train, held_out = order[len(X) // 5 :], order[: len(X) // 5]
    return X[train], y[train], X[held_out], y[held_out]


def report(epochs: int, accuracy: float) -> None:
    """Say what was reached; a program that did not reach the goal fails."""
    print(epochs, accuracy)
    sys.exit(accuracy < GOAL)
