"""Builds the kernel as cbp's own kernels are built; everything else is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

import cbp

kernel = Extension(
    "cbp_snake.kernel",
    ["cbp_snake/kernel.pyx"],
    include_dirs=[cbp.get_include()],
    extra_compile_args=cbp.get_compile_args(),
)
setup(ext_modules=cythonize([kernel], include_path=[cbp.get_include()], build_dir="build"))
