"""What is counted: a step of every named workload, one with an optimiser's memory, and one prediction."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """Steps, or predictions, of one workload.

    Parameters
    ----------
    name : str
    workload : str
    times : int
        How many are counted, to give one of them: enough for what an epoch does once to vanish.
    batch : int, optional
        Of the step, if not the workload's own: valgrind takes 10 ns for every multiply-add.
    optimizer : str
    predicts : bool
        Predictions of one sample each, not steps.
    """

    name: str
    workload: str
    times: int
    batch: int | None = None
    optimizer: str = "sgd"
    predicts: bool = False


CASES = (
    Case("iris", "iris", 2000),
    Case("nielsen", "nielsen", 40),
    Case("digits", "digits", 40),
    Case("digits, adam", "digits", 20, optimizer="adam"),
    Case("higgs", "higgs", 1),
    Case("mnist", "mnist", 1),
    Case("wide, batch 64", "wide", 1, batch=64),
    Case("one sample of iris", "iris", 2000, predicts=True),
)
