"""Builds the kernel as plain shared libraries, one for each instruction set: one wheel for every Python 3."""

import platform
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

try:
    from cbp import get_compile_args, get_include
except ImportError as missing:
    raise SystemExit(
        "cbp-tweedie: expected cbp, whose headers and compiler flags its kernel is built with, to be installed "
        f"({missing}); install cbp and setuptools, then build with: pip install --no-build-isolation"
    ) from None

LEVELS = ("v2", "v3", "v4") if platform.machine().lower() in ("x86_64", "amd64") else ("base",)


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
        f"cbp_tweedie.kernel_{isa}",
        ["src/cbp_tweedie/kernel.c"],
        depends=[str(header) for header in Path("src/cbp_tweedie").glob("*.h")],
        include_dirs=[get_include()],
        extra_compile_args=get_compile_args(isa),
    )
    for isa in LEVELS
]
setup(ext_modules=kernels, cmdclass={"build_ext": SharedLibraries, "bdist_wheel": Py3Wheel})
