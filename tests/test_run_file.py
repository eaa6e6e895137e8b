"""Files of options of ``cbp train``: a run can be written down and repeated word for word."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from commands import Run

import cbp
from cbp.cli import program, run_file

HANDWRITTEN = """
[data]
source = "iris"

[network]
hidden = [8, 5]
activation = ["tanh", "leaky_relu:alpha=0.2"]

[training]
optimizer = "sgd:momentum=0.5"
lr = 0.05
epochs = 3
batch_size = 10   # or batch-size
"""
CHOICES = (
    *("--hidden", "7,5", "--activation", "tanh,leaky_relu:alpha=0.3", "--cost", "huber:delta=2", "--dtype", "float64"),
    *("--output-activation", "logistic", "--input-activation", "softsign", "--init", "orthogonal:gain=0.5"),
    *("--frozen", "2,4"),
    *(
        "--optimizer",
        "nadam:betas=0.85,0.99",
        "--lr",
        "0.0123456789",
        "--schedule",
        "warmup:total_iters=2:then=plateau",
    ),
    *("--epochs", "5", "--batch-size", "9", "--no-shuffle", "--seed", "4", "--threads", "2", "--no-scale"),
    *("--test-fraction", "0.3", "--l1", "1e-5", "--l2", "0.001", "--max-norm", "3", "--clip-value", "0.5"),
    *("--clip-norm", "0.7", "--class-weight", "setosa=2", "--early-stopping", "3", "--monitor", "validation_accuracy"),
    *(
        "--min-delta",
        "0.001",
        "--time-budget",
        "1h",
        "--log",
        "log.csv",
        "--checkpoint",
        "c",
        "--checkpoint-every",
        "2",
    ),
    *("--checkpoint-best", "best"),
)


@pytest.mark.parametrize("choices", [("--epochs", "3"), CHOICES], ids=["defaults", "everything"])
def test_a_run_is_repeated_to_the_same_bytes(run: Run, choices: tuple[str, ...]) -> None:
    assert run("train", "iris", *choices, "--quiet").err == ""
    model, written = Path("iris.safetensors").read_bytes(), Path("iris.toml").read_bytes()
    Path("iris.safetensors").unlink()
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    assert Path("iris.safetensors").read_bytes() == model
    assert Path("iris.toml").read_bytes() == written


def test_everything_that_was_chosen_is_written_down(run: Run) -> None:
    """But what changes nothing of what is learned; so an option that somebody adds is, too."""
    run("train", "iris", *CHOICES, "--quiet")
    content = tomllib.loads(Path("iris.toml").read_text())
    kept = {f"--{key}" for title, table in content.items() if title != "noted" for key in table}
    chosen = {word.replace("--no-", "--") for word in CHOICES if word.startswith("--")}
    assert chosen - kept == {"--lr"}  # it is in the optimiser's
    assert "lr=0.0123456789" in content["training"]["optimizer"]


def test_what_was_left_to_cbp_is_written_down(run: Run) -> None:
    run("train", "iris", "--quiet", "--early-stopping", "90")
    content = tomllib.loads(Path("iris.toml").read_text())
    assert content["data"] == {
        "source": "iris", "task": "classification", "test-fraction": 0.2, "validation": 0.1, "scale": True,
        "train-metrics": False,
    }  # fmt: skip
    assert content["training"]["optimizer"].startswith("adam:lr=0.003:betas=0.9,0.999:eps=1e-08")
    assert content["training"]["epochs"] == 100
    assert content["network"]["cost"] == "cross_entropy:label_smoothing=0.05"
    assert content["network"]["output-activation"] == "softmax"
    noted = content["noted"]
    assert (noted["cbp"], noted["numpy"]) == (cbp.__version__, np.__version__)
    assert noted["python"] == ".".join(map(str, sys.version_info[:3]))
    assert (noted["samples"], noted["epochs"], noted["score"]["samples"]) == (150, 100, 30)


def test_a_file_written_by_hand_is_read_and_left_alone(run: Run) -> None:
    Path("iris.toml").write_text(HANDWRITTEN)
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    net = cbp.load("iris.safetensors")
    assert [str(sigma) for sigma in net.layer_activations[1:-1]] == ["tanh", "leaky_relu(alpha=0.2)"]
    assert (net.sizes, net.epochs_trained) == ((4, 8, 5, 3), 3)
    training = net.extra["training"]
    assert (training["optimizer"], training["momentum"], training["lr"], training["batch_size"]) == (
        "sgd",
        0.5,
        0.05,
        10,
    )
    assert Path("iris.toml").read_text() == HANDWRITTEN
    result = run("train", "--config", "iris.toml", "--lr", "0.1")
    assert (result.status, "iris.toml: is the --config of this run" in result.err) == (2, True)
    result = run("train", "iris")
    assert (result.status, "iris.toml: is there, and not as cbp train writes it" in result.err) == (2, True)
    assert Path("iris.toml").read_text() == HANDWRITTEN


def test_comments_are_never_lost(run: Run) -> None:
    run("train", "iris", "--epochs", "1", "--quiet")
    edited = Path("iris.toml").read_text().replace("epochs = 1\n", "epochs = 2  # one was not enough\n")
    Path("iris.toml").write_text(edited)
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    assert cbp.load("iris.safetensors").epochs_trained == 2
    Path("nr#1.csv").write_text("\n".join(["x,y", *(f"{i},{i % 2}" for i in range(40))]))
    assert [run("train", "nr#1.csv", "--epochs", "1").status for _ in range(2)] == [0, 0]  # that is no comment
    assert run("train", "iris", "--epochs", "3").status == 2
    assert run("train", "--config", "iris.toml", "--epochs", "3").status == 2
    assert Path("iris.toml").read_text() == edited
    assert cbp.load("iris.safetensors").epochs_trained == 2


def test_the_command_line_goes_before_the_file_wherever_it_stands(run: Run) -> None:
    Path("run.toml").write_text(HANDWRITTEN)
    for words in (
        ("--hidden", "6", "--activation", "relu", "--config", "run.toml", "--epochs", "2", "--batch-size", "32"),
        ("--config", "run.toml", "digits", "--hidden", "6", "--activation", "relu"),
        ("--config", "run.toml", "--optimizer", "adam"),
    ):
        run("train", *words, "--out", f"{len(words)}.safetensors")
    first, second, third = (cbp.load(f"{n}.safetensors") for n in (10, 7, 4))
    assert (first.sizes, first.epochs_trained, first.extra["training"]["batch_size"]) == ((4, 6, 3), 2, 32)
    assert second.sizes == (64, 6, 10)
    training = third.extra["training"]
    assert (training["optimizer"], training["lr"], "momentum" in training) == ("adam", 0.05, False)


def test_files_are_seen_from_the_folder_of_the_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{i},{i % 7},{i % 3}" for i in range(60)]
    for folder in ("data", "models"):
        Path(folder).mkdir()
    for name in ("houses", "others"):
        Path(f"data/{name}.csv").write_text("\n".join(["a,b,c", *lines]))
    words = ("--epochs", "2", "--validation", "data/others.csv", "--log", "models/log.csv", "--quiet")
    assert run("train", "data/houses.csv", "--out", "models/h.safetensors", *words).err == ""
    model = Path("models/h.safetensors").read_bytes()
    Path("models/log.csv").unlink()
    content = tomllib.loads(Path("models/h.toml").read_text())
    assert content["data"]["source"] == "../data/houses.csv"
    assert content["output"] == {"out": "h.safetensors", "log": "log.csv"}
    assert run("train", "--config", "models/h.toml", "--quiet").err == ""
    assert Path("models/h.safetensors").read_bytes() == model
    Path("models/h.safetensors").unlink()
    monkeypatch.chdir("data")
    assert program.main(["train", "--config", "../models/h.toml", "--quiet"]) == 0
    assert cbp.load("../models/h.safetensors").extra["data"]["name"] == "houses.csv"
    assert Path("../models/log.csv").exists()
    assert not Path("log.csv").exists()


def test_what_changed_since_is_said(run: Run) -> None:
    Path("t.csv").write_text("\n".join(["x,y", *(f"{i},{i % 2}" for i in range(40))]))
    run("train", "t.csv", "--epochs", "1")
    Path("t.toml").write_text(Path("t.toml").read_text().replace(cbp.__version__, "0.0.1"))
    Path("t.csv").write_text("\n".join(["x,y", *(f"{i},{i % 2}" for i in range(1, 41))]))
    err = run("train", "--config", "t.toml").err
    assert f"t.toml: cbp was 0.0.1 and is {cbp.__version__}\n" in err
    assert re.search(r"^t\.toml: checksum was [0-9a-f]{8} and is [0-9a-f]{8}$", err, re.MULTILINE)
    assert "samples was" not in err
    assert "t.toml:" not in run("train", "--config", "t.toml", "--quiet").err


def test_without_the_package_that_writes_toml_a_model_is_written_and_it_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    result = run("train", "iris", "--epochs", "1", "--quiet")
    assert result.status == 0
    assert result.err == 'iris.toml is not written: it needs the package tomli-w (pip install "cbp[cli]")\n'
    assert Path("iris.safetensors").exists()
    assert not Path("iris.toml").exists()


def test_every_option_has_its_key(run: Run) -> None:
    parsers = next(action for action in program._parser()._actions if action.dest == "command")
    train = parsers.choices["train"]  # type: ignore[index]
    keys = {key for table in run_file.keys(train).values() for key in table}
    options = {option.removeprefix("--") for action in train._actions for option in action.option_strings}
    ours = {option.removeprefix("no-") for option in options if not option.startswith("-")}
    assert ours - keys == {"help", "config"}
    assert keys - ours == {"source"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[trianing]\nlr = 1", "there is no table [trianing]: did you mean 'training'?"),
        ("[training]\nlearning_rate = 1", "[training] has no key 'learning_rate': it has optimizer, lr, "),
        ("[network]\nhiden = 3", "[network] has no key 'hiden': did you mean 'hidden'?"),
        ("[network]\nlr = 3", "'lr' belongs in the table [training], not in [network]"),
        ("lr = 3", "'lr' belongs in the table [training]"),
        ("[data]\nno-scale = true", "[data] has no key 'no-scale': did you mean 'scale'?"),
        ("[data]\nscale = 1", "[data] scale: expected true or false, got 1"),
        ("[training]\nlr = 'fast'", "[training] lr: expected a number, got 'fast'"),
        ("[training]\nlr = '0.1'", "[training] lr: expected a number, got '0.1'"),
        ("[training]\nlr = true", "[training] lr: expected a number, got true"),
        ("[training]\nepochs = 3.5", "[training] epochs: expected a whole number from 1, got 3.5"),
        ("[training]\nepochs = 0", "[training] epochs: expected a whole number from 1, got '0'"),
        ("[training]\nepochs = [3]", "[training] epochs: expected a whole number from 1, got [3]"),
        ("[training]\nepochs = {a = 3}", "[training] epochs: expected a whole number from 1, got {'a': 3}"),
        ("[network]\nhidden = [3, 'x']", "[network] hidden: expected sizes of layers such as 100 or 100,50, got "),
        ("[network]\nhidden = [3, -1]", "[network] hidden: expected sizes of layers"),
        ("[network]\ndtype = 'float16'", "[network] dtype: expected 'float32' or 'float64', got 'float16'"),
        ("[network]\nactivation = ['tanh', 3]", "[network] activation: expected a name, or a list of names, got "),
        ("[network]\nactivation = 'thanh'", "unknown activation 'thanh': did you mean 'tanh'?"),
        ("[regularization]\ndropout = ['x']", "[regularization] dropout: expected a number, several, or some by layer"),
        ("[training", "expected TOML, got none: "),
        ("[training]\nlr = 1\nlr = 2", "expected TOML, got none: "),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_one_line_that_names_the_key(run: Run, content: str, words: str) -> None:
    Path("run.toml").write_text(content)
    result = run("train", "iris", "--config", "run.toml", "--quiet")
    assert (result.status, result.out) == (2, "")
    assert words in result.err
    assert re.fullmatch(r"cbp train: error: [^\n]+\n", result.err), result.err
    assert not Path("iris.safetensors").exists()


def test_a_file_that_is_not_there_or_no_text_is_refused(run: Run) -> None:
    assert run("train", "--config", "no.toml").err == "cbp train: error: no.toml: No such file or directory\n"
    Path("run.toml").write_bytes(b"\xff\xfe")
    assert "run.toml: expected TOML, got none: " in run("train", "--config", "run.toml").err


def test_a_file_without_data_needs_data(run: Run) -> None:
    Path("run.toml").write_text("[training]\nepochs = 1\n")
    assert "expected DATA to train on, or a --config that names it" in run("train", "--config", "run.toml").err
    assert run("train", "iris", "--config", "run.toml", "--quiet").status == 0
