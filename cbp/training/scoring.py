"""What the history says of data after an epoch: its cost, and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..metrics import Metric, named
from .samples import Samples

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["Scoring", "scores_of"]


class Scoring:
    """Measures a network on held-out data, and on the training's own if asked.

    Parameters
    ----------
    held_out, training : Samples or None
    metrics
        As `cbp.metrics.named` takes them.
    threads : int
        At most so many share a pass.

    Raises
    ------
    ValueError, TypeError, ImportError
        Metrics without data to compute them on, or such as `cbp.metrics.named` does not take.
    """

    def __init__(self, held_out: Samples | None, training: Samples | None, metrics: Any, threads: int) -> None:
        self._held_out, self._training, self._metrics = held_out, training, named(metrics)
        self._threads = threads
        if self._metrics and held_out is None and training is None:
            raise ValueError(
                "metrics: expected validation data to compute them on; pass validation=, or train_metrics=True to "
                "compute them on the training's own"
            )

    def check(self, net: Network) -> None:
        """See that every metric that was asked for can be computed; ValueError and others if not."""
        if self._metrics:
            self.row(net)

    def row(self, net: Network) -> dict[str, float]:
        """The columns of an epoch."""
        row = {} if self._training is None else _metrics_of(net, self._training, self._metrics, self._threads)
        scores = {} if self._held_out is None else scores_of(net, self._held_out, self._metrics, self._threads)
        return row | {f"validation_{name}": value for name, value in scores.items()}


def scores_of(
    net: Network, samples: Samples, metrics: Mapping[str, Metric], threads: int | None = None
) -> dict[str, float]:
    """The mean cost of samples, their accuracy where they have labels, and metrics."""
    cost = np.average(samples.costs(net, threads).astype(np.float64), weights=samples.weights)
    return {"cost": float(cost), **_metrics_of(net, samples, metrics, threads)}


def _metrics_of(net: Network, samples: Samples, metrics: Mapping[str, Metric], threads: int | None) -> dict[str, float]:
    wanted = metrics if samples.labels is None else {**named("accuracy"), **metrics}
    if not wanted:
        return {}
    answers, values = samples.answers(net, threads), {}
    for name, metric in wanted.items():
        try:
            values[name] = metric(answers)
        except ValueError as error:
            raise ValueError(f"metrics: {name}: {error}") from error
    return values
