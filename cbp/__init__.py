"""cbp: compiled backpropagation for fully connected networks on CPUs."""

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .chosen import activation, cost
from .files import load
from .headers import get_compile_args, get_include
from .network import Network
from .registry import activations, costs, register

if TYPE_CHECKING:
    from .optimizers import (
        SGD,
        Adadelta,
        Adagrad,
        Adam,
        Adamax,
        AdamW,
        AMSGrad,
        Lion,
        NAdam,
        RAdam,
        RMSprop,
        Rprop,
    )  # fmt: skip

__all__ = [
    "SGD", "AMSGrad", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "NAdam", "Network", "RAdam", "RMSprop",
    "Rprop", "__version__", "activation", "activations", "cost", "costs", "get_compile_args", "get_include", "load",
    "register",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What training alone needs, imported when it is first asked for: `import cbp` stays quick."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import optimizers

    globals()[name] = found = getattr(optimizers, name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
