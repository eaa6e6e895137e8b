"""cbp: compiled backpropagation for fully connected networks on CPUs.

`import cbp` loads what building and running a network takes; what else it offers is loaded when first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__
from .settings import SettingError

try:
    from .network import Network
    from .registry import activations, costs, register
    from .registry.chosen import activation, cost
    from .registry.made import initializer, optimizer
except SettingError:  # raised again for who names one of these: the program `cbp`, which does not, says it in one line
    pass

if TYPE_CHECKING:
    from .files import load
    from .headers import get_compile_args, get_include
    from .optimizers import (
        LBFGS,
        SGD,
        Adadelta,
        Adagrad,
        Adam,
        Adamax,
        AdamW,
        AMSGrad,
        LevenbergMarquardt,
        Lion,
        NAdam,
        RAdam,
        RMSprop,
        Rprop,
    )

__all__ = [
    "LBFGS", "SGD", "AMSGrad", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LevenbergMarquardt", "Lion", "NAdam",
    "Network", "RAdam", "RMSprop", "Rprop", "__version__", "activation", "activations", "cost", "costs",
    "get_compile_args", "get_include", "initializer", "load", "optimizer", "register",
]  # fmt: skip

_LATER = {
    "callbacks", "data", "files", "gradients", "headers", "initializers", "metrics", "optimizers", "plot",
    "preparation", "schedules", "testing",
}  # fmt: skip
_HOME = {
    "Network": "network",
    "activation": "registry.chosen",
    "activations": "registry",
    "cost": "registry.chosen",
    "costs": "registry",
    "get_compile_args": "headers",
    "get_include": "headers",
    "initializer": "registry.made",
    "load": "files",
    "optimizer": "registry.made",
    "register": "registry",
}  # all others': optimizers

if not TYPE_CHECKING:  # or a type checker would believe that cbp has every name

    def __getattr__(name: str) -> object:
        if name in _LATER:
            return import_module(f".{name}", __name__)
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f".{_HOME.get(name, 'optimizers')}", __name__), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, *_LATER})
