"""Inference: one small sample, where calling is what costs, and a batch, where computing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.agreement import check_predictions
from benchmarks.peers.names import peer_class
from benchmarks.peers.peer import Unsupported
from benchmarks.task import Task
from benchmarks.workloads import find
from cbp.timing.floor import Floor
from cbp.timing.problems import problem
from cbp.timing.rounds import interleaved, summary

__all__ = ["measure_inference"]

# (workload whose network is asked, samples): one sample is a vector, not a matrix of one row
CASES = (("iris", None), ("mnist", 1000))


def measure_inference(task: Task, floor: Floor) -> list[dict[str, Any]]:
    """Time a prediction of every peer that has one, once all have been compared with cbp's.

    Returns
    -------
    list of dict
        For each case the network, the number of samples, and times in µs a call.
    """
    return [_measure(name, samples, task, floor) for name, samples in CASES]


def _measure(name: str, samples: int | None, task: Task, floor: Floor) -> dict[str, Any]:
    (workload,) = find(name)
    drawn = problem(workload, task.dtype, threads=task.threads)
    X = drawn.X[0] if samples is None else drawn.X[:samples]
    predictors: dict[str, Callable[[], object]] = {}
    for peer in task.peers:
        try:
            predictors[peer] = peer_class(peer)(drawn).predictor(X)
        except Unsupported:
            continue
        check_predictions(peer, predictors[peer](), predictors["cbp"](), task.dtype)
    peaks: list[float] = []
    contestants = {peer: _repeated(predict) for peer, predict in predictors.items()}
    times = interleaved(contestants, task.rounds, task.seconds, lambda: peaks.append(floor.flops()), task.clock)
    flops = sum(2 * (samples or 1) * I * O for I, O in zip(workload.sizes, workload.sizes[1:], strict=False))
    return {
        "network": workload.summary.partition(",")[0],
        "samples": samples or 1,
        "flops": flops,
        "peak": max(peaks),
        "times": {peer: summary(t) for peer, t in times.items()},
    }


def _repeated(predict: Callable[[], object]) -> Callable[[int], None]:
    def run(count: int) -> None:
        for _ in range(count):
            predict()

    return run
