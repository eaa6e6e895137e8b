"""Every picture of cbp.plot, of networks trained on the digits and on two half moons.

    python examples/pictures.py pictures

writes them as PNG files into the folder `pictures`. Those of docs/pictures.md were made so, by

    python examples/pictures.py docs/pictures
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

import cbp
from cbp import data, plot

DPI = 72  # keeps the files small


def digits() -> tuple[cbp.Network, Any, Any]:
    """A network that reads handwritten digits, its history, and digits it has not seen."""
    train, test = data.load("digits").split(0.2, seed=0)
    net = cbp.Network([64, 24, 10], activation="relu", cost="cross_entropy", seed=1)
    history = net.fit(train.X, train.targets, epochs=60, optimizer=cbp.Adam(lr=5e-3), validation=(test.X, test.targets))
    return net, history, test


def moons(samples: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Two half moons, one in the other's arms: (n, 2) samples, and their labels 0 and 1."""
    rng = np.random.default_rng(0)
    t = rng.uniform(0, np.pi, samples)
    labels = np.arange(samples) % 2
    X = np.column_stack([np.cos(t), np.sin(t)])
    X[labels == 1] = [1.0, 0.4] - X[labels == 1]
    return X + rng.normal(0, 0.12, X.shape), labels


def save(folder: Path, name: str, drawn: Any) -> None:
    """Write the figure of some axes, or of an array of them."""
    np.ravel(drawn)[0].figure.savefig(folder / f"{name}.png", dpi=DPI, pil_kwargs={"optimize": True})
    print(folder / f"{name}.png")


def main(folder: Path) -> None:
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)

    small = cbp.Network([3, 4, 2], activation="logistic", seed=2)
    save(folder, "schematic", plot.schematic(small))
    save(folder, "layer", plot.layer_schematic([3, 2], 2))

    net, history, test = digits()
    save(folder, "learning_curves", history.plot())
    save(folder, "digits", plot.schematic(net, most=4))
    save(folder, "weights", plot.weight_images(net, (8, 8)))
    save(folder, "confusion", plot.confusion_matrix(test.targets, net.predict(test.X), test.class_names))
    save(folder, "activations", plot.activation_histograms(net, test.X))
    save(folder, "gradients", plot.gradient_histograms(net, test.X, test.targets))
    for found in plot.flatness(net, test.X).values():
        print(found)

    X, labels = moons()
    net = cbp.Network([2, 16, 16, 1], activation="tanh", cost="binary_cross_entropy", seed=0)
    net.fit(X, labels, epochs=200, optimizer=cbp.Adam(lr=0.01))
    save(folder, "boundary", plot.decision_boundary(net, X, labels))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
