"""The process that measures: started with its environment set, it reads a task and writes results, both JSON.

python -m benchmarks.pinned task.json results.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.pinning import pin


def main(task_file: Path, results_file: Path) -> None:
    """Measure what the task says; each row of training is reported as soon as it is there."""
    asked = json.loads(task_file.read_text())
    cores = pin(asked["threads"])
    # Only now: these import NumPy, which counts the cores it may use.
    from benchmarks.inference import measure_inference
    from benchmarks.report.table import training_row
    from benchmarks.task import Task
    from benchmarks.training import measure_optimizers, measure_training
    from cbp.timing.floor import Floor

    task = Task.from_dict(asked)
    floor = Floor(task.dtype, task.threads)
    results: dict[str, Any] = {
        "threads": task.threads,
        "dtype": task.dtype,
        "cores": cores,
        "bandwidth": floor.bandwidth(),
        "training": [],
    }
    if "training" in task.measure:
        for workload in task.workloads:
            row = measure_training(workload, task, floor)
            results["training"].append(row)
            print(training_row(row), file=sys.stderr, flush=True)
    if "inference" in task.measure:
        results["inference"] = measure_inference(task, floor)
    if "optimizers" in task.measure:
        results["optimizers"] = measure_optimizers(task, floor)
    results_file.write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
