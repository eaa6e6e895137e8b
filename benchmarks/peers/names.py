"""The peers by name; importing this imports none of their libraries."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers.peer import Peer

__all__ = ["PEERS", "installed", "peer_class"]

# name: the library it needs, and where its class is
PEERS = {
    "cbp": ("cbp", "cbp_fit:CbpFit"),
    "jax": ("jax", "jax_scan:JaxScan"),
    "torch": ("torch", "torch_eager:TorchEager"),
    "compile": ("torch", "torch_compile:TorchCompile"),
    "sklearn": ("sklearn", "sklearn_partial_fit:SklearnPartialFit"),
    "numpy": ("numpy", "numpy_by_hand:NumpyByHand"),
    "products": ("numpy", "blas_products:BlasProducts"),
}


def installed(name: str) -> bool:
    """Whether the library of the peer called `name` is there."""
    return find_spec(PEERS[name][0]) is not None


def peer_class(name: str) -> type[Peer]:
    """The class of the peer called `name`."""
    module, _, attribute = PEERS[name][1].partition(":")
    found: type[Peer] = getattr(import_module(f"benchmarks.peers.{module}"), attribute)
    return found
