"""A model whose weights are the running mean of those that take the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.memory import aligned
from ..network import Network

__all__ = ["Averaged"]


class Averaged:
    """Steps that are taken beside the model, which is given their mean.

    Where a fit goes on, so do they and their mean, if nobody has changed the model's weights since; else both begin
    with these.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Remembers the weights that take the steps, and their mean: a pickle has them, too.
    model : Network
        The estimator's.
    goes_on : bool
        Whether this fit goes on where the one before has ended.

    Attributes
    ----------
    net : Network
        Takes the steps.
    """

    def __init__(self, estimator: Any, model: Network, goes_on: bool) -> None:
        self._estimator, self._model = estimator, model
        begin, mean = getattr(estimator, "_averaged", (None, None)) if goes_on else (None, None)
        theta = aligned(model.n_parameters, model.dtype)
        theta[...] = begin if mean is not None and np.array_equal(mean, model.parameters) else model.parameters
        self.net = model._with(theta)

    def begin(self, mean: Any) -> None:
        """Let the vector that will hold the mean begin with what it is so far."""
        self._mean = mean
        mean[...] = self._model.parameters

    def show(self) -> None:
        """Some steps were taken: give the model their mean."""
        self._model.parameters[...] = self._mean
        self._estimator._averaged = self.net.parameters, self._mean
