"""Nielsen's network, twice: as he wrote the algorithm down, in NumPy, and with cbp.

Chapter 1 of Michael Nielsen's "Neural Networks and Deep Learning" trains a 784-30-10 network of logistic units
with the quadratic cost, batches of 10 and η = 3. This trains it on any folder of 28x28 IDX images, such as
MNIST or Fashion-MNIST (Debian: ``apt install dataset-fashion-mnist``), once with the plain NumPy version of the
algorithm below and once with cbp, from the same kind of start, for several seeds, and compares the curves of
held-out accuracy.

    python examples/nielsen.py /usr/share/datasets/fashion-mnist --epochs 10 --seeds 3
"""

import argparse
import time
from itertools import pairwise
from typing import Any

import numpy as np

import cbp
from cbp import data

ETA, BATCH = 3.0, 10


def logistic(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


class Plain:
    """The algorithm of the book, a batch at a time, vectorised over the samples of a batch."""

    def __init__(self, sizes: list[int], seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.W = [self.rng.standard_normal((n, m)) for m, n in pairwise(sizes)]
        self.b = [self.rng.standard_normal(n) for n in sizes[1:]]

    def predict(self, X: Any) -> Any:
        a = X
        for W, b in zip(self.W, self.b, strict=True):
            a = logistic(a @ W.T + b)
        return a

    def epoch(self, X: Any, targets: Any) -> None:
        order = self.rng.permutation(len(X))
        for start in range(0, len(X), BATCH):
            batch = order[start : start + BATCH]
            self.step(X[batch], targets[batch])

    def step(self, X: Any, targets: Any) -> None:
        activations = [X]
        for W, b in zip(self.W, self.b, strict=True):
            activations.append(logistic(activations[-1] @ W.T + b))
        a = activations[-1]
        delta = (a - targets) * a * (1 - a)
        for i in range(len(self.W) - 1, -1, -1):
            a = activations[i]
            below = delta @ self.W[i] * a * (1 - a)
            self.W[i] -= ETA / len(X) * delta.T @ a
            self.b[i] -= ETA / len(X) * delta.sum(axis=0)
            delta = below


def nielsens_start(sizes: list[int], seed: int) -> cbp.Network:
    """A cbp network with the book's first initialisation: every weight and bias from N(0, 1)."""
    net = cbp.Network(sizes, activation="logistic", cost="quadratic", init=cbp.initializers.Normal(std=1), seed=seed)
    rng = np.random.default_rng(seed + 1)
    for l in net.b:
        net.b[l] = rng.standard_normal(net.b[l].shape)
    return net


def accuracy(outputs: Any, labels: Any) -> float:
    return float((outputs.argmax(axis=1) == labels).mean())


def curve_of_plain(sizes: list[int], train: Any, test: Any, epochs: int, seed: int) -> list[float]:
    X, targets = train.X.astype(np.float64), np.eye(sizes[-1])[train.targets]
    net, curve = Plain(sizes, seed), []
    for _ in range(epochs):
        net.epoch(X, targets)
        curve.append(accuracy(net.predict(test.X), test.targets))
    return curve


def curve_of_cbp(sizes: list[int], train: Any, test: Any, epochs: int, seed: int) -> list[float]:
    net = nielsens_start(sizes, seed)
    history = net.fit(
        train.X,
        train.targets,
        epochs=epochs,
        batch_size=BATCH,
        optimizer=cbp.SGD(lr=ETA),
        validation=(test.X, test.targets),
    )
    return list(history["validation_accuracy"])


def verdict(plain: Any, compiled: Any) -> str:
    """Compare the curves' means, one a seed, with how much they differ from seed to seed."""
    a, b = plain.mean(axis=1), compiled.mean(axis=1)
    difference = b.mean() - a.mean()
    noise = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
    return (
        f"cbp - NumPy, mean of the whole curve: {difference:+.2%}; standard error by the seeds: {noise:.2%}\n"
        f"the curves {'agree' if abs(difference) < 3 * noise else 'differ'}: they are "
        f"{abs(difference) / noise:.1f} standard errors apart, and 3 would be a difference"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", help="a folder of IDX files: train-images-idx3-ubyte[.gz] and so on")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plot", metavar="PNG", help="draw the curves (needs matplotlib)")
    args = parser.parse_args()

    train, test = data.load(args.folder).train_and_test()
    sizes = [train.X.shape[1], 30, len(train.class_names)]
    curves = {}
    for name, run in (("NumPy", curve_of_plain), ("cbp", curve_of_cbp)):
        began = time.perf_counter()
        curves[name] = np.array([run(sizes, train, test, args.epochs, seed) for seed in range(args.seeds)])
        print(f"{name}: {time.perf_counter() - began:.1f} s for {args.seeds} runs of {args.epochs} epochs")

    print("epoch   NumPy (least to most)       cbp (least to most)")
    for e in range(args.epochs):
        row = [f"{c[:, e].mean():.2%} ({c[:, e].min():.2%} to {c[:, e].max():.2%})" for c in curves.values()]
        print(f"{e + 1:5d}   {'   '.join(row)}")
    if args.seeds > 1:
        print(verdict(*curves.values()))
    if args.plot:
        draw(curves, args.plot)


def draw(curves: dict[str, Any], path: str) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for (name, runs), colour in zip(curves.items(), ("tab:orange", "tab:blue"), strict=True):
        epochs = np.arange(1, runs.shape[1] + 1)
        axes.plot(epochs, runs.mean(axis=0), color=colour, label=f"{name}, mean of {len(runs)} seeds")
        axes.fill_between(epochs, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.2)
    axes.set(
        xlabel="epoch",
        ylabel="held-out accuracy",
        title="784-30-10, logistic, quadratic cost, batch 10, η = 3",
    )
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
