"""Who has a name: what is registered, by short and by full name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from ..plugin import Activation, Cost, Initializer, Optimizer
from .discovery import normalized

__all__ = ["CBP", "KINDS", "LOCAL", "Entry", "Kind", "Names", "Spec", "kind_of"]

Kind: TypeAlias = Literal["activation", "cost", "optimizer", "initializer"]
Spec: TypeAlias = Activation | Cost | Optimizer | Initializer
KINDS: dict[type[Any], Kind] = dict(zip(get_args(Spec), get_args(Kind), strict=True))
CBP, LOCAL = "cbp", "local"


def kind_of(spec: Spec) -> Kind:
    """``"activation"``, ``"cost"``, ``"optimizer"`` or ``"initializer"``.

    Raises
    ------
    TypeError
        It is none of these.
    """
    for type_, kind in KINDS.items():
        if isinstance(spec, type_):
            return kind
    raise TypeError(f"expected a cbp.plugin.Activation, Cost, Optimizer or Initializer, got {spec!r}")


class Entry(NamedTuple):
    """One registered activation, cost, optimiser or initialiser, and where it comes from.

    Attributes
    ----------
    spec : Activation, Cost, Optimizer or Initializer
    distribution, version : str
        The distribution that provides it: ``"cbp"`` for built-ins, ``"local"`` for what `cbp.register` added.
    plugin : str
        The plugin, ``distribution:entry point``, that it came with; "" of what comes with none.
    """

    spec: Any
    distribution: str
    version: str
    plugin: str = ""

    @property
    def kind(self) -> Kind:
        """``"activation"``, ``"cost"``, ``"optimizer"`` or ``"initializer"``."""
        return kind_of(self.spec)

    @property
    def id(self) -> str:
        """The full name, ``distribution:name``."""
        return f"{self.distribution}:{self.spec.name}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every short name it answers to."""
        return (self.spec.name, *self.spec.aliases)


class Names:
    """The entries of one kind, never changed once made: a reader needs no lock.

    Parameters
    ----------
    entries : iterable of Entry

    Raises
    ------
    ValueError
        A name belongs to a built-in, or stands twice in one distribution.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: tuple[Entry, ...] = ()
        self._by_name: dict[str, tuple[Entry, ...]] = {}
        self._give(tuple(entries))

    def _give(self, entries: tuple[Entry, ...]) -> None:
        self._entries += entries
        for entry in entries:
            for name in entry.names:
                others = self._by_name.get(name, ())
                if others:
                    _require_free(name, entry, others)
                self._by_name[name] = (*others, entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def having(self, name: str) -> list[Entry]:
        """The entries that a short or full name may mean; a name this process registered means only that."""
        distribution, colon, short = name.rpartition(":")
        found = list(self._by_name.get(short, ()))
        if colon:
            return [entry for entry in found if normalized(entry.distribution) == normalized(distribution)]
        return [entry for entry in found if entry.distribution == LOCAL] or found

    def entry_of(self, spec: Spec) -> Entry | None:
        """The entry that this very thing has, or one like it in every field."""
        return next((entry for entry in self._by_name.get(spec.name, ()) if entry.spec == spec), None)

    def short(self) -> list[str]:
        """Every short name."""
        return [*self._by_name]

    def all(self) -> list[str]:
        """Every short name, then every full one."""
        return [*self._by_name, *(entry.id for entry in self._entries)]

    def with_(self, new: Iterable[Entry]) -> Names:
        """These and `new`; a new local entry replaces an earlier one of its name."""
        new = tuple(new)
        local = {entry.id for entry in new if entry.distribution == LOCAL}
        if local and any(entry.id in local for entry in self._entries):
            return Names((*(entry for entry in self._entries if entry.id not in local), *new))
        names = Names()
        names._entries, names._by_name = self._entries, dict(self._by_name)
        names._give(new)
        return names


def _require_free(name: str, entry: Entry, others: tuple[Entry, ...]) -> None:
    if any(other.distribution == entry.distribution for other in others):
        raise ValueError(f"{entry.kind} {name!r} is there twice in {entry.distribution}: rename one of the two")
    if any(other.distribution == CBP for other in others):
        raise ValueError(f"{entry.kind} {name!r} is built in and cannot be replaced: give yours another name")
