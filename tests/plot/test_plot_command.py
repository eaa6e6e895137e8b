"""Claims about ``cbp plot``."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from commands import Result, Run

import cbp
from cbp import data
from cbp.callbacks import CSVLog
from cbp.cli import main

SIGNATURES = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``cbp plot`` in a folder with models of the irises: all features, and two of them."""
    monkeypatch.chdir(tmp_path)
    for name, options in {"iris": (), "petals": ("--features", "petal length (cm),petal width (cm)")}.items():
        assert main(["train", "iris", "--quiet", "--epochs", "5", "--out", f"{name}.safetensors", *options]) == 0
    capsys.readouterr()
    return lambda *argv: Result(main(["plot", *argv]), *capsys.readouterr())


@pytest.mark.parametrize("what", ["network", "layer", "weights"])
def test_a_model_is_drawn(run: Run, what: str) -> None:
    result = run("iris.safetensors", "--what", what)
    assert result == (0, f"wrote iris-{what}.png\n", "")
    assert Path(f"iris-{what}.png").read_bytes().startswith(SIGNATURES[".png"])


@pytest.mark.parametrize("what", ["confusion", "boundary", "activations", "gradients"])
@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_what_a_model_makes_of_data_is_drawn(run: Run, what: str, suffix: str) -> None:
    result = run("petals.safetensors", "iris", "--held-out", "--what", what, "--out", f"x{suffix}")
    assert (result.status, result.err) == (0, "")
    assert Path(f"x{suffix}").read_bytes().startswith(SIGNATURES[suffix])
    assert ("layer 2: 0 of" in result.out) == (what == "activations")


def test_the_names_of_the_data_are_in_the_picture(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    run("petals.safetensors", "iris", "--held-out", "--what", "boundary", "--out", "plane.svg")
    run("petals.safetensors", "--out", "net.svg")
    for name in ("plane.svg", "net.svg"):
        drawn = Path(name).read_text(encoding="utf-8")
        assert all(words in drawn for words in ("petal length (cm)", "petal width (cm)", "versicolor"))


def test_numbers_are_drawn_in_a_panel_each_and_are_no_classes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    X = np.random.default_rng(0).uniform(size=(60, 2))
    table = np.column_stack([X, 100 * X.sum(axis=1), X.prod(axis=1)])
    np.savetxt("t.csv", table, delimiter=",", header="east,north,the sum,the product", comments="")
    for targets in ("the sum", "the sum,the product"):
        assert main(["train", "t.csv", "--target", targets, "--features", "0,1", "--quiet", "--epochs", "2"]) == 0
        assert run("t.safetensors", "t.csv", "--what", "boundary", "--out", "t.svg").status == 0
        drawn = Path("t.svg").read_text(encoding="utf-8")
        assert all(f">{name}<" in drawn for name in targets.split(","))
        assert drawn.count(">east<") == drawn.count(">north<") == drawn.count(">Output<") == targets.count("the")
        assert "class" not in drawn.replace("<", " ").split()


def test_a_log_is_drawn_as_learning_curves(run: Run) -> None:
    iris = data.load("iris")
    net = cbp.Network([4, 3], cost="cross_entropy")
    net.fit(iris.X, iris.targets, epochs=3, validation=0.2, callbacks=[CSVLog("run.csv")])
    assert run("run.csv") == (0, "wrote run-curves.png\n", "")


def test_samples_that_were_trained_on_are_mentioned(run: Run) -> None:
    assert "some of these samples were trained on" in run("iris.safetensors", "iris", "--what", "confusion").err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["iris.safetensors", "--what", "confusion"], "--what confusion: expected DATA after the model, got none"),
        (
            ["iris.safetensors", "iris", "--held-out", "--what", "boundary"],
            "--what boundary: expected a model of 2 features, got one",
        ),
        (["iris.safetensors", "iris"], "--what network: expected no DATA, got 'iris'; confusion, boundary"),
        (["log.csv", "--what", "layer"], "log.csv: its learning curves are all that is drawn of a .csv file"),
        (["log.csv", "iris"], "log.csv: its learning curves are all that is drawn of a .csv file"),
        (["iris.safetensors", "--out", "x.bmp"], "--out x.bmp: expected a name that ends with .png, .svg, .pdf"),
        (["iris.safetensors", "--what", "layer", "--layer", "7"], "expected a layer with weights, 2 to 3, got 7"),
        (["iris.safetensors", "--what", "weights", "--shape", "3,3"], "an image of 4 numbers, which is not 3 × 3"),
        (["iris.safetensors", "--out", "no/such.png"], "there is no folder 'no'"),
        (["numbers.csv"], "numbers.csv: expected the log of a training, numbers below a row of titles"),
        (["empty.csv"], "empty.csv: expected the log of a training, got no epoch"),
        (["nowhere.csv"], "nowhere.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line_and_nothing_is_written(run: Run, argv: list[str], words: str) -> None:
    Path("numbers.csv").write_text("cost,seconds\n1,x\n")
    Path("empty.csv").write_text("")
    Path("log.csv").write_text("cost\n1\n")
    before = set(Path().iterdir())
    status, out, err = run(*argv)
    assert (status, out) == (2, "")
    assert err.startswith("cbp plot: error: ")
    assert err.count("\n") == 1
    assert words in err
    assert set(Path().iterdir()) == before
