"""Results as a page of the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.report.plot import draw
from benchmarks.report.table import cells, columns_of, footnotes, legend, number

__all__ = ["write"]

INTRODUCTION = """# Performance

This page is written by `python -m benchmarks --write-docs`; do not edit it by hand.

Times are medians of interleaved rounds: every contestant once a round, in one process pinned to as many cores
as it has threads. A step is gather, forward, cost, backward and update of one batch, with its share of the
epoch's shuffle. Before anything is timed, one step of each peer is compared with cbp's, parameter by
parameter; footnotes name those that compute something else. *products* is the step's matrix products alone
through NumPy's BLAS. *FMA floor* is the time these products would take at the peak of multiply-adds, measured
between the samples of the same run. *best peer* is the quickest one's time over cbp's; *of peak* is the floor
over cbp's time. [Where the time goes](where-the-time-goes.md) says what a step is spent on.
"""


def write(results: dict[str, Any], folder: Path) -> Path:
    """Write ``performance.md``, and ``performance.svg`` if matplotlib is installed, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [INTRODUCTION, _machine(results["machine"], results["clock"])]
    if draw(results, folder / "performance.svg"):
        parts.append("![time of each peer, and fraction of the peak](performance.svg)")
    parts += ["\n".join(f"- {line}" for line in legend(results))]
    for run in results["runs"]:
        parts += _run(run)
    parts += [_processes(results[name], title) for name, title in PROCESSES.items() if name in results]
    page = folder / "performance.md"
    page.write_text("\n\n".join(part.strip() for part in parts if part) + "\n")
    return page


PROCESSES = {
    "imports": 'Import (`python -c "import …"`)',
    "startup": "From the start of Python to 97 % of the held-out digits",
}


def _machine(machine: dict[str, Any], clock: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    timed = "wall time" if clock == "wall" else "processor time, on a machine that others used too"
    hardware = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
    return f"{machine['date']}; {hardware}; {versions}; {timed}."


def _run(run: dict[str, Any]) -> list[str]:
    threads = f"{run['threads']} thread{'s' * (run['threads'] > 1)}"
    parts = []
    if rows := run["training"]:
        peak = max(row["peak"] for row in rows) / 1e9
        parts.append(f"## Training, {run['dtype']}, {threads}\n\nPeak {peak:.1f} GFLOP/s; copy "
                     f"{run['bandwidth'] / 1e9:.1f} GB/s. µs a step:")  # fmt: skip
        columns = columns_of(rows)
        head = ["", *columns, "FMA floor", "best peer", "of peak"]
        parts.append(_table(head, [[row["workload"]["name"], *cells(row, columns)] for row in rows]))
        parts.append("\n".join(f"- {note}" for note in footnotes(rows)))
    if cases := run.get("inference"):
        columns = columns_of(cases)
        head = ["", *columns, "FMA floor", "best peer", "of peak"]
        body = [[f"{case['network']}, {case['samples']} at once", *cells(case, columns)] for case in cases]
        parts.append(f"## Inference, {run['dtype']}, {threads}\n\nµs a call:\n\n{_table(head, body)}")
    if "optimizers" in run:
        head = ["", "sgd", "momentum", "adam"]
        body = [[name, *(number(times[o]["median"]) for o in head[1:])] for name, times in run["optimizers"].items()]
        parts.append(f"## Optimisers on mnist, {run['dtype']}, {threads}\n\nµs a step:\n\n{_table(head, body)}")
    return parts


def _processes(times: dict[str, Any], title: str) -> str:
    body = [[name, number(of["median"]), str(of.get("epochs", ""))] for name, of in times.items()]
    return f"## {title}\n\n{_table(['', 'ms', 'epochs'], body)}"


def _table(head: list[str], body: list[list[str]]) -> str:
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *body])
