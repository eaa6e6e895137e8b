"""The registry: activations, costs, optimisers and initialisers by name, built-in or from an installed plugin.

A name is ``distribution:name``, or just ``name`` where only one plugin has it. Built-ins cannot be shadowed;
what this process registered itself comes before any plugin's.
Built-in names never cause a look at the installed distributions; the first other name does. A full name then loads
the plugins of its distribution, a short one all there are, for any may have it. Each is loaded by itself: one that
fails is remembered with its cause, and heard of only by who asks for its names.
"""

from .hooks import HOOKS
from .lookup import Entry, Kind, PluginError, Registry, activations, costs, register, registry

__all__ = ["HOOKS", "Entry", "Kind", "PluginError", "Registry", "activations", "costs", "register", "registry"]
