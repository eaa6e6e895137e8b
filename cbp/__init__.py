"""cbp: compiled backpropagation for fully connected networks on CPUs."""

from ._version import __version__
from .chosen import activation, cost
from .files import load
from .headers import get_compile_args, get_include
from .network import Network
from .optimizers import SGD, Adam
from .registry import activations, costs, register

__all__ = [
    "SGD",
    "Adam",
    "Network",
    "__version__",
    "activation",
    "activations",
    "cost",
    "costs",
    "get_compile_args",
    "get_include",
    "load",
    "register",
]
