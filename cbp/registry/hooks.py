"""What a plugin provides: what its hooks, found by pluggy, return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

import pluggy

from .. import hookspecs
from ..plugin import Activation, Cost, Initializer, Optimizer
from ..suggestions import did_you_mean
from .discovery import PluginError
from .entries import Spec

__all__ = ["HOOKS", "provided"]

HOOKS: dict[str, type[Spec]] = {
    "cbp_activations": Activation,
    "cbp_costs": Cost,
    "cbp_optimizers": Optimizer,
    "cbp_initializers": Initializer,
}
MARK = "cbp_impl"  # of `cbp.plugin.hookimpl`

_plugins = pluggy.PluginManager("cbp")
_plugins.add_hookspecs(hookspecs)


def provided(plugin: object) -> list[Spec]:
    """What the hooks of a plugin, a module or an object, return.

    Raises
    ------
    PluginError
        It has no hook, or one that there is not, or a hook returns something else than a list of what it is for.
    """
    hooks = [*_hooks_of(plugin)]
    if not hooks:
        raise PluginError(f"it has no hook: mark {' or '.join(HOOKS)} with @cbp.plugin.hookimpl")
    return [spec for name, function in hooks for spec in _checked(name, function())]


def _hooks_of(plugin: object) -> Iterator[tuple[str, Callable[[], object]]]:
    """The functions that are marked as hooks, each with the hook's name.

    The plugin is not registered with pluggy, which would compare it with all that are.
    """
    for attribute, options in _marked(plugin):
        name = options["specname"] or attribute
        if hasattr(_plugins.hook, name):
            yield name, getattr(plugin, attribute)
        elif not options["optionalhook"]:
            listing = f"there are {', '.join(HOOKS)}"
            raise PluginError(f"unknown hook {name!r}: {did_you_mean(name, HOOKS, listing)}")


def _marked(plugin: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The attributes that are marked, with what their marks say."""
    if isinstance(plugin, ModuleType):  # most are: pluggy would look closely at all that is in it
        for name, each in vars(plugin).items():
            if MARK in getattr(each, "__dict__", ()):
                yield name, vars(each)[MARK]
    else:
        for name in dir(plugin):
            if options := _plugins.parse_hookimpl_opts(plugin, name):
                yield name, options


def _checked(hook: str, answer: object) -> Iterator[Spec]:
    """What a hook returned, if it is a list of the right things."""
    expected = HOOKS[hook]
    for spec in answer if isinstance(answer, Iterable) else [answer]:
        if not isinstance(spec, expected) or not isinstance(answer, Iterable):
            raise PluginError(f"{hook} returned {answer!r}, expected a list of cbp.plugin.{expected.__name__}")
        yield spec
