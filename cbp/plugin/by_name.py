"""The base of what is known by name and never changed: a copy is the thing itself, and a pickle holds its name."""

from __future__ import annotations

from typing import Any, Self

__all__ = ["ByName"]


class ByName:
    """Shared by its copies; pickled as the name by which the registry knows it (`cbp.registry.recall`)."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from ..registry.recall import reference

        return reference(self)
