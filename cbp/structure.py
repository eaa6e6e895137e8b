"""What a network is made of, as `Network` is given it: checked, and complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from . import inputs
from .registry.chosen import Choice, Chosen, choose

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["dtype", "layer_activations", "reduction", "seed", "sizes"]

MOST_PARAMETERS = 2**48  # the core counts bytes in 63 bits, those of the workspace too


def sizes(given: Sequence[int]) -> tuple[int, ...]:
    """N_1 .. N_L; ValueError unless they are at least two whole numbers from 1 that memory can hold."""
    try:
        checked = tuple(int(n) for n in given)
        whole = all(n == each for n, each in zip(checked, given, strict=True))
    except (TypeError, ValueError):
        checked, whole = (), False
    if not whole or len(checked) < 2 or min(checked) < 1:
        raise ValueError(f"sizes: expected at least two whole numbers >= 1, such as [784, 30, 10]; got {given!r}")
    count = sum((n_in + 1) * n_out for n_in, n_out in pairwise(checked))
    if count > MOST_PARAMETERS:
        raise ValueError(f"sizes: {given!r} would have {count:,} parameters, more than any memory holds")
    return checked


def dtype(given: DTypeLike) -> np.dtype:
    """float32 or float64; ValueError for any other."""
    try:
        checked = np.dtype("O" if given is None else given)
    except TypeError:
        checked = np.dtype("O")
    if checked not in (np.float32, np.float64):
        raise ValueError(f"dtype: expected 'float32' or 'float64', got {given!r}")
    return checked


def reduction(given: str) -> str:
    """``"mean"`` or ``"sum"``; ValueError for any other."""
    if given not in ("mean", "sum"):
        raise ValueError(f"reduction: expected 'mean' or 'sum', got {given!r}")
    return given


def seed(given: int | None) -> int:
    """A whole number from 0, drawn where none is given; ValueError or TypeError for another."""
    if given is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return inputs.as_whole(given, "seed", 0, inputs.LARGEST_SEED)


def layer_activations(
    activation: Choice | Sequence[Choice], output: Choice | None, cost: Chosen, L: int
) -> Iterator[Chosen]:
    """σ of layers 2 .. L; ValueError or TypeError if there is no such activation, or one too few or too many."""
    if isinstance(activation, list | tuple):
        if len(activation) != L - 1:
            raise ValueError(
                f"activation: expected {L - 1} entries, one for each of the layers 2 .. {L}, got {len(activation)}"
            )
        each = [*activation]
        each[-1] = each[-1] if output is None else output
    else:
        last = output if output is not None else cost.spec.canonical or activation
        each = [activation] * (L - 2) + [last]
    return (choose("activation", choice) for choice in each)
