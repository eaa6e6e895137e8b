"""How fast cbp is on this machine: training steps and single predictions, with the floor in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from .floor import Floor
from .problems import Problem, problem
from .rounds import interleaved
from .training import Training
from .workloads import Workload

__all__ = ["Speed", "measure"]


@dataclass(frozen=True)
class Speed:
    """What was measured of one workload.

    Attributes
    ----------
    workload : Workload
    step : float
        Seconds a training step.
    prediction : float
        Seconds of ``net.predict(x)`` for one sample.
    peak : float
        Additions and multiplications a second at best, in the same run.
    """

    workload: Workload
    step: float
    prediction: float
    peak: float

    @property
    def samples(self) -> float:
        """Samples trained on a second."""
        return self.workload.batch / self.step

    @property
    def flops(self) -> float:
        """Additions and multiplications of the step's products, a second."""
        return self.workload.flops / self.step


def measure(workloads: Sequence[Workload], dtype: str, rounds: int, seconds: float) -> list[Speed]:
    """Time them all, in one thread: `rounds` interleaved samples of `seconds` each, of which the medians count.

    Raises
    ------
    ValueError, TypeError
        cbp has no such network.
    """
    problems = [problem(workload, dtype) for workload in workloads]
    contestants: dict[str, Callable[[int], object]] = {}
    for i, drawn in enumerate(problems):
        training = Training(drawn)
        contestants[f"train {i}"], contestants[f"predict {i}"] = training.train, _predicting(training, drawn)
    floor, peaks = Floor(dtype, 1), list[float]()
    times = interleaved(contestants, rounds, seconds, lambda: peaks.append(floor.flops()), "wall")
    return [
        Speed(each.workload, median(times[f"train {i}"]) / each.steps, median(times[f"predict {i}"]), max(peaks))
        for i, each in enumerate(problems)
    ]


def _predicting(training: Training, drawn: Problem) -> Callable[[int], None]:
    net, x = training.net, drawn.X[0]

    def run(count: int) -> None:
        for _ in range(count):
            net.predict(x)

    return run
