"""A model file without a network: what `cbp.load` gives where a plugin is missing and the user wants to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from .. import inputs
from ..registry.recall import MissingError
from .claims import Described

__all__ = ["FORMAT", "ModelDescription", "ModelError", "ModelWarning", "damage", "described_by"]

FORMAT = 1


class ModelError(ValueError):
    """A model file is damaged, is no cbp model, or needs something that is not installed."""


class ModelWarning(UserWarning):
    """A model was loaded that may not be what it was."""


@dataclass(frozen=True)
class ModelDescription:
    """Everything a model file says, and its weights.

    Attributes
    ----------
    path : str
    sizes : tuple of int
        N_1 .. N_L.
    activations : tuple of Described
        σ of layers 1 .. L.
    cost : Described
    missing : tuple of str
        What is not found here, and what to install for it, a sentence each.
    W, b : dict of int to array
        The weights (N_l, N_{l-1}) and biases (N_l,) of layers 2 .. L.
    dtype, reduction : str
    seed, epochs_trained : int
    frozen : tuple of int
    extra : dict
        What was kept with the network.
    """

    path: str
    sizes: tuple[int, ...]
    activations: tuple[Described, ...]
    cost: Described
    missing: tuple[str, ...]
    W: Mapping[int, np.ndarray] = field(repr=False)
    b: Mapping[int, np.ndarray] = field(repr=False)
    dtype: str
    reduction: str
    seed: int
    epochs_trained: int
    frozen: tuple[int, ...]
    extra: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        names = ", ".join(map(str, self.activations[1:]))
        head = f"{self.path}: {'-'.join(map(str, self.sizes))} {names}; {self.cost}; {self.dtype}"
        return "\n".join([head, *(f"  {sentence}" for sentence in self.missing)])


@contextmanager
def damage() -> Iterator[None]:
    """Whatever is wrong inside is the description's fault."""
    try:
        yield
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(f"its description is damaged ({type(error).__name__}: {error})") from None


def described_by(path: str, description: Any, tensors: Mapping[str, np.ndarray]) -> ModelDescription:
    """What a file says, checked against its tensors but not against what is installed."""
    with damage():
        version = description["format"]
        if version != FORMAT:
            raise ModelError(f"its format is {version!r}, this cbp reads format {FORMAT}; upgrade cbp")
        sizes = tuple(int(n) for n in description["sizes"])
        _check_shapes(sizes, description["dtype"], tensors)
        sigmas = tuple(Described.read("activation", each) for each in description["activations"])
        if len(sigmas) != len(sizes):
            raise ModelError(f"it names {len(sigmas)} activations for {len(sizes)} layers")
        cost = Described.read("cost", description["cost"])
        layers = range(2, len(sizes) + 1)
        return ModelDescription(
            path,
            sizes,
            sigmas,
            cost,
            tuple(dict.fromkeys(filter(None, map(_missing, (*sigmas, cost))))),
            W={l: tensors[f"W{l}"] for l in layers},
            b={l: tensors[f"b{l}"] for l in layers},
            dtype=description["dtype"],
            reduction=description["reduction"],
            seed=description["seed"],
            epochs_trained=inputs.as_whole(description["epochs_trained"], "epochs_trained", 0),
            frozen=tuple(description["frozen"]),
            extra=dict(description["extra"]),
        )


def _missing(described: Described) -> str:
    """Why something that a file names cannot be had here, or ""."""
    try:
        described.found()
    except MissingError as error:
        return str(error)
    return ""


def _check_shapes(sizes: tuple[int, ...], dtype: str, tensors: Mapping[str, np.ndarray]) -> None:
    """The tensors are those the sizes ask for: checked before anything of that size is allocated."""
    expected: dict[str, tuple[int, ...]] = {}
    for l, (n_in, n_out) in enumerate(pairwise(sizes), start=2):
        expected |= {f"W{l}": (n_out, n_in), f"b{l}": (n_out,)}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    for name in (*expected, *found):
        if found.get(name) != expected.get(name):
            raise ModelError(f"its tensor {name} has shape {found.get(name)}, its sizes ask for {expected.get(name)}")
    for name, tensor in tensors.items():
        if tensor.dtype.name != dtype:
            raise ModelError(f"its tensor {name} is {tensor.dtype}, its description says {dtype}")
