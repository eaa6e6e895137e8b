"""The confusion matrix: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .canvas import axes_for, extent
from .colours import contrast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ["confusion_matrix"]

MOST = 25  # classes that can be named along an axis
LETTER = 8.0  # points of a name's letter
LARGEST, LEGIBLE = 9.0, 4.5  # points of a count's digits


def confusion_matrix(
    targets: ArrayLike, predicted: ArrayLike, class_names: Sequence[str] = (), *, ax: Axes | None = None
) -> Axes:
    """Draw how many samples of each class (rows) were taken for which class (columns).

    A square is as dark as its part of its row: the diagonal of a good classifier is dark, whatever the classes' sizes.

    Parameters
    ----------
    targets : (n,) array_like
        The right classes: labels 0 .. k-1 or names.
    predicted : (n, k) or (n,) array_like
        A network's outputs, the largest of which counts; or the classes it predicted.
    class_names : sequence of k str, optional
        What the labels stand for.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        There are no samples, their numbers differ, or a label has no name.
    """
    names, counts = _counted(np.asarray(targets), np.asarray(predicted), list(class_names))
    k = len(names)
    side = min(max(3.2, 1.6 + 0.5 * k), 9.0)
    ax = axes_for(ax, (side + 1.0, side), image=True)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(share, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    right, total = int(counts.trace()), int(counts.sum())
    ax.set(xlabel="predicted", ylabel="class", title=f"{right / total:.1%} right ({right:,} of {total:,})")
    _ticks(ax, names)
    ax.grid(visible=False)
    size = min(LARGEST, 0.35 * min(extent(ax)) / k)
    if size >= LEGIBLE:
        _write(ax, image, counts, share, size)
    ax.figure.colorbar(image, ax=ax, label="part of the class", format="{x:.0%}", shrink=0.8)
    return ax


def _counted(targets: np.ndarray, predicted: np.ndarray, names: list[str]) -> tuple[list[str], np.ndarray]:
    """The classes' names, and the (k, k) matrix."""
    if predicted.ndim == 2:
        names = names or [str(label) for label in range(predicted.shape[1])]
        predicted = predicted.argmax(axis=1)
    if targets.ndim != 1 or targets.shape != predicted.shape or not targets.size:
        raise ValueError(
            f"predicted: expected a class, or a row of outputs, for each of the targets (n,); got "
            f"{predicted.shape} for {targets.shape}"
        )
    both = np.concatenate([targets, predicted])
    if not names:
        names = [str(each) for each in np.unique(both).tolist()]
        numbers = np.unique(both, return_inverse=True)[1]
    else:
        numbers = both if both.dtype.kind in "iu" else _numbered(both, names)
    k = len(names)
    if numbers.min() < 0 or numbers.max() >= k:
        raise ValueError(f"class_names: expected a name for each label {numbers.min()} to {numbers.max()}, got {k}")
    pairs = numbers[: len(targets)] * k + numbers[len(targets) :]
    return names, np.bincount(pairs, minlength=k * k).reshape(k, k)


def _numbered(labels: np.ndarray, names: list[str]) -> np.ndarray:
    places = {name: place for place, name in enumerate(names)}
    for label in np.unique(labels).tolist():
        if label not in places:
            raise ValueError(f"class_names: expected every class that occurs, but {label!r} is not among them")
    return np.array([places[label] for label in labels.tolist()])


def _ticks(ax: Axes, names: list[str]) -> None:
    k = len(names)
    every = -(-k // MOST)
    shown = range(0, k, every)
    room = extent(ax)[0] / len(shown)
    slanted = LETTER * max(len(names[i]) for i in shown) > room
    slant: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    ax.set_xticks(shown, [names[i] for i in shown], parse_math=False, **slant)
    ax.set_yticks(shown, [names[i] for i in shown], parse_math=False)


def _write(ax: Axes, image: AxesImage, counts: np.ndarray, share: np.ndarray, size: float) -> None:
    """Each count in its square."""
    for (i, j), count in np.ndenumerate(counts):
        if count:
            colour = contrast(image.cmap(image.norm(share[i, j])))
            ax.text(j, i, f"{count:,}", ha="center", va="center", color=colour, fontsize=size)
