"""Claims about `import cbp`: what it loads, and that what it leaves for later is there all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cbp
from cbp import plugin

HEAVY = {
    "argparse", "asyncio", "concurrent", "ctypes.util", "difflib", "email", "hashlib", "importlib.metadata",
    "importlib.resources", "ipaddress", "json", "logging", "multiprocessing", "pathlib", "random", "secrets",
    "shutil", "socket", "subprocess", "tempfile", "threading", "urllib", "zipfile",
    "numpy.random", "numpy.testing", "numpy.typing",
    "jax", "matplotlib", "mpi4py", "mpmath", "numba", "onnx", "pandas", "rich", "safetensors", "scipy",
    "sklearn", "torch", "tqdm",
}  # fmt: skip
LATER = {
    "cbp.callbacks", "cbp.cli", "cbp.core.epoch", "cbp.data", "cbp.files", "cbp.gradients", "cbp.headers",
    "cbp.initializers", "cbp.kernels.from_python", "cbp.kernels.library", "cbp.metrics", "cbp.optimizers",
    "cbp.paper", "cbp.plot", "cbp.preparation", "cbp.registry.provenance", "cbp.registry.recall", "cbp.scores",
    "cbp.training",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """Every module that a fresh Python has loaded after `statement`."""
    command = [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_import_cbp_loads_nothing_heavy_that_import_numpy_does_not() -> None:
    with_cbp, with_numpy = loaded_by("import cbp"), loaded_by("import numpy")
    assert "cbp.network" in with_cbp
    assert not (with_cbp - with_numpy) & (HEAVY | LATER)


def test_import_cbp_asks_no_installed_distribution() -> None:
    statement = "import importlib.metadata as m; m.distributions = m.entry_points = None; import cbp"
    assert "cbp.registry" in loaded_by(statement)


@pytest.mark.parametrize("name", cbp.__all__)
def test_every_public_name_is_there_when_it_is_named(name: str) -> None:
    command = [sys.executable, "-c", f"import cbp; assert {name!r} in dir(cbp); cbp.{name}; from cbp import {name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_name_for_plugins_is_there_when_it_is_named(name: str) -> None:
    assert name in dir(plugin)
    assert getattr(plugin, name) is not None


def test_a_module_that_is_loaded_later_can_be_named_without_importing_it() -> None:
    assert "cbp.initializers" in loaded_by("import cbp; cbp.initializers.He('normal')")
    assert "cbp.data" in loaded_by("import cbp; cbp.data.load('iris')")


def test_a_name_that_cbp_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cbp' has no attribute 'netwrok'"):
        cbp.netwrok  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"module 'cbp.plugin' has no attribute 'activation'"):
        plugin.activation  # type: ignore[attr-defined]  # noqa: B018
