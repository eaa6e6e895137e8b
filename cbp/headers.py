"""Where the C headers for kernels are, and the flags that compile one as cbp's own were compiled."""

from __future__ import annotations

from pathlib import Path

__all__ = ["get_compile_args", "get_include"]

FLAGS = ("-O3", "-std=gnu11", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off")
MARCH = {"v2": "x86-64-v2", "v3": "x86-64-v3", "v4": "x86-64-v4"}


def get_include() -> str:
    """The folder with ``cbp_kernel.h``, ``cbp_math.h``, ``cbp_elementwise.h`` and ``cbp_kernel.pxd``.

    Returns
    -------
    str
        For the C compiler's and Cython's include path.
    """
    return str(Path(__file__).parent / "include")


def get_compile_args(isa: str | None = None) -> list[str]:
    """The compiler flags of cbp's own kernels.

    A kernel compiled from the same source with these flags gives the same bits as a built-in one.

    Parameters
    ----------
    isa : ``"v2"``, ``"v3"``, ``"v4"`` or ``"base"``, optional
        The instruction set; by default the one in use on this machine.

    Returns
    -------
    list of str
    """
    if isa is None:
        from .core.isa import isa
    if isa not in (*MARCH, "base"):
        raise ValueError(f"isa: expected one of {', '.join(MARCH)} or base, got {isa!r}")
    wide = ["-mprefer-vector-width=512"] if isa == "v4" else []
    return [*FLAGS, *([f"-march={MARCH[isa]}"] if isa in MARCH else []), *wide]
