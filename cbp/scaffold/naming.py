"""The names of a plugin, all made of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..registry import registry
from ..registry.entries import CBP, Kind
from ..shown import shown

__all__ = ["Names"]

NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 60
MACROS = {"linux", "unix"}  # what a C compiler puts 1 in the place of


@dataclass(frozen=True)
class Names:
    """The names of a plugin that provides one activation or cost.

    Parameters
    ----------
    name : str
        What users will write: ``"softlog"``.
    kind : ``"activation"`` or ``"cost"``

    Raises
    ------
    ValueError
        It cannot be a name, or is taken.
    """

    name: str
    kind: Kind

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or len(self.name) > LONGEST or self.name in MACROS:
            raise ValueError(
                f"NAME: expected what users will write for the {self.kind}, of small letters, digits and _, such as "
                f"soft_log, got {shown(self.name)}{self._hint()}"
            )
        for entry in registry.known(self.kind).having(self.name):
            if entry.distribution == CBP:
                raise ValueError(f"NAME: the {self.kind} {self.name!r} is built in; choose a name of its own")

    def _hint(self) -> str:
        """What was perhaps meant."""
        bare = re.sub(r"[^a-z0-9_]+", "_", self.name.lower().removeprefix("cbp-")).strip("_")[:LONGEST]
        return f": perhaps {bare}" if NAME.fullmatch(bare) and bare not in MACROS else ""

    @property
    def distribution(self) -> str:
        """``"cbp-softlog"``."""
        return f"cbp-{self.name.replace('_', '-').rstrip('-')}"

    @property
    def module(self) -> str:
        """``"cbp_softlog"``."""
        return f"cbp_{self.name}"
