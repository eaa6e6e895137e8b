"""`Registry`: who provides which name, asked of the hooks and of the installed plugins."""

from __future__ import annotations

from _thread import RLock  # threading.RLock, without the rest of threading
from typing import TYPE_CHECKING

from .._version import __version__
from ..builtins import activations as built_in_activations
from ..builtins import costs as built_in_costs
from ..builtins import initializers as built_in_initializers
from ..builtins import optimizers as built_in_optimizers
from ..plugin import Activation, Cost
from ..suggestions import did_you_mean
from .discovery import Installed, PluginError, belongs, chosen, installed
from .distributions import Homes
from .entries import CBP, KINDS, LOCAL, Entry, Kind, Names, Spec, kind_of
from .hooks import provided

if TYPE_CHECKING:
    from .provenance import Provenance

__all__ = ["Entry", "Kind", "PluginError", "Registry", "registry"]

BUILT_IN = (built_in_activations, built_in_costs, built_in_optimizers, built_in_initializers)


class Registry:
    """Activations, costs, optimisers and initialisers by name.

    Attributes
    ----------
    failures : dict of str to exception
        Why a plugin, ``distribution:entry point``, could not be loaded.
    left_out : list of str
        The plugins that ``CBP_PLUGINS`` keeps out.
    provenance : dict of str to Provenance
        How the loading of each plugin went, also of those that failed.
    """

    def __init__(self) -> None:
        self._names: dict[Kind, Names] = {kind: Names() for kind in KINDS.values()}
        self._looked = False  # for what is installed
        self._waiting: dict[str, Installed] = {}  # to be loaded
        self._lock = RLock()
        self.failures: dict[str, BaseException] = {}
        self.left_out: list[str] = []
        self.provenance: dict[str, Provenance] = {}
        for module in BUILT_IN:
            self._add([Entry(spec, CBP, __version__) for spec in provided(module)])

    def find(self, kind: Kind, name: str) -> Entry:
        """The entry called `name`.

        Raises
        ------
        ValueError
            No such name, or several plugins have it.
        PluginError
            A plugin that may provide it failed to load.
        """
        found = self._names[kind].having(name)
        if found and found[0].distribution in (CBP, LOCAL):  # without the lock: a plugin may be loading meanwhile
            return found[0]
        with self._lock:
            distribution, full, _ = name.rpartition(":")
            if full and not found:
                self._scan(distribution)
                found = self._names[kind].having(name)
            if not full or not found:  # any plugin may have a short name too; and a message knows all names
                self._scan()
                found = self._names[kind].having(name)
            if not found:
                raise self._unknown(kind, name)
            if len(found) > 1:
                ids = " and ".join(entry.id for entry in found)
                raise ValueError(f"{kind} {name!r} is provided by {ids}: write the full name of one of them")
            return found[0]

    def entry_of(self, spec: Spec) -> Entry | None:
        """The entry of an `Activation`, `Cost`, ... that a user holds in hand; None if it has none."""
        return self._names[kind_of(spec)].entry_of(spec)

    def entries(self, kind: Kind) -> list[Entry]:
        """Every entry of a kind, built-ins first; loads the plugins."""
        with self._lock:
            self._scan()
            return sorted(self._names[kind], key=lambda e: (e.distribution != CBP, e.distribution))

    def known(self, kind: Kind) -> Names:
        """The entries of a kind there are so far; loads nothing."""
        return self._names[kind]

    def register(self, *specs: Spec) -> None:
        """Add to it without a plugin, for this process only; see `cbp.register`."""
        with self._lock:
            self._add([Entry(spec, LOCAL, "") for spec in specs])

    def _add(self, entries: list[Entry]) -> None:
        """Add all of them or, if one is refused, none."""
        of_kind: dict[Kind, list[Entry]] = {}
        for entry in entries:
            of_kind.setdefault(entry.kind, []).append(entry)
        self._names = self._names | {kind: self._names[kind].with_(new) for kind, new in of_kind.items()}

    def _scan(self, distribution: str = "") -> None:
        """Load every plugin that ``CBP_PLUGINS`` lets in, or a distribution's alone; keep what fails."""
        if not self._looked:
            self._waiting = self._let_in()
            self._looked = True
        plugins = [p for p in self._waiting.values() if not distribution or belongs(p.label, distribution)]
        with Homes({p.point.package: p.home for p in plugins if p.home is not None}):
            for plugin in plugins:
                if self._waiting.pop(plugin.label, None):  # else it was loaded when one before asked for its names
                    self._load(plugin)

    def _let_in(self) -> dict[str, Installed]:
        """The plugins to load, by label: those that are installed and not left out."""
        plugins, self.failures = installed()
        let_in = {plugin.label: plugin for plugin in chosen(plugins)}
        self.left_out = [plugin.label for plugin in plugins if plugin.label not in let_in]
        return let_in

    def _load(self, plugin: Installed) -> None:
        from .provenance import Watch

        label = plugin.label
        try:
            with Watch(plugin) as record:
                self.provenance[label] = record
                self._take(plugin, record)
        except BaseException:  # Ctrl-C: load it next time
            self._waiting[label] = plugin
            raise
        record.warn()

    def _take(self, plugin: Installed, record: Provenance) -> None:
        """Import a plugin and add what it provides; or keep why not."""
        try:
            module = plugin.point.load()
            record.stage = "hooks"
            specs = provided(module)
            record.stage = "names"
            self._add([Entry(spec, plugin.distribution, plugin.version, plugin.label) for spec in specs])
            record.stage = "ready"
        except (Exception, SystemExit) as error:  # noqa: BLE001 (kept as data: no plugin may hurt the others)
            self.failures[plugin.label] = error

    def _unknown(self, kind: Kind, name: str) -> Exception:
        distribution, colon, _ = name.rpartition(":")
        names = self._names[kind]
        listing = f"cbp.{kind}s() lists what there is"
        if kind not in ("activation", "cost"):
            listing = f"there are {', '.join(names.short())}"
        hint = _as_call(kind, name) if "=" in name else did_you_mean(name, names.all(), listing)
        message = f"unknown {kind} {name!r}: {hint}"
        if self.left_out:
            message += f"; CBP_PLUGINS leaves out {', '.join(self.left_out)}"
        broken = {label: error for label, error in self.failures.items() if not colon or belongs(label, distribution)}
        if not broken:
            return ValueError(message)
        causes = "; ".join(f"{label} ({type(error).__name__}: {error})" for label, error in broken.items())
        unusable = PluginError(f"{message}; a plugin that may provide it failed to load: {causes}")
        unusable.__cause__ = next(iter(broken.values()))
        return unusable


def _as_call(kind: Kind, name: str) -> str:
    """What Python writes for the command line's ``elu:alpha=2``."""
    words = name.split(":")
    name = ":".join(word for word in words if "=" not in word)
    return f"did you mean cbp.{kind}({', '.join([repr(name), *(word for word in words if '=' in word)])})?"


registry = Registry()


def activations() -> dict[str, Activation]:
    """Every activation that is built in, installed as a plugin, or registered, by full name.

    Loads the installed plugins; one that fails is left out (``cbp plugins list`` says why).

    Returns
    -------
    dict of str to Activation
        Keys are ``"distribution:name"``.
    """
    return {entry.id: entry.spec for entry in registry.entries("activation")}


def costs() -> dict[str, Cost]:
    """Every cost, as `activations`."""
    return {entry.id: entry.spec for entry in registry.entries("cost")}


def register(*specs: Spec) -> None:
    """Make activations, costs, optimisers and initialisers known by name in this process, without a plugin.

    Parameters
    ----------
    *specs : Activation, Cost, Optimizer or Initializer
        One whose name was registered before replaces the earlier one.

    Raises
    ------
    TypeError
        Something else was given.
    ValueError
        A name belongs to a built-in.
    """
    registry.register(*specs)
