"""Results as a picture: how far the best peer is behind, and how far the floor is ahead."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.report.ratios import NOT_PEERS, median, share_of_peak
from benchmarks.report.table import columns_of

__all__ = ["draw"]


def draw(results: dict[str, Any], path: Path) -> bool:
    """Draw one row of two charts for each run into `path`; False if matplotlib is not installed."""
    runs = [run for run in results["runs"] if run["training"]]
    if not runs or find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6 * len(runs)), layout="constrained")
    for run, (left, right) in zip(runs, figure.subplots(len(runs), 2, squeeze=False), strict=True):
        title = f"{run['dtype']}, {run['threads']} thread{'s' * (run['threads'] > 1)}"
        _ratios(left, run["training"], title)
        _shares(right, run["training"], title)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return True


def _grouped(axes: Any, rows: list[dict[str, Any]], heights: dict[str, list[float]]) -> None:
    """Bars side by side: a group a workload, a colour a contestant."""
    width = 0.8 / max(1, len(heights))
    for i, (name, values) in enumerate(heights.items()):
        places = [x + (i - (len(heights) - 1) / 2) * width for x in range(len(rows))]
        axes.bar(places, values, width, label=name)
    axes.set_xticks(range(len(rows)), [row["workload"]["name"] for row in rows])
    axes.legend(fontsize="small")


def _ratios(axes: Any, rows: list[dict[str, Any]], title: str) -> None:
    peers = [name for name in columns_of(rows) if name not in NOT_PEERS]
    nothing = float("nan")
    _grouped(axes, rows, {
        name: [median(row["times"], name) / median(row["times"], "cbp") if name in row["times"] else nothing
               for row in rows]
        for name in peers
    })  # fmt: skip
    axes.set_yscale("log")
    axes.axhline(1, color="black", linewidth=1)
    axes.set_title(f"{title}: time of each peer, cbp = 1")


def _shares(axes: Any, rows: list[dict[str, Any]], title: str) -> None:
    nothing = float("nan")
    _grouped(axes, rows, {
        name: [share_of_peak(row, name) if name in row["times"] else nothing for row in rows]
        for name in columns_of(rows)
    })  # fmt: skip
    axes.set_ylim(0, 1)
    axes.set_title(f"{title}: fraction of the multiply-add peak")
