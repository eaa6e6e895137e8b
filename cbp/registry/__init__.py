"""The registry: activations, costs, optimisers and initialisers by name, built-in or from an installed plugin.

Built-in names never cause a look at the installed distributions; the first unknown name does. Each plugin is
then loaded alone: one that fails is remembered with its cause, and heard of only by who asks for its names.
A name is ``distribution:name``, or just ``name`` where only one plugin has it. Built-ins cannot be shadowed;
what this process registered itself comes before any plugin's.
"""

from .hooks import HOOKS
from .lookup import Entry, Kind, PluginError, Registry, activations, costs, register, registry

__all__ = ["HOOKS", "Entry", "Kind", "PluginError", "Registry", "activations", "costs", "register", "registry"]
