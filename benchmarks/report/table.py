"""Results as text."""

from __future__ import annotations

from typing import Any

from benchmarks.report.ratios import best_peer, floor_time, median, ratio, share_of_peak
from benchmarks.workloads import Workload

__all__ = ["COLUMNS", "as_text", "cells", "footnotes", "number", "training_row"]

COLUMNS = ("cbp", "cbp, 1 thread", "jax", "torch", "compile", "sklearn", "numpy", "products")


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: dict[str, Any], columns: tuple[str, ...]) -> list[str]:
    """µs of each column, the floor, the best peer's ratio and the share of the peak."""
    times = row["times"]
    shown = [number(median(times, name)) if name in times else "–" for name in columns]
    factor = ratio(times)
    best = f"{factor:.2f}× {best_peer(times)}" if factor else "–"
    return [*shown, number(floor_time(row)), best, f"{share_of_peak(row):.0%}"]


def training_row(row: dict[str, Any]) -> str:
    """One finished workload in one line, while the others still run."""
    times = "  ".join(f"{name} {number(median(row['times'], name))}" for name in COLUMNS if name in row["times"])
    return f"{row['workload']['name']:9} {times}  floor {number(floor_time(row))}  [{cells(row, ())[1]}]"


def columns_of(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The contestants that finished at least one of the rows."""
    return tuple(name for name in COLUMNS if any(name in row["times"] for row in rows))


def footnotes(rows: list[dict[str, Any]]) -> list[str]:
    """What peers compute in another way, and why they are missing."""
    said: dict[str, list[str]] = {}
    for row in rows:
        name = row["workload"]["name"]
        for peer, note in row["notes"].items():
            said.setdefault(f"{peer}: {note}", []).append(name)
        for peer, reason in row["missing"].items():
            said.setdefault(f"{peer} cannot: {reason}", []).append(name)
    return [note if len(names) == len(rows) else f"{note} ({', '.join(names)})" for note, names in said.items()]


def as_text(results: dict[str, Any]) -> str:
    """Everything that was measured."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    parts = [f"{machine['processor']}, {machine['cores']} cores, {machine['date']}; {versions}"]
    for run in results["runs"]:
        parts += _run(run, results["clock"])
    for name in ("imports", "startup"):
        if name in results:
            parts.append(_aligned([[name, "ms"], *([k, number(v["median"])] for k, v in results[name].items())]))
    return "\n\n".join(parts) + "\n"


def _run(run: dict[str, Any], clock: str) -> list[str]:
    parts, rows = [], run["training"]
    threads = f"{run['threads']} thread{'s' * (run['threads'] > 1)}"
    title = f"{run['dtype']}, {threads}, medians of {clock} time; copy {run['bandwidth'] / 1e9:.1f} GB/s"
    if rows:
        peak = max(row["peak"] for row in rows)
        columns = columns_of(rows)
        head = ["µs a step", *columns, "FMA floor", "best peer", "of peak"]
        body = [[row["workload"]["name"], *cells(row, columns)] for row in rows]
        parts.append(f"{title}; peak {peak / 1e9:.1f} GFLOP/s\n{_aligned([head, *body])}")
        parts += ["\n".join(footnotes(rows))] if footnotes(rows) else []
    for case in run.get("inference", []):
        columns = columns_of([case])
        head = ["µs a call", *columns, "FMA floor", "best peer", "of peak"]
        body = [[f"{case['network']}, {case['samples']}", *cells(case, columns)]]
        parts.append(f"{title}\n{_aligned([head, *body])}")
    if "optimizers" in run:
        head = ["mnist, µs a step", "sgd", "momentum", "adam"]
        body = [[name, *_beside_sgd(times)] for name, times in run["optimizers"].items()]
        parts.append(f"{title}\n{_aligned([head, *body])}")
    return parts


def _beside_sgd(times: dict[str, Any]) -> list[str]:
    plain = median(times, "sgd")
    more = [f"{number(median(times, o))} ({median(times, o) / plain - 1:+.0%})" for o in ("momentum", "adam")]
    return [number(plain), *more]


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def legend(results: dict[str, Any]) -> list[str]:
    """Each workload measured, once, in words."""
    seen = {row["workload"]["name"]: row["workload"] for run in results["runs"] for row in run["training"]}
    return [f"{name}: {Workload.from_dict(fields).summary}" for name, fields in seen.items()]
