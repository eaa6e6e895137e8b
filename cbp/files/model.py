"""A network written to a model file, and read back."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from ..registry.chosen import Chosen
from ..registry.entries import LOCAL
from ..registry.recall import MissingError
from ..shown import shown
from .checksums import KEY, checksum
from .claims import Described, describe
from .description import FORMAT, ModelDescription, ModelError, ModelWarning, damage, described_by
from .writing import write_atomically

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["RUN", "ModelDescription", "ModelError", "ModelWarning", "contents", "described", "load", "save", "write"]

RUN = "cbp.run"  # the metadata key of what a checkpoint says of its training
AVERAGE = "run/solver/average"  # a checkpoint's tensor with the running mean of the parameters

ON_MISSING, ON_CHANGE = ("error", "inspect"), ("error", "warn")
OnChange: TypeAlias = Literal["error", "warn"]


def save(net: Network, path: str | os.PathLike[str], extra: Mapping[str, Any] | None = None) -> None:
    """Write `net` to `path`; see `Network.save`."""
    write(path, net, described(net) | {"extra": _checked_extra(net.extra if extra is None else extra)})


def described(net: Network) -> dict[str, Any]:
    """What a model file says of `net`."""
    return {
        "format": FORMAT,
        "sizes": list(net.sizes),
        "activations": [describe(sigma) for sigma in net.layer_activations],
        "cost": describe(net.cost_function),
        "dtype": net.dtype.name,
        "reduction": net.reduction,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
        "frozen": list(net.frozen),
        "extra": _checked_extra(net.extra),
    }


def write(
    path: str | os.PathLike[str],
    net: Network,
    description: Mapping[str, Any],
    run: Mapping[str, Any] | None = None,
    more: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write a model file.

    Parameters
    ----------
    path : path-like
    net : Network
    description : mapping
        What `described` returns.
    run : mapping, optional
        What a checkpoint says of its training.
    more : mapping, optional
        The tensors of that, whose names begin with ``run/``.
    """
    from safetensors.numpy import save as to_bytes

    metadata = {"cbp": json.dumps(description)} | ({} if run is None else {RUN: json.dumps(run)})
    tensors = {f"W{l}": np.ascontiguousarray(net.W[l]) for l in net.W}
    tensors |= {f"b{l}": np.ascontiguousarray(net.b[l]) for l in net.b}
    tensors |= more or {}
    metadata[KEY] = checksum(metadata, tensors)
    what = "the model" if run is None else "the checkpoint"
    write_atomically(Path(path), _in_order(to_bytes(tensors, metadata)), what)


def _in_order(data: bytes) -> bytes:
    """The same file with its metadata sorted: safetensors writes them as a hash map has them, each time otherwise."""
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])
    head["__metadata__"] = dict(sorted(head["__metadata__"].items()))
    sorted_ = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    sorted_ += b" " * (-len(sorted_) % 8)
    return len(sorted_).to_bytes(8, "little") + sorted_ + data[8 + length :]


def _checked_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(extra, Mapping):
        raise TypeError(f"extra: expected a mapping such as {{'note': '...'}}, got {extra!r:.80}")
    try:
        json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"extra: expected what JSON can hold ({error})") from None
    return dict(extra)


@overload
def load(
    path: str | os.PathLike[str],
    *,
    on_missing: Literal["error"] = "error",
    on_change: OnChange = "error",
) -> Network: ...


@overload
def load(
    path: str | os.PathLike[str], *, on_missing: Literal["inspect"], on_change: OnChange = "error"
) -> Network | ModelDescription: ...


def load(
    path: str | os.PathLike[str],
    *,
    on_missing: Literal["error", "inspect"] = "error",
    on_change: OnChange = "error",
) -> Network | ModelDescription:
    """Read a network that `Network.save` wrote; or a checkpoint's, with its `average`.

    Parameters
    ----------
    path : path-like
    on_missing : ``"error"`` or ``"inspect"``
        What happens where it names an activation or cost that is not installed here: a `ModelError` that says
        which distribution the file claims, or a description of the model in place of the network.
    on_change : ``"error"`` or ``"warn"``
        What happens where an activation or cost now computes something else than when the model was saved.

    Returns
    -------
    Network, or ModelDescription

    Raises
    ------
    FileNotFoundError
    ModelError
        The file is damaged, is not a cbp model, or names an activation or cost that is not installed or has changed.
    """
    for name, value, allowed in (("on_missing", on_missing, ON_MISSING), ("on_change", on_change, ON_CHANGE)):
        if value not in allowed:
            raise ValueError(f"{name}: expected {' or '.join(map(repr, allowed))}, got {shown(value)}")
    metadata, tensors = contents(path)
    description, own = _of_network(path, metadata, tensors)
    with _in_file(path):
        model = described_by(os.fspath(path), description, own)
        if model.missing and on_missing == "inspect":
            return model
        net = _network(model, on_change)
        net.average = _average(net, tensors) if RUN in metadata else None
        return net


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The description and the tensors of a model file, not yet looked up in the registry.

    Of a checkpoint with a running mean of the parameters, the tensors are those of the mean.
    """
    metadata, tensors = contents(path)
    description, own = _of_network(path, metadata, tensors)
    if RUN in metadata and AVERAGE in tensors:
        with _in_file(path), damage():
            own = _parts(tensors[AVERAGE], own)
    return description, own


@contextmanager
def _in_file(path: str | os.PathLike[str]) -> Iterator[None]:
    """A message of what is wrong inside begins with the file's name."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{os.fspath(path)}: {error}") from error.__cause__


def _of_network(
    path: str | os.PathLike[str], metadata: Mapping[str, str], tensors: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What of a file's contents describes a network."""
    try:
        description = json.loads(metadata["cbp"])
    except (KeyError, ValueError, RecursionError):
        raise ModelError(f"{os.fspath(path)}: a safetensors file, but not a cbp model") from None
    if RUN in metadata:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("run/")}
    return description, tensors


def contents(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """All metadata and tensors of a safetensors file, which are as they were written where it holds their checksum."""
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise FileNotFoundError(f"no model file {os.fspath(path)!r}")
    try:
        with safe_open(os.fspath(path), framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{os.fspath(path)}: damaged, or not a safetensors file ({error})") from None
    found = checksum(metadata, tensors)
    if metadata.get(KEY, found) != found:
        raise ModelError(
            f"{os.fspath(path)}: damaged, or changed by another program: its checksum is {found} and should be "
            f"{metadata[KEY]:.8}; take another copy of it"
        )
    return metadata, tensors


def _network(model: ModelDescription, on_change: str) -> Network:
    from ..network import Network

    with damage():
        sigmas = [_chosen(each, on_change) for each in model.activations]
        net = Network(
            list(model.sizes),
            activation=sigmas[1:],
            input_activation=sigmas[0],
            cost=_chosen(model.cost, on_change),
            init="zeros",
            dtype=model.dtype,
            reduction=model.reduction,
            seed=model.seed,
        )
        net.epochs_trained, net.extra = model.epochs_trained, model.extra
        for l in model.frozen:
            net.freeze(l)
    for l in net.W:
        net.W[l][...], net.b[l][...] = model.W[l], model.b[l]
    return net


def _average(net: Network, tensors: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The running mean that a checkpoint's tensors hold."""
    average = tensors.get(AVERAGE)
    if average is not None:
        _require_average(average, net.n_parameters, net.dtype)
    return average


def _require_average(average: np.ndarray, n_parameters: int, dtype: np.dtype) -> None:
    if (average.shape, average.dtype) != ((n_parameters,), dtype):
        raise ModelError(
            f"expected an average of {n_parameters} numbers of {dtype}, got {average.dtype} of shape {average.shape}"
        )


def _parts(parameters: np.ndarray, like: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A parameter vector as the tensors of a model file, W^l and b^l, whose shapes are `like` these."""
    _require_average(parameters, sum(tensor.size for tensor in like.values()), next(iter(like.values())).dtype)
    parts, start = {}, 0
    for l in range(2, 2 + len(like) // 2):
        for name in (f"W{l}", f"b{l}"):
            shape = like[name].shape
            parts[name] = parameters[start : start + like[name].size].reshape(shape[::-1]).T
            start += like[name].size
    return parts


def _chosen(described: Described, on_change: str) -> Chosen:
    """Look a described activation or cost up in the registry, and compare."""
    try:
        chosen = described.chosen()
    except MissingError as error:
        raise ModelError(str(error)) from error.__cause__
    if change := described.changed(chosen):
        now = chosen.entry
        words = (
            f"its {described.kind} {described} is another than it was saved with ({described.origin}, here "
            f"{f'{now.distribution} {now.version}'.strip()}): {change}"
        )
        if on_change == "error":
            raise ModelError(f"{words}; {_remedy(described)}, or load it all the same with on_change='warn'")
        warnings.warn(words, ModelWarning, stacklevel=4)
    return chosen


def _remedy(described: Described) -> str:
    if described.distribution == LOCAL:
        return "register the one it was saved with"
    return f"install {described.distribution}=={described.version}"
