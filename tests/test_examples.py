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

import cbp
from cbp import data

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
PAGES = ("README.md", "docs/command-line.md")


def run(*words: str, cwd: Path) -> str:
    """Run a command in `cwd`, where the checkout is not importable, and return what it prints."""
    env = {**os.environ, "PYTHONPATH": ""} if "site-packages" in data.__file__ else dict(os.environ)
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands_of(page: str) -> list[str]:
    """The lines of its shell blocks that begin with cbp."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("cbp ")]


def test_the_readme_has_python_and_commands() -> None:
    assert len(BLOCKS) >= 3
    assert all(len(commands_of(page)) >= 5 for page in PAGES)


@pytest.mark.parametrize("code", BLOCKS, ids=[f"block{i}" for i in range(len(BLOCKS))])
def test_the_readmes_python_runs(code: str, tmp_path: Path) -> None:
    run(sys.executable, "-W", "error", "-c", code, cwd=tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_one_after_another(page: str, tmp_path: Path) -> None:
    for command in commands_of(page):
        run(sys.executable, "-m", *command.split(), cwd=tmp_path)


def test_the_file_of_options_on_its_page_can_be_read(tmp_path: Path) -> None:
    block = re.search(r"^```toml\n(.*?)^```", (ROOT / PAGES[1]).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    (tmp_path / "run.toml").write_text(block[1])
    table = "\n".join(["area,year,price", *(f"{i},{i % 7},{i + i % 7}.5" for i in range(60))])
    (tmp_path / "houses.csv").write_text(table)
    run(sys.executable, "-m", "cbp", "train", "--config", "run.toml", "--epochs", "2", cwd=tmp_path)
    net = cbp.load(tmp_path / "houses.safetensors")
    assert net.sizes == (2, 64, 32, 1)
    assert net.extra["training"]["weight_decay"] == 0.02


def test_first_steps_runs(tmp_path: Path) -> None:
    shown = run(sys.executable, "-W", "error", str(ROOT / "examples" / "first_steps.py"), cwd=tmp_path)
    assert "δ^2" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tabular", r"malignant +\d+ +\d+\n"),
        ("uncertainty", r" 10% +\d+\.\d% .*\n +50% .*\n +90% "),
        ("imbalance", r'class_weight="balanced" +\d+\.\d% '),
        ("own_cost", r"lopsided +\d+\.\d% +[\d,]+\n"),
    ],
)
def test_an_example_runs_and_what_it_asserts_holds(name: str, shown: str, tmp_path: Path) -> None:
    out = run(sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py"), cwd=tmp_path)
    assert re.search(shown, out), out


def test_the_readme_names_every_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in readme for path in (ROOT / "examples").glob("*.py"))


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
