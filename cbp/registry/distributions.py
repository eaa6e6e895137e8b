"""The installed distributions as they lie on ``sys.path``, as far as plugins go.

`importlib.metadata` knows more than a plugin's name needs, and its import alone takes longer than all that is done
here. It is asked where there is no folder to look into: of archives, and of finders that are not Python's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, NamedTuple

__all__ = ["EntryPoint", "Homes", "Written", "written"]

ENDINGS = (".dist-info", ".egg-info")
HEAD = ("name", "version")
BLOCK = 1 << 16  # these files are smaller
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)


class EntryPoint(NamedTuple):
    """A line of ``entry_points.txt``: a name, and the module it stands for, or something in one."""

    name: str
    value: str

    @property
    def module(self) -> str:
        """The module to import."""
        return self.value.partition("[")[0].partition(":")[0].strip()

    @property
    def package(self) -> str:
        """The package that the module is in, or the module."""
        return self.module.partition(".")[0]

    def load(self) -> Any:
        """Import what it stands for."""
        found: Any = import_module(self.module)
        for attribute in self.value.partition("[")[0].partition(":")[2].strip().split("."):
            found = getattr(found, attribute) if attribute else found
        return found


class Written(NamedTuple):
    """What a distribution says of itself.

    Attributes
    ----------
    place : str
        Where it is.
    read : callable
        The text of a file of its metadata, or None: ``read("entry_points.txt")``.
    homes : mapping of str to str
        The first folder on ``sys.path`` with something of a module's name, as far as that is known.
    """

    place: str
    read: Callable[[str], str | None]
    homes: Mapping[str, str] = {}

    def head(self) -> dict[str, str]:
        """Its ``name`` and its ``version``, as far as its METADATA has them."""
        text = self.read("METADATA") or self.read("PKG-INFO") or ""
        found: dict[str, str] = {}
        for line in text.partition("\n\n")[0].splitlines():  # the text after the empty line is no field
            field, _, value = line.partition(":")
            if (field := field.lower()) in HEAD:
                found.setdefault(field, value.strip())
                if len(found) == len(HEAD):
                    break
        return found

    def points(self, group: str) -> list[EntryPoint]:
        """Its entry points of a group.

        Raises
        ------
        ValueError
            A line is neither of a group nor an entry point; or the file is not UTF-8.
        """
        text = self.read("entry_points.txt") or ""
        return [*_points(text, group)] if f"[{group}]" in text else []


def _points(text: str, group: str) -> Iterator[EntryPoint]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif line and not line.startswith("#") and section == group:
            name, equals, value = map(str.strip, line.partition("="))
            if not (name and equals and value):
                raise ValueError(f"entry_points.txt: expected name = module, got {line!r}")
            yield EntryPoint(name, value)


class Homes:
    """Inside of `with`, `import` goes straight to the folder of each of some modules.

    It would ask the finder of every folder before it on ``sys.path``: of a hundred plugins in site-packages that is a
    third of the time. This finder stands before Python's own, which looks where this one finds nothing: of a
    namespace package, for instance, other folders have parts.

    Parameters
    ----------
    homes : mapping of str to str
        Of a module, the first folder on ``sys.path`` with something of its name.
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes = homes

    def __enter__(self) -> None:
        before = sys.meta_path  # a new list: other threads may be on their way along this one
        if PathFinder in before:
            place = before.index(PathFinder)
            sys.meta_path = [*before[:place], self, *before[place:]]

    def __exit__(self, *_: object) -> None:
        sys.meta_path = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """For `import`."""
        home = self._homes.get(name)
        spec = None if home is None else PathFinder.find_spec(name, [home])
        return spec if spec and spec.loader else None


def written() -> Iterator[Written]:
    """Every distribution that can be imported, in the order of ``sys.path``."""
    homes: dict[str, str] = {}
    only_folders = True
    for path in sys.path:
        if os.path.isdir(path or "."):  # noqa: PTH112
            names = _names_in(path or ".")
            if only_folders:
                homes = dict.fromkeys([name.partition(".")[0] for name in names], path) | homes
            for name in sorted(name for name in names if name.endswith(ENDINGS)):
                yield Written(path, _reading(os.path.join(path, name)), homes)  # noqa: PTH118
        elif os.path.exists(path):  # noqa: PTH110
            only_folders = False  # modules of any name may be in it
            yield from _asked(path=[path])
    for finder in sys.meta_path:
        if finder is not PathFinder and hasattr(finder, "find_distributions"):
            yield from _asked(finder)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:  # as for `import`: a folder that cannot be read has nothing
        return []


def _reading(folder: str) -> Callable[[str], str | None]:
    def read(name: str) -> str | None:
        try:
            file = os.open(f"{folder}/{name}", READ)  # the built-in `open` asks the system three times more
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        try:
            text = block = os.read(file, BLOCK)
            while len(block) == BLOCK:
                text += (block := os.read(file, BLOCK))
        finally:
            os.close(file)
        return text.decode()

    return read


def _asked(finder: Any = None, **context: Any) -> Iterator[Written]:
    from importlib import metadata

    find = metadata.MetadataPathFinder.find_distributions if finder is None else finder.find_distributions
    for distribution in find(metadata.DistributionFinder.Context(**context)):
        yield Written(str(distribution.locate_file("")), distribution.read_text)
