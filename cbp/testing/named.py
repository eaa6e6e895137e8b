"""What a name on the command line or in a test file stands for: one function, or all of a distribution."""

from __future__ import annotations

from ..chosen import Chosen, choose
from ..discovery import normalized
from ..entries import Entry, Kind
from ..registry import registry
from ..suggestions import did_you_mean

__all__ = ["found"]

CHECKED: tuple[Kind, ...] = ("activation", "cost")


def found(name: str) -> list[Chosen]:
    """Every activation and cost that `name` means.

    Parameters
    ----------
    name : str
        A short or full name, or a distribution's.

    Raises
    ------
    ValueError
        Nothing is called so.
    PluginError
        What may be called so failed to load.
    """
    everything = [entry for kind in CHECKED for entry in registry.entries(kind)]
    of_distribution = [entry for entry in everything if normalized(entry.distribution) == normalized(name)]
    return [_default(entry) for entry in of_distribution] or _by_name(name)


def _default(entry: Entry) -> Chosen:
    return Chosen(entry, {name: param.default for name, param in entry.spec.params.items()})


def _by_name(name: str) -> list[Chosen]:
    meant: list[Chosen] = []
    broken: ImportError | None = None
    for kind in CHECKED:
        try:
            meant.append(choose(kind, name))
        except ImportError as error:
            broken = error
        except ValueError:
            if registry.known(kind).having(name):  # by several: the message says what to write
                raise
    if meant:
        return meant
    if broken:
        raise broken
    names = [
        *(known for kind in CHECKED for known in registry.known(kind).all()),
        *(entry.distribution for kind in CHECKED for entry in registry.known(kind)),
    ]
    hint = did_you_mean(name, names, "'cbp plugins' lists what there is")
    raise ValueError(f"there is no activation, cost or plugin {name!r}: {hint}")
