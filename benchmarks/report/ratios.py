"""What the results mean: who is best beside cbp, by how much, and how far the floor is."""

from __future__ import annotations

from typing import Any

__all__ = ["NOT_PEERS", "best_peer", "floor_time", "ratio", "share_of_peak"]

# Contestants that do not train a network with the library's own best, so that no ratio is taken to them.
NOT_PEERS = ("cbp", "cbp, 1 thread", "products")


def median(times: dict[str, Any], name: str) -> float:
    """The median of the contestant called `name`."""
    return float(times[name]["median"])


def best_peer(times: dict[str, Any]) -> str | None:
    """The quickest peer, or None where cbp ran alone."""
    peers = [name for name in times if name not in NOT_PEERS]
    return min(peers, key=lambda name: median(times, name), default=None)


def ratio(times: dict[str, Any]) -> float | None:
    """How many times as long as cbp the best peer takes."""
    best = best_peer(times)
    return median(times, best) / median(times, "cbp") if best else None


def floor_time(row: dict[str, Any]) -> float:
    """µs that the row's products take at the peak of multiply-adds measured in between."""
    return 1e6 * float(row["flops"]) / float(row["peak"])


def share_of_peak(row: dict[str, Any], name: str = "cbp") -> float:
    """The fraction of that peak that the contestant reaches."""
    return floor_time(row) / median(row["times"], name)
