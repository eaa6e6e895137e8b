"""What a name on the command line or in a test file stands for: one function, or all of a distribution."""

from __future__ import annotations

from pathlib import Path

from ..registry import registry
from ..registry.chosen import Chosen, choose
from ..registry.discovery import Installed, installed, normalized
from ..registry.entries import CBP, Entry, Kind
from ..suggestions import did_you_mean

__all__ = ["found", "kind_of"]

CHECKED: tuple[Kind, ...] = ("activation", "cost")


def found(name: str) -> list[Chosen | Installed]:
    """The plugins that `name` means with all they provide, or the activation or cost.

    Parameters
    ----------
    name : str
        A distribution's or entry point's name; or a short or full name.

    Raises
    ------
    ValueError
        Nothing is called so, or CBP_PLUGINS leaves it out.
    PluginError
        What may be called so failed to load.
    """
    everything = [entry for kind in CHECKED for entry in registry.entries(kind)]
    plugins = [plugin for plugin in installed()[0] if normalized(name) in plugin.words]
    labels = {plugin.label for plugin in plugins}
    if left_out := sorted(labels.intersection(registry.left_out)):
        raise ValueError(f"CBP_PLUGINS leaves out {', '.join(left_out)}: let it in to check it")
    own = name == CBP
    provided = [_default(e) for e in everything if e.plugin in labels or (own and e.distribution == CBP)]
    return [*plugins, *provided] or _by_name(name)


def kind_of(choice: Chosen | Installed) -> str:
    """Which checks it is for: ``"plugin"``, ``"activation"`` or ``"cost"``."""
    return "plugin" if isinstance(choice, Installed) else choice.entry.kind


def _default(entry: Entry) -> Chosen:
    return Chosen(entry, {name: param.default for name, param in entry.spec.params.items()})


def _by_name(name: str) -> list[Chosen | Installed]:
    meant: list[Chosen | Installed] = []
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
    hint = _not_installed(name) or did_you_mean(name, names, "'cbp plugins' lists what there is")
    raise ValueError(f"there is no activation, cost or plugin {name!r}: {hint}")


def _not_installed(name: str) -> str:
    """What to do where a plugin's folder of that name is here."""
    for folder in (name, f"cbp-{name}", f"cbp-{name.replace('_', '-')}"):
        if Path(folder, "pyproject.toml").is_file():
            return f"the folder {folder} is here, but not installed: its README says how"
    return ""
