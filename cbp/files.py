"""Model files: safetensors with a JSON description. Reading one never runs code.

The tensors are W2, b2, W3, b3, ...; the description, under the metadata key ``cbp``, names sizes, activations
and cost, which are looked up in the registry.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import inputs
from .chosen import Chosen, choose
from .entries import Kind
from .recall import MissingError, recalled
from .writing import write_atomically

if TYPE_CHECKING:
    from .network import Network

__all__ = ["ModelError", "load", "save"]

FORMAT = 1


class ModelError(ValueError):
    """A model file is damaged, is no cbp model, or needs something that is not installed."""


def _describe(chosen: Chosen) -> dict[str, Any]:
    entry = chosen.entry
    return {
        "name": chosen.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "spec_version": entry.spec.spec_version,
        "params": dict(chosen.params),
    }


def save(net: Network, path: str | os.PathLike[str], extra: Mapping[str, Any] | None = None) -> None:
    """Write `net` to `path`; see `Network.save`."""
    from safetensors.numpy import save as to_bytes

    description = {
        "format": FORMAT,
        "sizes": list(net.sizes),
        "activations": [_describe(sigma) for sigma in net.layer_activations],
        "cost": _describe(net.cost_function),
        "dtype": net.dtype.name,
        "reduction": net.reduction,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
        "frozen": list(net.frozen),
        "extra": _checked_extra(net.extra if extra is None else extra),
    }
    tensors = {f"W{l}": np.ascontiguousarray(net.W[l]) for l in net.W}
    tensors |= {f"b{l}": np.ascontiguousarray(net.b[l]) for l in net.b}
    write_atomically(Path(path), to_bytes(tensors, {"cbp": json.dumps(description)}), "the model")


def _checked_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(extra, Mapping):
        raise TypeError(f"extra: expected a mapping such as {{'note': '...'}}, got {extra!r:.80}")
    try:
        json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"extra: expected what JSON can hold ({error})") from None
    return dict(extra)


def load(path: str | os.PathLike[str]) -> Network:
    """Read a network that `Network.save` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Network

    Raises
    ------
    FileNotFoundError
    ModelError
        The file is damaged, is not a cbp model, or names an activation or cost that is not installed.
    """
    description, tensors = read(path)
    try:
        return _build(description, tensors)
    except ModelError as error:
        raise ModelError(f"{os.fspath(path)}: {error}") from error.__cause__


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The description and the tensors of a model file, not yet looked up in the registry."""
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise FileNotFoundError(f"no model file {os.fspath(path)!r}")
    try:
        with safe_open(os.fspath(path), framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{os.fspath(path)}: damaged, or not a safetensors file ({error})") from None
    try:
        description = json.loads(metadata["cbp"])
    except (KeyError, ValueError, RecursionError):
        raise ModelError(f"{os.fspath(path)}: a safetensors file, but not a cbp model") from None
    return description, tensors


def _build(description: Any, tensors: Mapping[str, np.ndarray]) -> Network:
    from .network import Network

    try:
        version = description["format"]
        if version != FORMAT:
            raise ModelError(f"its format is {version!r}, this cbp reads format {FORMAT}; upgrade cbp")
        sizes = [int(n) for n in description["sizes"]]
        _check_shapes(sizes, description["dtype"], tensors)
        sigmas = [_find("activation", each) for each in description["activations"]]
        if len(sigmas) != len(sizes):
            raise ModelError(f"it names {len(sigmas)} activations for {len(sizes)} layers")
        net = Network(
            sizes,
            activation=sigmas[1:],
            input_activation=sigmas[0],
            cost=_find("cost", description["cost"]),
            init="zeros",
            dtype=description["dtype"],
            reduction=description["reduction"],
            seed=description["seed"],
        )
        net.epochs_trained = inputs.as_whole(description["epochs_trained"], "epochs_trained", 0)
        net.extra = dict(description["extra"])
        for l in description["frozen"]:
            net.freeze(l)
    except ModelError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(f"its description is damaged ({type(error).__name__}: {error})") from None
    for l in net.W:
        net.W[l], net.b[l] = tensors[f"W{l}"], tensors[f"b{l}"]
    return net


def _check_shapes(sizes: list[int], dtype: str, tensors: Mapping[str, np.ndarray]) -> None:
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


def _find(kind: Kind, described: Mapping[str, Any]) -> Chosen:
    """Look a described activation or cost up in the registry."""
    params = {str(key): float(value) for key, value in dict(described["params"]).items()}
    try:
        entry = recalled(kind, *(str(described[key]) for key in ("distribution", "name", "version")))
    except MissingError as error:
        raise ModelError(str(error)) from error.__cause__
    return choose(kind, entry.id, **params)
