"""Training: microseconds a step of every peer, and with other optimisers than plain gradient descent."""

from __future__ import annotations

from typing import Any

from benchmarks.agreement import RATE, check_step, step_of
from benchmarks.peers.names import peer_class
from benchmarks.peers.peer import Peer, Unsupported
from benchmarks.task import Task
from benchmarks.workloads import Workload, find
from cbp.timing.floor import Floor
from cbp.timing.problems import Problem, problem
from cbp.timing.rounds import interleaved, summary

__all__ = ["measure_optimizers", "measure_training"]


def measure_training(workload: Workload, task: Task, floor: Floor) -> dict[str, Any]:
    """Time a step of every peer that can do `workload`, once one step of each has been compared with cbp's.

    Returns
    -------
    dict
        A row of the results: times in µs a step, the peak of multiply-adds in the same minutes, notes, and
        why peers are missing.
    """
    missing = _disagreeing_or_unable(workload, task)
    able = [name for name in task.peers if name not in missing]
    drawn = problem(workload, task.dtype, threads=task.threads)
    peers = {name: peer_class(name)(drawn) for name in able}
    if task.threads > 1 and peers["cbp"].threaded:
        peers["cbp, 1 thread"] = peer_class("cbp")(problem(workload, task.dtype))
    peaks: list[float] = []
    contestants = {name: peer.train for name, peer in peers.items()}
    times = interleaved(contestants, task.rounds, task.seconds, lambda: peaks.append(floor.flops()), task.clock)
    return {
        "workload": workload.as_dict(), "steps": drawn.steps, "flops": workload.flops, "peak": max(peaks),
        "times": {name: summary(samples, 1e-6 * drawn.steps) for name, samples in times.items()},
        "notes": {name: peer.note for name, peer in peers.items() if peer.note}, "missing": missing,
    }  # fmt: skip


def _disagreeing_or_unable(workload: Workload, task: Task) -> dict[str, str]:
    """Peers that cannot do `workload`, with the reason; one that computes something else stops the run."""
    one_step = problem(workload, task.dtype, steps=1, rate=RATE, threads=task.threads)
    of_cbp = step_of(peer_class("cbp"), one_step)
    missing = {}
    for name in task.peers:
        kind = peer_class(name)
        try:
            if not kind(one_step).note:
                check_step(name, step_of(kind, one_step), of_cbp, task.dtype)
        except Unsupported as reason:
            missing[name] = str(reason)
    return missing


def measure_optimizers(task: Task, floor: Floor) -> dict[str, Any]:
    """Time a step of mnist with plain gradient descent, momentum and Adam, by every peer that has all three.

    Returns
    -------
    dict
        Peer to optimiser to times in µs a step.
    """
    (workload,) = find("mnist")
    kinds = {name: peer_class(name) for name in task.peers}
    peers = {
        (name, optimizer): kind(problem(workload, task.dtype, threads=task.threads, optimizer=optimizer))
        for name, kind in kinds.items()
        if len(kind.optimizers) == 3
        for optimizer in kind.optimizers
    }
    for optimizer in ("momentum", "adam"):
        _check_optimizer(workload, optimizer, kinds)
    contestants = {" ".join(key): peer.train for key, peer in peers.items()}
    times = interleaved(contestants, task.rounds, task.seconds, floor.flops, task.clock)
    results: dict[str, Any] = {}
    for (name, optimizer), peer in peers.items():
        samples = times[f"{name} {optimizer}"]
        results.setdefault(name, {})[optimizer] = summary(samples, 1e-6 * peer.problem.steps)
    return results


def _check_optimizer(workload: Workload, optimizer: str, kinds: dict[str, type[Peer]]) -> None:
    """Compare a step, in double precision: Adam's first is g / |g|, and blows up the rounding of a small g."""
    rate = 0.01 if optimizer == "adam" else RATE
    one_step: Problem = problem(workload, "float64", steps=1, rate=rate, optimizer=optimizer)
    of_cbp = step_of(kinds["cbp"], one_step)
    for name, kind in kinds.items():
        if optimizer in kind.optimizers and not kind(one_step).note:
            check_step(name, step_of(kind, one_step), of_cbp, "float64")
