"""The README's code and the examples run as they stand."""

import gzip
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cbp import data

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
SHELL = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in SHELL for line in block.splitlines() if line.startswith("cbp ")]


def run(*words: str, cwd: Path) -> str:
    """Run a command in `cwd`, where the checkout is not importable, and return what it prints."""
    env = {**os.environ, "PYTHONPATH": ""} if "site-packages" in data.__file__ else dict(os.environ)
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_has_python_and_commands() -> None:
    assert len(BLOCKS) >= 3
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("code", BLOCKS, ids=[f"block{i}" for i in range(len(BLOCKS))])
def test_the_readmes_python_runs(code: str, tmp_path: Path) -> None:
    run(sys.executable, "-W", "error", "-c", code, cwd=tmp_path)


def test_the_readmes_commands_run_one_after_another(tmp_path: Path) -> None:
    for command in COMMANDS:
        run(sys.executable, "-m", *command.split(), cwd=tmp_path)
    assert (tmp_path / "model.safetensors").exists()


def test_first_steps_runs(tmp_path: Path) -> None:
    shown = run(sys.executable, "-W", "error", str(ROOT / "examples" / "first_steps.py"), cwd=tmp_path)
    assert "δ^2" in shown


def test_pictures_draws_the_pictures_of_its_page(tmp_path: Path) -> None:
    run(sys.executable, "-W", "error", str(ROOT / "examples" / "pictures.py"), "drawn", cwd=tmp_path)
    expected = {path.name for path in (ROOT / "docs" / "pictures").iterdir()}
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == expected
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "drawn").iterdir())


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def idx_folder(tmp_path: Path) -> Path:
    """The bundled digits as 28x28 images under MNIST's file names."""
    train, test = data.load("digits").split(0.25, seed=0)
    for name, part in (("train", train), ("t10k", test)):
        images = np.kron(part.X.reshape(-1, 8, 8) * 255, np.ones((1, 4, 4)))[:, 2:30, 2:30]
        write_idx(tmp_path / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte.gz", part.targets)
    return tmp_path


def test_nielsens_network_learns_alike_in_numpy_and_in_cbp(idx_folder: Path) -> None:
    example = str(ROOT / "examples" / "nielsen.py")
    shown = run(
        sys.executable,
        "-W",
        "error",
        example,
        str(idx_folder),
        "--epochs",
        "12",
        "--seeds",
        "3",
        cwd=idx_folder,
    )
    *_, last, _, verdict = shown.splitlines()
    plain, compiled = (float(p) for p in re.findall(r"(\d+\.\d+)% \(", last))
    assert min(plain, compiled) > 85
    assert abs(plain - compiled) < 5
    assert verdict.startswith("the curves agree: ")
