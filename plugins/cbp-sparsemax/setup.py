"""Builds the kernel as plain shared libraries, one for each instruction set: one wheel for every Python 3."""

import platform

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

try:
    from cbp import get_compile_args, get_include
except ImportError as missing:
    raise SystemExit(
        "cbp-sparsemax: expected cbp, whose headers and compiler flags its kernel is built with, to be installed "
        f"({missing}); install cbp and setuptools, then build with: pip install --no-build-isolation"
    ) from None

X86 = platform.machine().lower() in ("x86_64", "amd64")
LEVELS = ("v2", "v3", "v4") if X86 else ("base",)


class SharedLibraries(build_ext):
    """Names and exports without Python's."""

    def get_ext_filename(self, name):
        return name.replace(".", "/") + ".so"

    def get_export_symbols(self, extension):
        return extension.export_symbols


class Py3Wheel(bdist_wheel):
    """For any Python 3, on this platform."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


kernels = [
    Extension(
        f"cbp_sparsemax.kernel_{isa}",
        ["src/cbp_sparsemax/kernel.c"],
        depends=["src/cbp_sparsemax/sparsemax_of.h"],
        include_dirs=[get_include()],
        extra_compile_args=get_compile_args(isa),
    )
    for isa in LEVELS
]
setup(ext_modules=kernels, cmdclass={"build_ext": SharedLibraries, "bdist_wheel": Py3Wheel})
