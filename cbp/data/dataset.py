"""A data set: samples, their targets, and what the numbers stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from cbp.data.errors import DataError
from cbp.data.floats import AnyArray, Floats, Labels
from cbp.data.in_file import InFile
from cbp.data.scaling import Scaling
from cbp.data.splitting import held_out_rows

__all__ = ["Dataset", "Task"]

Task: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples and targets, ready for ``net.fit(data.X, data.targets)``.

    Attributes
    ----------
    X : (n, N_1) float32 or float64, C-contiguous, finite
        One sample a row; an `InFile` where `load` was asked to leave them there.
    targets : (n,) int64 or (n, N_L) of X's dtype
        Class labels 0..k-1 (classification) or numbers (regression).
    feature_names : tuple of N_1 str
        Names of the columns of ``X``; x1, x2, … where the source names none.
    class_names : tuple of k str
        What the labels stand for; empty for regression.
    target_names : tuple of str
        Names of the target columns.
    name, about : str
        What the set is called; its origin, licence and how it was read.
    image_shape : tuple of int, or None
        (height, width, …) if the samples are images. Their grey levels are already within 0..1.
    test : Dataset, or None
        The source's own test part, where it has one (MNIST's t10k files, ``x_test`` in an npz).
    """

    X: Floats
    targets: Floats | Labels
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    name: str = ""
    about: str = ""
    image_shape: tuple[int, ...] | None = None
    test: Dataset | None = None

    def __post_init__(self) -> None:
        n, width = self.X.shape
        if n == 0 or width == 0:
            raise DataError(f"{self.name}: expected samples, got an empty array of {n} by {width}")
        if len(self.targets) != n:
            raise DataError(
                f"{self.name}: {n} samples but {len(self.targets)} targets: expected one target for each sample"
            )
        if self.test is not None and self.test.n_features != width:
            raise DataError(f"{self.name}: {width} features, but {self.test.n_features} in the test part")
        if len(self.feature_names) != width:
            raise DataError(f"{self.name}: {width} features, {len(self.feature_names)} names for them")

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        return f"<Dataset {self.name!r}: {self.summary}>"

    @property
    def task(self) -> Task:
        """``"classification"`` if the targets are class labels, else ``"regression"``."""
        return "classification" if self.class_names else "regression"

    @property
    def n_features(self) -> int:
        """N_1, the number of numbers in a sample."""
        return int(self.X.shape[1])

    @property
    def n_outputs(self) -> int:
        """N_L, the number of classes or of numbers to predict."""
        return len(self.class_names) or int(self.targets.shape[1])

    @property
    def summary(self) -> str:
        """``"1797 samples, 64 features, 10 classes"``."""
        kind = "classes" if self.class_names else "number to predict"
        kind = kind if self.class_names or self.n_outputs == 1 else "numbers to predict"
        features = "feature" if self.n_features == 1 else "features"
        return f"{len(self)} samples, {self.n_features} {features}, {self.n_outputs} {kind}"

    def split(self, fraction: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Hold out a random part: (train, held out), both in the order of the source.

        Parameters
        ----------
        fraction : float in (0, 1)
            The part to hold out. For classification it is taken of each class, and each class
            with two samples or more is in both parts; a class of one sample stays in train.
        seed : int
            The same seed gives the same parts.

        Raises
        ------
        DataError
            If there are too few samples to hold any out.
        """
        groups = self.targets if self.class_names else np.zeros(len(self), np.int64)
        held_out = held_out_rows(groups, fraction, seed)
        return self.take(~held_out), replace(self.take(held_out), test=None)

    def train_and_test(self, fraction: float = 0.2, seed: int = 0) -> tuple[Dataset, Dataset]:
        """(train, test): the source's own test part if it has one, else `split`."""
        if self.test is None:
            return self.split(fraction, seed)
        return replace(self, test=None), self.test

    def take(self, rows: AnyArray) -> Dataset:
        """The data set of these rows only: a boolean mask (n,) or indices."""
        X = self.X.part(rows) if isinstance(self.X, InFile) else self.X[rows]
        return replace(self, X=X, targets=self.targets[rows])

    def without(self, j: int) -> tuple[Dataset, Floats]:
        """The data set without column `j` of ``X`` and without its test part; and that column, (n,)."""
        names = self.feature_names[:j] + self.feature_names[j + 1 :]
        if isinstance(self.X, InFile):
            others = self.X.chosen([k for k in range(self.n_features) if k != j])
            return replace(self, X=others, feature_names=names, test=None), self.X.column(j)
        return replace(self, X=np.delete(self.X, j, axis=1), feature_names=names, test=None), self.X[:, j]

    def scaled(self, features: Scaling, targets: Scaling | None = None) -> Dataset:
        """The same data, test part too, with X (and regression targets) scaled.

        Learn the scaling from the training part alone, and keep it to predict with::

            train, held_out = data.split(0.2, seed=0)
            standard = Scaling.fit(train.X)
            train, held_out = train.scaled(standard), held_out.scaled(standard)

        Parameters
        ----------
        features : Scaling
            Of N_1 columns.
        targets : Scaling, optional
            Of N_L columns; for regression only.
        """
        if targets is not None and self.class_names:
            raise DataError(f"{self.name}: the targets are class labels; only numbers can be scaled")
        return replace(
            self,
            X=features.apply(self.X),
            targets=self.targets if targets is None else targets.apply(self.targets),
            test=None if self.test is None else self.test.scaled(features, targets),
        )
