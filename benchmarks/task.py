"""What a pinned process is told to measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.workloads import Workload

__all__ = ["Say", "Task"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """One number type and one number of threads: libraries read both from the environment when imported.

    Parameters
    ----------
    dtype : str
    threads : int
    workloads : tuple of Workload
    peers : tuple of str
        cbp is first.
    measure : tuple of str
        ``"training"``, ``"inference"``, ``"optimizers"``.
    rounds : int
    seconds : float
        Of a sample.
    clock : ``"wall"`` or ``"cpu"``
    """

    dtype: str
    threads: int
    workloads: tuple[Workload, ...]
    peers: tuple[str, ...]
    measure: tuple[str, ...]
    rounds: int
    seconds: float
    clock: str

    def as_dict(self) -> dict[str, Any]:
        """To send it to a process."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Task:
        """As it arrives there."""
        return cls(**{
            **fields, "workloads": tuple(map(Workload.from_dict, fields["workloads"])),
            "peers": tuple(fields["peers"]), "measure": tuple(fields["measure"]),
        })  # fmt: skip
