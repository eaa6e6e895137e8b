"""Where a kernel comes from, and the two answers to the question why it does not come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

__all__ = ["KernelSource", "KernelUnavailable", "KernelWarning", "capsule_of"]


class KernelUnavailable(ImportError):
    """A kernel, sound perhaps, that this machine or this cbp cannot use: the NumPy functions take its place.

    The message is a sentence that says what to do, without its full stop.
    """


class KernelWarning(RuntimeWarning):
    """The NumPy functions run where a kernel is declared.

    It is given once for each reason. ``warnings.simplefilter("error", cbp.plugin.KernelWarning)`` makes it an error.
    """


class KernelSource(ABC):
    """What ``kernel=`` may be beside a capsule."""

    tier: ClassVar[str]  # what listings call it
    ready: ClassVar[bool]  # whether the capsule is there at once

    @abstractmethod
    def capsule(self, spec: Any) -> object:
        """The capsule with the kernel's struct.

        Parameters
        ----------
        spec : Activation or Cost
            Whose kernel it is.

        Raises
        ------
        KernelUnavailable
            It cannot be had on this machine.
        ImportError
            Its author made a mistake.
        """


def capsule_of(spec: Any) -> object:
    """The capsule of an activation's or cost's kernel, found or made now; or what was given in its place.

    Raises
    ------
    KernelUnavailable, ImportError
        As `KernelSource.capsule`.
    """
    return spec.kernel.capsule(spec) if isinstance(spec.kernel, KernelSource) else spec.kernel
