"""The installed plugins, found but not loaded: every entry point of the group ``cbp``.

The environment variable ``CBP_PLUGINS``, which child processes inherit, chooses among them: ``""`` none,
``a,b`` only these, ``-a`` all but a. A word of it is the name of a distribution or of an entry point.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from ..settings import SettingError
from .distributions import EntryPoint, Written, written

__all__ = ["Installed", "PluginError", "belongs", "chosen", "installed", "normalized"]

GROUP = "cbp"


class PluginError(ImportError):
    """A plugin could not be loaded, or what it provides cannot be used."""


class Installed(NamedTuple):
    """A plugin that is installed: an entry point, the distribution it belongs to, and where its module is, if known."""

    point: EntryPoint
    distribution: str
    version: str
    home: str | None = None

    @property
    def label(self) -> str:
        """``distribution:entry point``: what messages call it."""
        return f"{self.distribution}:{self.point.name}"

    @property
    def words(self) -> set[str]:
        """What ``CBP_PLUGINS`` may call it."""
        return {normalized(self.distribution), normalized(self.point.name)}


def normalized(name: str) -> str:
    """A distribution's name in the one spelling that pip compares: ``My_Plugin`` is ``my-plugin``."""
    name = name.lower().replace("_", "-").replace(".", "-")
    while "--" in name:
        name = name.replace("--", "-")
    return name


def belongs(label: str, distribution: str) -> bool:
    """Whether the plugin that messages call `label` is of a distribution, however that is spelled."""
    return normalized(label.rpartition(":")[0]) == normalized(distribution)


def installed() -> tuple[list[Installed], dict[str, BaseException]]:
    """Every plugin on ``sys.path``, and, by label, why a distribution's plugins could not be read.

    Where a distribution is found twice the first counts, as it does for ``import``.
    """
    found: dict[str, list[Installed]] = {}
    unreadable: dict[str, BaseException] = {}
    for distribution in written():
        try:
            plugins = _plugins_of(distribution)
        except Exception as error:  # noqa: BLE001 (kept as data: none may hurt the others)
            unreadable[_label(distribution)] = error
        else:
            if plugins:
                found.setdefault(normalized(plugins[0].distribution), plugins)
    return [plugin for plugins in found.values() for plugin in plugins], unreadable


def _plugins_of(distribution: Written) -> list[Installed]:
    points = distribution.points(GROUP)
    if not points:
        return []
    head = distribution.head()
    if "name" not in head:
        raise PluginError("a distribution with a cbp plugin has no name in its METADATA: reinstall it")
    name, version, homes = head["name"], head.get("version", ""), distribution.homes
    return [Installed(point, name, version, homes.get(point.package)) for point in points]


def _label(distribution: Written) -> str:
    """What messages call a distribution whose entry points cannot be read."""
    name = distribution.head().get("name")
    return f"{name}:entry_points.txt" if name else f"{distribution.place}:METADATA"


def chosen(plugins: list[Installed]) -> list[Installed]:
    """Those that ``CBP_PLUGINS`` lets in; all, where it is not set.

    Raises
    ------
    SettingError
        It names what is not installed.
    """
    wish = os.environ.get("CBP_PLUGINS")
    if wish is None:
        return plugins
    words = [word.strip() for word in wish.split(",") if word.strip()]
    refused = {normalized(word[1:]) for word in words if word.startswith("-")}
    wanted = {normalized(word) for word in words if not word.startswith("-")}
    unknown = (refused | wanted).difference(*(plugin.words for plugin in plugins))
    if unknown:
        there = ", ".join(sorted({plugin.distribution for plugin in plugins})) or "none"
        raise SettingError(
            f"CBP_PLUGINS={wish!r} names {', '.join(sorted(unknown))}, but no installed distribution has a "
            f"cbp plugin of that name; installed: {there}"
        )
    all_but = bool(refused) and not wanted
    return [p for p in plugins if (all_but or p.words & wanted) and not p.words & refused]
