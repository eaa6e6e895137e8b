"""``python -m benchmarks``: measure, print, save."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from benchmarks.machine import describe
from benchmarks.options import listing, parse
from benchmarks.peers.names import installed
from benchmarks.pinning import environment, pin
from benchmarks.processes import measure_imports, measure_startup
from benchmarks.report.page import write
from benchmarks.report.plot import draw
from benchmarks.report.table import as_text
from benchmarks.task import Task


def main() -> None:
    """Run what the command line asks for."""
    options = parse()
    if options.list:
        print(listing())
        return
    results = json.loads(options.read.read_text()) if options.read else measure(options)
    print(as_text(results), end="")
    if not options.read:
        save(results, options.json)
    if options.write_docs:
        print(f"wrote {write(results, ROOT / 'docs')}", file=sys.stderr)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All results: one pinned process for each number of threads and each dtype, then whole processes."""
    results: dict[str, Any] = {"machine": describe(), "clock": options.clock, "runs": []}
    if {"training", "inference", "optimizers"} & set(options.measure):
        results["runs"] = [
            in_pinned_process(task(options, threads, dtype)) for threads in options.threads for dtype in options.dtype
        ]
    pin(1)
    if "imports" in options.measure:
        results["imports"] = measure_imports(options.rounds, options.clock)
    if "startup" in options.measure:
        results["startup"] = measure_startup(options.rounds, options.clock)
    return results


def task(options: argparse.Namespace, threads: int, dtype: str) -> Task:
    """The part of the command line that one process does."""
    there = [name for name in options.peers if name != "cbp" and installed(name)]
    absent = [name for name in options.peers if not installed(name)]
    print(f"{dtype}, threads: {threads}; not installed: {', '.join(absent) or 'none'}", file=sys.stderr)
    return Task(
        dtype=dtype,
        threads=threads,
        workloads=options.workloads,
        peers=("cbp", *there),
        measure=tuple(options.measure),
        rounds=options.rounds,
        seconds=options.seconds,
        clock=options.clock,
    )


def in_pinned_process(work: Task) -> dict[str, Any]:
    """Start ``benchmarks.pinned`` in the environment that libraries read; it says itself what failed."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "task.json"), Path(folder, "results.json")
        asked.write_text(json.dumps(work.as_dict()))
        command = [sys.executable, "-m", "benchmarks.pinned", str(asked), str(answered)]
        done = subprocess.run(command, cwd=ROOT, env=environment(work.threads, work.dtype), check=False)
        if done.returncode:
            sys.exit(done.returncode)
        found: dict[str, Any] = json.loads(answered.read_text())
        return found


def save(results: dict[str, Any], path: Path) -> None:
    """Write results, table and, if matplotlib is installed, picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1))
    path.with_suffix(".txt").write_text(as_text(results))
    drawn = draw(results, path.with_suffix(".svg"))
    print(f"saved {path}, .txt{', .svg' * drawn}", file=sys.stderr)


if __name__ == "__main__":
    main()
