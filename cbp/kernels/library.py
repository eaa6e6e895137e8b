"""A kernel in a shared library that knows nothing of Python: C, C++, Rust, whatever has a C ABI."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from .. import declarations as declared
from .source import KernelSource, KernelUnavailable

__all__ = ["SharedLibrary", "shared_library"]

LEVEL = "{isa}"


def _absolute(path: Any) -> str:
    path = os.fspath(path)
    if not isinstance(path, str) or not os.path.isabs(path):  # noqa: PTH117 (pathlib is slow to import)
        raise ValueError
    return path


@dataclass(frozen=True)
class SharedLibrary(KernelSource):
    """What `shared_library` returns."""

    path: str
    symbol: str

    tier: ClassVar[str] = "shared library"
    ready: ClassVar[bool] = True

    def __post_init__(self) -> None:
        fields = {
            "path": (_absolute, "an absolute path, such as Path(__file__).with_name('kernel.so')"),
            "symbol": (declared.name, "the name of the struct in the library"),
        }
        declared.settle("shared_library", self, fields)

    def capsule(self, spec: Any) -> object:
        """Load the library and find the struct."""
        import ctypes

        from ..abi import capsule_at

        path = self._file(spec.name)
        try:
            library = ctypes.CDLL(path)  # ctypes never closes it
        except OSError as error:
            raise KernelUnavailable(
                f"{spec.name!r}: the library of its kernel cannot be loaded ({error}); install the plugin again, built "
                "for this system"
            ) from error
        try:
            struct = ctypes.c_char.in_dll(library, self.symbol)
        except ValueError:
            raise ImportError(
                f"{spec.name!r}: {path} has no symbol {self.symbol!r}; its author must define the kernel's struct "
                "under that name, neither static nor hidden"
            ) from None
        return capsule_at(ctypes.addressof(struct))

    def _file(self, name: str) -> str:
        """The file for the best instruction set in use for which there is one."""
        files = [self.path.replace(LEVEL, isa) for isa in _levels()] if LEVEL in self.path else [self.path]
        for file in files:
            if os.path.exists(file):  # noqa: PTH110
                return file
        raise KernelUnavailable(
            f"{name!r}: the library of its kernel is not there (expected {' or '.join(files)}); install the plugin "
            "again, built for this system"
        )


def _levels() -> list[str]:
    """The instruction sets in use, best first, and last what any processor of the kind runs."""
    from ..core import cpu
    from ..core.isa import isa

    levels = cpu.supported()
    return list(dict.fromkeys([*levels[levels.index(isa) :], "base"]))


def shared_library(path: str | os.PathLike[str], symbol: str) -> SharedLibrary:
    """A kernel that is plain C: for ``kernel=`` of `Activation` or `Cost`.

    The library needs ``cbp_kernel.h`` to be built, and neither Python.h nor NumPy: one build serves every Python,
    in a wheel tagged ``py3-none-<platform>``. It is loaded when a network is built with the kernel.

    Parameters
    ----------
    path : str or path
        The library's file: ``Path(__file__).with_name("kernel.so")``. Where a plugin holds one for each instruction
        set, ``{isa}`` stands for it, as in ``"kernel_{isa}.so"``: of v4, v3, v2 and base the best is loaded that is
        there and that is in use (`CBP_ISA`).
    symbol : str
        The struct, a ``cbp_activation`` or ``cbp_cost`` with external linkage: ``"snake_kernel"``.

    Raises
    ------
    ValueError, TypeError
        The path is not absolute.

    Notes
    -----
    Where the file is missing or cannot be loaded, the NumPy functions run, after a `KernelWarning`.
    """
    return SharedLibrary(path, symbol)  # type: ignore[arg-type]  # it makes a str of it
