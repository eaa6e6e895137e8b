"""`Registry`: who provides which name, asked of the hooks and of the installed plugins."""

from __future__ import annotations

from _thread import RLock  # threading.RLock, without the rest of threading
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from .. import hookspecs
from .._version import __version__
from ..builtins import activations as built_in_activations
from ..builtins import costs as built_in_costs
from ..builtins import initializers as built_in_initializers
from ..builtins import optimizers as built_in_optimizers
from ..plugin import Activation, Cost, Initializer, Optimizer
from ..suggestions import did_you_mean
from .discovery import Installed, PluginError, belongs, chosen, installed
from .entries import CBP, KINDS, LOCAL, Entry, Kind, Names, Spec, kind_of

if TYPE_CHECKING:
    from .provenance import Provenance

__all__ = ["Entry", "Kind", "PluginError", "Registry", "registry"]

HOOKS: dict[str, type[Spec]] = {
    "cbp_activations": Activation,
    "cbp_costs": Cost,
    "cbp_optimizers": Optimizer,
    "cbp_initializers": Initializer,
}
BUILT_IN = (built_in_activations, built_in_costs, built_in_optimizers, built_in_initializers)


class _Hooks(pluggy.PluginManager):
    """Looks at what has been marked as a hook alone, and not more closely at all else that a module has in it."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if isinstance(plugin, ModuleType):
            marks = getattr(vars(plugin).get(name), "__dict__", ())
            if f"{self.project_name}_impl" not in marks:
                return None
        return super().parse_hookimpl_opts(plugin, name)


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
        self._plugins = _Hooks("cbp")
        self._plugins.add_hookspecs(hookspecs)
        self._names: dict[Kind, Names] = {kind: Names() for kind in KINDS.values()}
        self._scanned = False
        self._lock = RLock()
        self.failures: dict[str, BaseException] = {}
        self.left_out: list[str] = []
        self.provenance: dict[str, Provenance] = {}
        for module in BUILT_IN:
            self._take(module, module.__name__, CBP, __version__)

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
        if found and found[0].distribution == CBP:  # without the lock: a plugin may be loading meanwhile
            return found[0]
        with self._lock:
            if not self._names[kind].having(name):
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
        for spec in specs:
            if not isinstance(spec, Spec):
                raise TypeError(f"expected a cbp.plugin.Activation, Cost, Optimizer or Initializer, got {spec!r}")
        with self._lock:
            self._add([Entry(spec, LOCAL, "") for spec in specs])

    def _add(self, entries: list[Entry]) -> None:
        """Add all of them or, if one is refused, none."""
        kinds = {entry.kind for entry in entries}
        new = {kind: self._names[kind].with_(entry for entry in entries if entry.kind == kind) for kind in kinds}
        self._names = self._names | new

    def _scan(self) -> None:
        """Load every plugin that ``CBP_PLUGINS`` lets in; keep what fails."""
        if self._scanned:
            return
        self._scanned = True  # from here on: a plugin may look up names while it is imported
        try:
            plugins, self.failures = installed()
            let_in = dict.fromkeys(chosen(plugins))
            self.left_out = [plugin.label for plugin in plugins if plugin not in let_in]
            for plugin in let_in:
                self._load(plugin)
        except BaseException:  # a wrong CBP_PLUGINS, or Ctrl-C: look again next time
            self._scanned = False
            raise

    def _load(self, plugin: Installed) -> None:
        if self._plugins.has_plugin(plugin.label):
            return
        from .provenance import watched

        with watched(plugin) as record:
            self.provenance[plugin.label] = record
            try:
                module = plugin.point.load()
                record.stage = "hooks"
                self._take(module, plugin.label, plugin.distribution, plugin.version, record)
                record.stage = "ready"
            except (Exception, SystemExit) as error:  # noqa: BLE001 (kept as data: no plugin may hurt the others)
                self.failures[plugin.label] = error
        record.warn()

    def _take(
        self, plugin: object, label: str, distribution: str, version: str, record: Provenance | None = None
    ) -> None:
        """Add what a plugin's hooks return: all of it or, if anything is wrong with it, nothing."""
        try:
            self._plugins.register(plugin, label)
            self._plugins.check_pending()
            entries = [
                Entry(spec, distribution, version, label if record else "") for spec in self._provided(plugin, label)
            ]
            if record is not None:
                record.stage = "names"
            self._add(entries)
        except BaseException:
            if self._plugins.has_plugin(label):
                self._plugins.unregister(name=label)
            raise

    def _provided(self, plugin: object, label: str) -> Iterator[Spec]:
        hooks = self._plugins.get_hookcallers(plugin)
        if not hooks:
            raise PluginError(f"it has no hook: mark {' or '.join(HOOKS)} with @cbp.plugin.hookimpl")
        for hook in hooks:
            for implementation in hook.get_hookimpls():
                if implementation.plugin_name == label:
                    yield from _checked(hook.name, implementation.function())

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


def _checked(hook: str, answer: object) -> Iterator[Spec]:
    """What a hook returned, if it is a list of the right things."""
    expected = HOOKS[hook]
    for spec in answer if isinstance(answer, Iterable) else [answer]:
        if not isinstance(spec, expected) or not isinstance(answer, Iterable):
            raise PluginError(f"{hook} returned {answer!r}, expected a list of cbp.plugin.{expected.__name__}")
        yield spec


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
