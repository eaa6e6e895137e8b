"""Builds the compiled core. Everything else about the package is in pyproject.toml.

Two sorts of module. The *vector* modules hold the arithmetic: each is translated to C once and compiled
once per instruction set into ``cbp/core/<isa>/``, and ``cbp.core.isa`` picks one set at import. The
*control* modules (passes, epoch) call them through tables of function pointers and are compiled once.
"""

import copy
import os
import platform
import runpy
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# One file says how kernels are compiled, cbp's own and a plugin's. It is run alone: there is no cbp to import yet.
COMPILE = runpy.run_path("cbp/headers.py")

# The products want a·b + c contracted to one instruction; the others, which are cut up at will, must not.
# The tile is written in vectors and gains nothing from -O3, which takes a minute over its many sizes; a product of
# small matrices should not set up the stack for large ones; and a·b that two branches share must not leave its + c.
VECTOR = {
    "tiles": ["-O2", "-fno-inline-functions-called-once", "-fno-code-hoisting"],
    "kernels": [*COMPILE["KERNEL_FLAGS"]],
    "updates": [*COMPILE["KERNEL_FLAGS"]],
    "regularizers": [*COMPILE["KERNEL_FLAGS"]],
    "chance": [*COMPILE["KERNEL_FLAGS"]],
    "probe": [],
}
CONTROL = ("cpu", "sentinel", "bound", "passes", "plan", "single", "learning", "epoch", "normal")
SHARED = "_cyutility"  # Cython's own code, of memoryviews above all: once, not in every module
X86 = platform.machine().lower() in ("x86_64", "amd64")
ISAS = {isa: [*march] for isa, march in COMPILE["ISA_FLAGS"].items() if (isa != "base") == X86}
if only := os.environ.get("CBP_BUILD_ISAS"):  # "v3": a quicker build for this machine alone
    ISAS = {isa: ISAS[isa] for isa in only.split(",")}

FLAGS = ["-O2", *COMPILE["C_FLAGS"], "-fvisibility=hidden", "-Wall", "-Wno-unused-function", "-g0"]
FLAGS += os.environ.get("CBP_CFLAGS", "").split()  # sanitizers, coverage, -Werror
LINK = os.environ.get("CBP_LDFLAGS", "").split() or ["-Wl,-s"] * (platform.system() == "Linux")

DEPENDS = ["setup.py", "cbp/headers.py"]
DEPENDS += [str(p) for ending in ("*.h", "*.pxd") for p in sorted(Path("cbp").rglob(ending))]


def extension(name: str, source: str, march: list[str]) -> Extension:
    """A module of cbp, compiled with `march` on top of the common flags."""
    return Extension(
        name,
        [source],
        include_dirs=["cbp/include", "cbp/core"],
        extra_compile_args=FLAGS + march,
        extra_link_args=LINK,
        depends=DEPENDS,
    )


def extensions() -> list[Extension]:
    """The control modules once, the vector modules once per instruction set, each translated once."""
    shared = f"cbp.core.{SHARED}"
    modules = [extension(f"cbp.core.{m}", f"cbp/core/{m}.pyx", []) for m in (*VECTOR, *CONTROL)]
    translated = cythonize(
        [*modules, extension(shared, f"cbp/core/{SHARED}.c", [])],
        include_path=["cbp/include"],
        build_dir="build/cython",
        shared_utility_qualified_name=shared,
        compiler_directives={"language_level": 3, "embedsignature": True, "freethreading_compatible": True},
    )
    for copied in Path("build/cython").rglob("*.h"):  # by Cython, perhaps stale: cbp/'s own are meant
        copied.unlink()
    c_source = {e.name.rpartition(".")[2]: e.sources[0] for e in translated}
    vector = [
        extension(f"cbp.core.{isa}.{m}", c_source[m], march + flags)
        for isa, march in ISAS.items()
        for m, flags in VECTOR.items()
    ]
    return vector + [e for e in translated if e.name.rpartition(".")[2] in (*CONTROL, SHARED)]


class BuildExt(build_ext):
    """Builds the extensions side by side.

    Each has an object folder of its own, for the instruction sets share their C files.
    """

    def finalize_options(self) -> None:
        """Use every core unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extension(self, ext: Extension) -> None:
        """Build `ext` with an object folder of its own."""
        alone = copy.copy(self)
        alone.build_temp = str(Path(self.build_temp, ext.name))
        build_ext.build_extension(alone, ext)


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildExt})
