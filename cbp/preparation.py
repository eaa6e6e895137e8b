"""What lies between data and a network: columns, scaling, and what the outputs stand for.

A network computes with numbers around 0 and answers with numbers; the data has named columns in units of
their own, and classes with names. `Preparation` is the way there and back. It is learned from the training
samples, kept with the model (``net.extra``), and used again for every prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .data import DataError, Dataset, InFile, Scaling, Task
from .files import ModelError
from .scores import ClassScore, NumberScore, Score

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Preparation"]

TASKS = ("classification", "regression", None)


@dataclass(frozen=True, eq=False)
class Preparation:
    """How samples become a network's inputs, and its outputs become answers.

    Attributes
    ----------
    task : "classification", "regression", or None
        None for a network that was saved without a preparation.
    feature_names : tuple of N_1 str
    class_names : tuple of N_L str
        Empty for regression.
    target_names : tuple of str
    features, targets : Scaling or None
        Of the N_1 inputs, and (regression) of the N_L outputs; None where the numbers are used as they are.

    Examples
    --------
    >>> net = cbp.load("iris.safetensors")
    >>> Preparation.of(net).predict(net, [[5.1, 3.5, 1.4, 0.2]])
    array(['setosa'], dtype='<U10')
    """

    task: Task | None = None
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    features: Scaling | None = None
    targets: Scaling | None = None

    @classmethod
    def fit(cls, data: Dataset, *, features: bool, targets: bool) -> Self:
        """Learn it from the training samples, which need not be scaled.

        Parameters
        ----------
        data : Dataset
            The training samples alone: what is held out must not be looked at.
        features, targets : bool
            Whether to standardise X, and the targets (regression only).
        """
        return cls(
            data.task,
            data.feature_names,
            data.class_names,
            data.target_names,
            Scaling.fit(data.X) if features else None,
            Scaling.fit(data.targets) if targets else None,
        )

    @classmethod
    def of(cls, net: Network) -> Self:
        """The preparation that `net` was saved with; one that changes nothing if there was none.

        Raises
        ------
        ModelError
            What was saved does not fit the network.
        """
        try:
            scaling = net.extra.get("scaling") or {}
            found = cls(
                net.extra.get("task"),
                _names(net.extra, "feature_names"),
                _names(net.extra, "class_names"),
                _names(net.extra, "target_names"),
                _scaling(scaling, "features"),
                _scaling(scaling, "targets"),
            )
        except (DataError, TypeError, AttributeError) as damage:
            raise _damaged(str(damage)) from damage
        found._check(net.sizes[0], net.sizes[-1])
        return found

    def to_json(self) -> dict[str, Any]:
        """What `of` reads, for ``net.save(path, extra=...)``."""
        return {
            "task": self.task,
            "feature_names": list(self.feature_names),
            "class_names": list(self.class_names),
            "target_names": list(self.target_names),
            "scaling": {
                "features": self.features and self.features.to_json(),
                "targets": self.targets and self.targets.to_json(),
            },
        }

    def applied(self, data: Dataset) -> Dataset:
        """`data` as the network takes it, without its test part."""
        X = data.X if self.features is None else self.features.apply(data.X)
        targets = data.targets if self.targets is None else self.targets.apply(data.targets)
        return replace(data, X=X, targets=targets, test=None)

    def outputs(self, net: Network, X: ArrayLike) -> np.ndarray:
        """The network's outputs for samples as the data has them.

        Parameters
        ----------
        net : Network
        X : (n, N_1) or (N_1,) array_like

        Returns
        -------
        (n, N_L) or (N_L,) array
            a^L; for regression in the unit of the targets.
        """
        if isinstance(X, InFile):
            return np.concatenate([self.outputs(net, X[block]) for block in X.blocks()])
        outputs = net.predict(X if self.features is None else self.features.apply(np.asarray(X)))
        return outputs if self.targets is None else self.targets.inverse(outputs)

    def predict(self, net: Network, X: ArrayLike) -> np.ndarray:
        """The answers: the names of the classes with the largest output, or the numbers of `outputs`.

        Parameters
        ----------
        net : Network
        X : (n, N_1) or (N_1,) array_like

        Returns
        -------
        (n,) array of str, or (n, N_L) array; one of these for a 1-D sample
        """
        outputs = self.outputs(net, X)
        return np.array(self.class_names)[outputs.argmax(axis=-1)] if self.class_names else outputs

    def named_outputs(self, count: int) -> tuple[str, ...]:
        """A name for each of `count` predicted numbers: those of the targets, or y1, y2, …."""
        known = len(self.target_names) == count
        return self.target_names if known else tuple(f"y{j}" for j in range(1, count + 1))

    def score(self, net: Network, data: Dataset) -> Score:
        """Compare the network's outputs with the targets of `data`, in the data's own units."""
        outputs = self.outputs(net, data.X)
        of = ClassScore.of if data.class_names else NumberScore.of
        return of(outputs, data.targets)

    def _check(self, n_in: int, n_out: int) -> None:
        lengths = {
            "feature names": (self.feature_names, n_in),
            "class names": (self.class_names, n_out),
            "scaled features": (() if self.features is None else self.features.shift, n_in),
            "scaled targets": (() if self.targets is None else self.targets.shift, n_out),
        }
        for what, (values, expected) in lengths.items():
            if len(values) not in (0, expected):
                raise _damaged(f"{len(values)} {what}, not {expected}")
        if self.task not in TASKS or bool(self.class_names) != (self.task == "classification"):
            raise _damaged(f"the task is {self.task!r}")


def _damaged(why: str) -> ModelError:
    return ModelError(f"what it says of its data is damaged: {why}")


def _names(extra: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names: Sequence[Any] = extra.get(key) or ()
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{key}: expected a list of names, got {names!r:.80}")
    return tuple(names)


def _scaling(stored: Mapping[str, Any], key: str) -> Scaling | None:
    return None if stored.get(key) is None else Scaling.from_json(stored[key])
