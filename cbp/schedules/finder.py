"""A learning rate to begin with: steps whose rate rises until the cost does (Smith 2017, section 3.3)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..callbacks.callback import Callback
from ..callbacks.not_finite import TerminateOnNonFinite
from ..constants import check_positive
from ..inputs import as_whole
from .schedule import Schedule, When

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..network import Network
    from ..training.run import Run

__all__ = ["FoundRate", "find_learning_rate"]

DIVERGED = 4  # times the least cost: a cost beyond it ends the search
WIDTH = 0.1  # of the window of the means, in all steps
NOT_THERE = ("epochs", "schedule", "validation", "metrics", "train_metrics", "callbacks", "progress", "resume", "ema")


@dataclass(frozen=True, eq=False)
class FoundRate:
    """What `find_learning_rate` found.

    Attributes
    ----------
    rates : (k,) array
        The rate of each step, rising.
    costs : (k,) array
        The cost there, as a mean over neighbouring steps; of the first k steps, before the cost grew without bound.
    suggestion : float or None
        The rate where the cost falls fastest; None where it does not fall.
    """

    rates: np.ndarray
    costs: np.ndarray
    suggestion: float | None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it; see `cbp.plot.lr_finder`."""
        from ..plot import lr_finder

        return lr_finder(self, ax)


def find_learning_rate(
    net: Network,
    X: Any,
    targets: Any = None,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 200,
    **options: Any,
) -> FoundRate:
    """Train a copy of `net` while the learning rate rises from `low` to `high`, and see where the cost falls fastest.

    Parameters
    ----------
    net : Network
        It stays as it is.
    X, targets
        As `Network.fit` takes them.
    low, high : float
        The rate of the first step and the last.
    steps : int
        How many, at equal ratios of the rate; fewer where the cost grows to several times its least.
    **options
        Of `Network.fit`: ``optimizer=``, whose own rate does not matter, ``batch_size=``, ``seed=``, ``dropout=``, ...

    Returns
    -------
    FoundRate
        With ``.suggestion``, a rate to begin with, and ``.plot()``.

    Raises
    ------
    ValueError, TypeError
        As `Network.fit`; an option of it that means nothing here; or an optimiser without a rate.

    Examples
    --------
    >>> found = cbp.schedules.find_learning_rate(net, X, targets, optimizer="adam")
    >>> net.fit(X, targets, optimizer=cbp.Adam(lr=found.suggestion))
    """
    from ..registry.made import optimizer

    check_positive(low=low, high=high)
    if not high > low:
        raise ValueError(f"high: expected a rate above low = {low:g}, got {high:g}")
    as_whole(steps, "steps", 10)
    if unwanted := [name for name in NOT_THERE if name in options]:
        raise TypeError(f"{unwanted[0]}: a search for the learning rate takes none")
    made = optimizer(options.pop("optimizer", "sgd"))
    if isinstance(getattr(made, "lr", None), Schedule):
        made = dataclasses.replace(made, lr=low)  # type: ignore[type-var]
    seen = _Costs(steps)
    rising = _Rising(lr=low, ratio=(high / low) ** (1 / (steps - 1)))
    end = TerminateOnNonFinite()
    copy.copy(net).fit(X, targets, epochs=steps, optimizer=made, schedule=rising, callbacks=[seen, end], **options)
    if not seen.costs:
        raise FloatingPointError(
            "the cost of the first batch is not finite, whatever the learning rate: scale the data"
        )
    costs = _means(np.array(seen.costs), max(3, round(WIDTH * steps)))
    rates = np.array(seen.rates)
    return FoundRate(rates, costs, _steepest(rates, costs, np.array(seen.costs)))


@dataclass(frozen=True, kw_only=True)
class _Rising(Schedule):
    ratio: float = 1.0

    def rates(self, lr: float, when: When, state: Mapping[str, Any]) -> np.ndarray:
        """As `Schedule.rates`."""
        return lr * self.ratio ** when.steps.astype(np.float64)


class _Costs(Callback):
    """Remember each step's rate and cost, and end where the cost has grown."""

    def __init__(self, steps: int) -> None:
        self._steps, self._mean, self._least = steps, 0.0, np.inf
        self.rates: list[float] = []
        self.costs: list[float] = []

    def on_batch_end(self, run: Run) -> None:
        """Look at the step."""
        self.rates.append(run.rate)
        self.costs.append(run.batch_cost)
        k = len(self.costs)
        self._mean += (run.batch_cost - self._mean) / min(k, 5)
        self._least = min(self._least, self._mean)
        if k == self._steps or (k > 5 and self._mean > DIVERGED * self._least):
            run.stop("the search has ended")


def _means(costs: np.ndarray, width: int) -> np.ndarray:
    """The mean of each cost and its neighbours, the nearer the more; at the ends of those that there are."""
    window = np.hanning(2 * (width // 2) + 3)[1:-1]
    half = len(window) // 2
    total, weight = (np.convolve(x, window)[half : half + len(costs)] for x in (costs, np.ones_like(costs)))
    return np.asarray(total / weight)


def _steepest(rates: np.ndarray, means: np.ndarray, costs: np.ndarray) -> float | None:
    """The rate where the mean falls fastest, on its way to the least; None where it falls by no more than the noise."""
    least = int(means.argmin())
    falls = means[: least + 1]
    noise = float(np.std(costs[: least + 1] - falls))
    if least < 2 or falls[0] - falls[-1] <= noise:
        return None
    return float(rates[np.gradient(falls, np.log(rates[: least + 1])).argmin()])
