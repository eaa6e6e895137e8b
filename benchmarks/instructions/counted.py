"""The process that valgrind runs: each case once to load and make what it needs, and once more, counted.

valgrind --tool=callgrind --instr-atstart=no python -m benchmarks.instructions.counted requests.so
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import replace

from benchmarks.instructions.cases import CASES, Case
from benchmarks.workloads import find
from cbp.timing.problems import problem
from cbp.timing.training import Training

__all__: list[str] = []


def main(library: str) -> None:
    """Run every case; callgrind writes a dump for each, named as the case."""
    requests = ctypes.CDLL(library)
    for case in CASES:
        run = prepared(case)
        if case.times > 1:  # else it is too large for what is done once to show
            run()
        requests.start()
        run()
        requests.stop(case.name.encode())


def prepared(case: Case) -> Callable[[], object]:
    """A call that does what the case counts, so many times."""
    (workload,) = find(case.workload)
    workload = replace(workload, batch=case.batch or workload.batch)
    drawn = problem(workload, "float32", steps=case.times, optimizer=case.optimizer)
    training = Training(drawn)
    if not case.predicts:
        return lambda: training.train(1)
    net, x = training.net, drawn.X[0]
    return lambda: [net.predict(x) for _ in range(case.times)]


if __name__ == "__main__":
    main(sys.argv[1])
