"""What is measured beside peers: the named networks, and others whose sizes are inconvenient."""

from __future__ import annotations

from cbp.timing.workloads import NAMED, Workload

__all__ = ["NAMED", "ODD", "Workload", "find"]

# Small, odd, deep and tall: sizes and batches that hit the remainders of every tile.
ODD = (
    Workload("dot", (1, 1), "identity", "quadratic", 1),
    Workload("curve", (1, 7, 1), "tanh", "quadratic", 1),
    Workload("boston", (13, 17, 1), "relu", "quadratic", 31),
    Workload("primes", (31, 33, 17, 7), "tanh", "cross_entropy", 13),
    Workload("online", (100, 100, 10), "relu", "cross_entropy", 1),
    Workload("ragged", (33, 33, 33, 33), "relu", "quadratic", 33),
    Workload("deep", (13, *[33] * 10, 7), "tanh", "quadratic", 17),
    Workload("cifar", (3072, 100, 10), "relu", "cross_entropy", 32),
    Workload("waist", (1000, 7, 1000), "logistic", "quadratic", 31),
    Workload("broad", (7, 3072, 1), "tanh", "quadratic", 100),
    Workload("linear", (3072, 1), "logistic", "quadratic", 1000),
)


def find(name: str) -> tuple[Workload, ...]:
    """The workload called `name`; ``"named"``, ``"odd"`` and ``"all"`` stand for several.

    Raises
    ------
    ValueError
        Unknown name.
    """
    groups = {"named": NAMED, "odd": ODD, "all": NAMED + ODD}
    if name in groups:
        return groups[name]
    for workload in NAMED + ODD:
        if workload.name == name:
            return (workload,)
    known = ", ".join([*groups, *(w.name for w in NAMED + ODD)])
    raise ValueError(f"unknown workload {name!r}: expected one of {known}")
