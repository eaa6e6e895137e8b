"""Where the C headers for kernels are, and the flags that compile one as cbp's own are compiled.

``setup.py`` reads the flags from this file before there is a cbp to import: nothing of cbp may be imported here.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["get_compile_args", "get_include"]

# Vectorised loops need the two promises (no errno, no trapping); -ffast-math is never used.
C_FLAGS = ("-std=gnu11", "-fno-math-errno", "-fno-trapping-math")
# Contracted to one instruction, a·b + c would depend on whether a number fell into a loop's vector body or its
# remainder (cbp_math.h asks for its own by name).
KERNEL_FLAGS = ("-O3", "-ffp-contract=off")
ISA_FLAGS: dict[str, tuple[str, ...]] = {
    "v2": ("-march=x86-64-v2",),
    "v3": ("-march=x86-64-v3",),
    "v4": ("-march=x86-64-v4", "-mprefer-vector-width=512"),
    "base": (),
}


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
    if isa not in ISA_FLAGS:
        *others, last = ISA_FLAGS
        raise ValueError(f"isa: expected one of {', '.join(others)} or {last}, got {isa!r}")
    return [*C_FLAGS, *KERNEL_FLAGS, *ISA_FLAGS[isa]]
