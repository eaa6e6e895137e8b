"""Builds the kernel as cbp's own kernels are built; everything else is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

try:
    from cbp import get_compile_args, get_include
except ImportError as missing:
    raise SystemExit(
        "cbp-snake: expected cbp, whose headers and compiler flags its kernel is built with, to be installed "
        f"({missing}); install cbp, setuptools and Cython, then build with: pip install --no-build-isolation"
    ) from None

kernel = Extension(
    "cbp_snake.kernel",
    ["src/cbp_snake/kernel.pyx"],
    include_dirs=[get_include()],
    extra_compile_args=get_compile_args(),
)
setup(ext_modules=cythonize([kernel], include_path=[get_include()], build_dir="build"))
