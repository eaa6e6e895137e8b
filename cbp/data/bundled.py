"""The data sets that come with the package; `sets/README.md` tells their origin and licence."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cbp.data.arrays import read_npz
from cbp.data.raw import Raw

__all__ = ["SETS", "read_bundled"]

FOLDER = Path(__file__).with_name("sets")


class _Set(NamedTuple):
    """How to read one npz of small whole numbers, and what they stand for."""

    unit: int  # the stored whole numbers count 1/unit
    image_shape: tuple[int, ...]  # empty for a table
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]  # in alphabetical order, the order of their labels
    about: str


SETS = {
    "digits": _Set(
        unit=16,
        image_shape=(8, 8),
        feature_names=tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
        class_names=tuple("0123456789"),
        about="Optical Recognition of Handwritten Digits (test part), E. Alpaydin and C. Kaynak, "
        "UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0; "
        "8 by 8 images, grey levels 0..16 read as 0..1",
    ),
    "iris": _Set(
        unit=10,
        image_shape=(),
        feature_names=(
            "sepal length (cm)",
            "sepal width (cm)",
            "petal length (cm)",
            "petal width (cm)",
        ),
        class_names=("setosa", "versicolor", "virginica"),
        about="Iris, R. A. Fisher, UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0",
    ),
}


def read_bundled(name: str) -> Raw:
    """Read one of `SETS`."""
    chosen = SETS[name]
    stored = read_npz(FOLDER / f"{name}.npz", with_targets=True)
    shape = chosen.image_shape or stored.X.shape[1:]
    return Raw(
        X=(stored.X / chosen.unit).reshape(-1, *shape),
        targets=[chosen.class_names[int(label)] for label in np.asarray(stored.targets)],
        feature_names=chosen.feature_names,
        target_names=("class",),
        about=chosen.about,
    )
