"""Builds cbp's own kernels outside of cbp, once for each instruction set that this processor runs."""

from pathlib import Path

from setuptools import Extension, setup

import cbp
from cbp.core import cpu


def source(isa: str) -> str:
    """kernels.c under a name of its own, as the objects built side by side are named after it."""
    path = Path(f"kernels_{isa}.c")
    path.write_text('#include "kernels.c"\n')
    return str(path)


setup(
    ext_modules=[
        Extension(
            f"cbp_clone.{isa}.kernels",
            [source(isa)],
            include_dirs=[cbp.get_include()],
            extra_compile_args=cbp.get_compile_args(isa),
        )
        for isa in cpu.supported()
    ],
    options={"build_ext": {"parallel": str(len(cpu.supported()))}},
)
