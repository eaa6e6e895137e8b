"""The command line: what a person or a script sees of ``cbp``, in process and as a program of its own."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import sklearn.metrics
from commands import Result, Run

import cbp
from cbp.cli import program
from cbp.cli.paths import model_file
from cbp.data import Scaling, load
from cbp.preparation import Preparation

WIGGLE = """
import numpy as np
from cbp.plugin import Activation, hookimpl

@hookimpl
def cbp_activations():
    return [Activation("wiggle", forward=lambda z: z + np.sin(z) ** 2,
                       derivative=lambda z, a: 1 + np.sin(2 * z), formula="z + sin² z")]
"""


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Run ``python -m cbp`` in an empty folder, its outputs not a terminal."""

    def run(*argv: str, **environment: str) -> Result:
        done = subprocess.run(
            command(*argv),
            check=False,
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def plugin(tmp_path: Path) -> dict[str, str]:
    """An environment in which the distribution cbp-wiggle 2.5 is installed, and a broken one."""
    site = tmp_path / "site"
    for name, code in {"cbp_wiggle": WIGGLE, "cbp_broken": "import no_such_module"}.items():
        info = site / f"{name}-2.5.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}_module.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[cbp]\n{name} = {name}_module\n")
    return {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])}


def command(*argv: str) -> list[str]:
    return [sys.executable, "-m", "cbp", *argv]


def run_writing_to(stdout: int, cwd: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m cbp`` with an output that is buffered, as usual, and fails."""
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    return subprocess.run(
        command(*argv), check=False, cwd=cwd, env=buffered, stdout=stdout, stderr=subprocess.PIPE, text=True
    )


def write_table(path: str, header: list[str], columns: list[np.ndarray]) -> None:
    with Path(path).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([header] if header else [])
        rows.writerows(zip(*(column.tolist() for column in columns), strict=True))


def write_houses(path: str = "houses.csv", *, header: bool = True, order: tuple[int, ...] = (0, 1, 2)) -> np.ndarray:
    """Write a table of 300 houses, their price almost linear in the other columns; return the prices."""
    rng = np.random.default_rng(0)
    area, year = rng.uniform(30, 200, 300).round(1), rng.integers(1900, 2024, 300)
    price = (2500 * area + 800 * (year - 1900) + rng.normal(0, 5000, 300)).round()
    names, columns = ["area", "year", "price"], [area, year, price]
    write_table(path, [names[j] for j in order] if header else [], [columns[j] for j in order])
    return price


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def in_terminal(*argv: str, cwd: Path, **environment: str) -> tuple[int, str]:
    """Run ``python -m cbp`` in a pseudo-terminal of 80 columns; (exit status, all it showed)."""
    reader, writer = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"} | environment
    with subprocess.Popen(
        command(*argv), cwd=cwd, env=environment, stdin=writer, stdout=writer, stderr=writer
    ) as child:
        os.close(writer)
        shown = b""
        while piece := read_or_nothing(reader):
            shown += piece
    os.close(reader)
    return child.returncode, shown.decode()


def read_or_nothing(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # how Linux reports that the other side is closed
        return b""


# -- train ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_train_digits_reaches_97_percent_whatever_the_seed(run: Run, seed: int) -> None:
    status, out, err = run("train", "digits", "--seed", str(seed), "--quiet")
    assert (status, err) == (0, "")
    found = re.fullmatch(r"held-out accuracy (\d+\.\d)% \(\d+ of \d+\), 32 epochs in [\d.]+ s\n", out)
    assert found, out
    assert float(found[1]) >= 97


def test_train_says_what_it_does_and_how_to_go_on(process: Run, tmp_path: Path) -> None:
    status, out, err = process("train", "digits")
    assert status == 0
    assert err.splitlines()[0] == "digits: 1797 samples, 64 features, 10 classes; 1438 to train on, 359 held out"
    assert "64-200-10: relu, softmax; cross_entropy(label_smoothing=0.05)" in err
    assert "wrote digits.safetensors; to use it:" in out
    assert "cbp evaluate digits.safetensors digits --held-out" in out
    assert "net = cbp.load('digits.safetensors')" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.safetensors", "digits.toml"]


@pytest.mark.parametrize("data", ["digits", "iris", "houses.csv"])
def test_the_lines_of_python_that_train_prints_run(run: Run, data: str) -> None:
    write_houses()
    out = run("train", data, "--epochs", "2").out
    lines = [line.strip() for line in out.partition("or in Python:\n")[2].splitlines()]
    X = load(data).X
    *before, last = lines
    scope: dict[str, object] = {"X": X}
    exec("\n".join(before), scope)
    assert len(eval(last, scope)) == len(X)


def test_in_a_folder_with_another_cbp_train_says_how_python_finds_this_one(tmp_path: Path) -> None:
    (tmp_path / "cbp").mkdir()
    (tmp_path / "cbp" / "__init__.py").write_text("raise ImportError('another one')")

    def python(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)

    out = python("-P", "-m", "cbp", "train", "iris", "--epochs", "2").stdout
    hint, *lines = out.partition("or in Python ")[2].splitlines()
    code = "X = [5, 3, 2, 1]\n" + "\n".join(line.strip() for line in lines)
    assert hint.startswith("(started as `python -P`: ")
    assert python("-P", "-c", code).returncode == 0
    assert "another one" in python("-c", code).stderr


def test_the_score_is_that_of_the_held_out_samples(run: Run) -> None:
    out = run("train", "digits", "--epochs", "3", "--seed", "4", "--test-fraction", "0.3").out
    held_out = load("digits").split(0.3, seed=4)[1]
    predicted = cbp.load("digits.safetensors").predict(held_out.X).argmax(axis=1)
    accuracy = sklearn.metrics.accuracy_score(held_out.targets, predicted)
    assert f"held-out accuracy {accuracy:.1%} ({sum(held_out.targets == predicted)} of {len(held_out)})" in out


def test_the_same_command_writes_the_same_bytes(run: Run) -> None:
    for name in ("a", "b"):
        run("train", "iris", "--seed", "3", "--epochs", "5", "--out", name)
    assert Path("a").read_bytes() == Path("b").read_bytes()
    run("train", "iris", "--seed", "2", "--epochs", "5", "--out", "b")
    assert Path("a").read_bytes() != Path("b").read_bytes()


def test_a_model_knows_its_data(run: Run) -> None:
    run("train", "iris", "--optimizer", "sgd", "--momentum", "0.9", "--epochs", "3", "--batch-size", "10")
    net, iris = cbp.load("iris.safetensors"), load("iris")
    train = iris.split(0.2, seed=0)[0]
    assert net.extra["task"] == "classification"
    assert net.extra["class_names"] == ["setosa", "versicolor", "virginica"]
    assert net.extra["feature_names"] == list(iris.feature_names)
    assert net.extra["cbp_version"] == cbp.__version__
    assert net.extra["data"] == {"name": "iris", "samples": 150, "held_out": {"fraction": 0.2, "seed": 0}}
    assert net.extra["score"]["samples"] == 30
    assert net.extra["training"] == {
        "optimizer": "sgd", "lr": pytest.approx(0.01), "momentum": 0.9, "nesterov": False, "dampening": 0,
        "weight_decay": 0, "batch_size": 10,
    }  # fmt: skip
    np.testing.assert_allclose(net.extra["scaling"]["features"]["shift"], train.X.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(net.extra["scaling"]["features"]["scale"], train.X.std(axis=0), rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["lbfgs", "lm", "levenberg_marquardt:scaled=true"])
def test_train_with_all_samples_at_once(optimizer: str, run: Run) -> None:
    X = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    np.savetxt("surface.csv", np.c_[X, np.sin(3 * X[:, 0]) * X[:, 1]], delimiter=",", header="a,b,y", comments="")
    run(
        "train", "surface.csv", "--optimizer", optimizer, "--hidden", "12", "--activation", "tanh", "--dtype", "float64"
    )
    assert cbp.load("surface.safetensors").extra["score"]["r2"][0] > 0.99


def test_options_reach_the_network(run: Run) -> None:
    run(
        *(
            "train",
            "iris",
            "--hidden",
            "7,5",
            "--hidden",
            "3",
            "--activation",
            "tanh,leaky_relu:alpha=0.2,elu",
        ),
        *("--output-activation", "logistic", "--input-activation", "softsign", "--cost", "huber:delta=2"),
        *("--dtype", "float64", "--init", "orthogonal", "--seed", "9", "--epochs", "1"),
    )
    net = cbp.load("iris.safetensors")
    assert net.sizes == (4, 7, 5, 3, 3)
    assert [str(sigma) for sigma in net.layer_activations] == [
        "softsign", "tanh", "leaky_relu(alpha=0.2)", "elu(alpha=1)", "logistic"
    ]  # fmt: skip
    assert str(net.cost_function) == "huber(delta=2)"
    assert (net.dtype.name, net.seed, net.epochs_trained) == ("float64", 9, 1)


@pytest.mark.parametrize("hidden", ["", "0"])
def test_a_network_may_have_no_hidden_layer(run: Run, hidden: str) -> None:
    assert run("train", "iris", "--hidden", hidden, "--quiet").status == 0
    assert cbp.load("iris.safetensors").sizes == (4, 3)


@pytest.mark.parametrize(
    ("options", "last", "cost"),
    [
        ((), "softmax", "cross_entropy(label_smoothing=0.05)"),
        (("--cost", "quadratic"), "logistic", "quadratic"),
        (("--cost", "hinge"), "identity", "hinge"),
        (("--cost", "binary_cross_entropy"), "logistic", "binary_cross_entropy"),
        (("--task", "regression"), "identity", "squared_error"),
        (("--task", "regression", "--cost", "poisson"), "exponential", "poisson"),
    ],
)
def test_the_output_suits_cost_and_task(run: Run, options: tuple[str, ...], last: str, cost: str) -> None:
    write_table("t.csv", ["x", "y"], [np.arange(60), np.arange(60) % 3])
    assert run("train", "t.csv", *options, "--epochs", "1").status == 0
    net = cbp.load("t.safetensors")
    assert (net.layer_activations[-1].name, str(net.cost_function)) == (last, cost)


@pytest.mark.parametrize(
    "options",
    [("--no-scale",), ("--cost", "poisson"), ("--cost", "hinge"), ("--output-activation", "softplus")],
)
def test_targets_are_scaled_only_where_any_number_can_come_out(run: Run, options: tuple[str, ...]) -> None:
    write_table("t.csv", ["x", "y"], [np.linspace(0, 1, 60), np.linspace(0, 1, 60)])
    run("train", "t.csv", "--epochs", "1")
    assert Preparation.of(cbp.load("t.safetensors")).targets is not None
    run("train", "t.csv", "--epochs", "1", *options)
    assert Preparation.of(cbp.load("t.safetensors")).targets is None


def test_images_are_not_standardised_and_tables_are(run: Run) -> None:
    run("train", "digits", "--epochs", "1")
    assert Preparation.of(cbp.load("digits.safetensors")).features is None
    run("train", "iris", "--epochs", "1")
    assert Preparation.of(cbp.load("iris.safetensors")).features is not None


def test_regression_answers_in_the_unit_of_the_targets(run: Run) -> None:
    price = write_houses()
    out = run("train", "houses.csv", "--quiet").out
    r2 = float(re.match(r"held-out R² (0\.\d+), RMSE [\d,]+, MAE [\d,]+, ", out)[1])  # type: ignore[index]
    assert r2 > 0.95
    predicted = [float(row["price"]) for row in rows_of(run("predict", "houses.safetensors", "houses.csv").out)]
    assert np.abs(np.array(predicted) - price).mean() < 0.05 * price.std()


def test_several_targets_are_scored_one_by_one(run: Run) -> None:
    x = np.linspace(-1, 1, 200)
    write_table("t.csv", ["x", "double", "square"], [x, 2 * x, x**2])
    out = run("train", "t.csv", "--target", "double,square").out
    assert re.search(r"held-out R² 0\.\d+ \(mean of 2 targets\)", out)
    assert re.search(r"^  double: R² 0\.99\d*, RMSE ", out, re.MULTILINE)
    assert re.search(r"^  double: R² .*\n  square: R² ", run("evaluate", "t.safetensors", "t.csv").out, re.MULTILINE)
    assert list(rows_of(run("predict", "t.safetensors", "t.csv").out)[0]) == ["double", "square"]


def test_chosen_columns_are_learned_from(run: Run) -> None:
    write_table(
        "t.csv",
        ["name", "a", "b", "kind"],
        [np.array([f"n{i}" for i in range(60)]), *[np.arange(60) % 7] * 3],
    )
    result = run("train", "t.csv")
    assert result.status == 2
    assert "column 'name': expected a number, got 'n0'" in result.err
    assert "(--features, --target)" in result.err
    assert run("train", "t.csv", "--features", "b,a", "--epochs", "1").status == 0
    assert cbp.load("t.safetensors").extra["feature_names"] == ["b", "a"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("digits", "digits"),
        ("some/houses.csv", "houses"),
        ("../houses.TSV.GZ", "houses"),
        ("v1.2.npz", "v1.2"),
        ("/data/fashion-mnist/", "fashion-mnist"),
    ],
)
def test_the_model_file_is_called_as_the_data(source: str, name: str) -> None:
    assert model_file(source) == Path(f"{name}.safetensors")


def test_replacing_a_model_is_said(run: Run) -> None:
    assert "(replaced" not in run("train", "iris", "--epochs", "1").out
    assert "wrote iris.safetensors (replaced the old one)" in run("train", "iris", "--epochs", "1").out


def test_nothing_need_be_held_out(run: Run) -> None:
    result = run("train", "iris", "--test-fraction", "0", "--epochs", "2")
    assert result.out.startswith("trained 2 epochs in ")
    assert "accuracy" not in result.err
    assert cbp.load("iris.safetensors").extra["score"] is None
    assert "training held nothing out" in run("evaluate", "iris.safetensors", "iris", "--held-out").err


def test_an_idx_folder_brings_its_own_test_part(run: Run) -> None:
    rng = np.random.default_rng(0)
    Path("images").mkdir()
    for part, n in {"train": 60, "t10k": 20}.items():
        labels = np.arange(n, dtype=np.uint8) % 2
        pixels = rng.integers(0, 100, (n, 4, 4), dtype=np.uint8) + 120 * labels[:, None, None].astype(np.uint8)
        header = b"\0\0\x08\x03" + np.array([n, 4, 4], ">u4").tobytes()
        Path(f"images/{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + pixels.tobytes()))
        header = b"\0\0\x08\x01" + np.array([n], ">u4").tobytes()
        Path(f"images/{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    result = run("train", "images/")
    assert "60 to train on, 20 held out" in result.err
    assert "held-out accuracy 100.0% (20 of 20)" in result.out
    assert "cbp evaluate images.safetensors images/\n" in result.out
    assert run("evaluate", "images.safetensors", "images").out.startswith("accuracy 100.0% (20 of 20), cost ")
    assert run("evaluate", "images.safetensors", "images", "--held-out").out.startswith("accuracy 100.0% (20 of 20)")
    assert len(rows_of(run("predict", "images.safetensors", "images").out)) == 20


# -- progress ------------------------------------------------------------------------------------------


def test_without_a_terminal_progress_is_about_ten_plain_lines(process: Run) -> None:
    err = process("train", "digits", "--epochs", "95", "--hidden", "5").err
    lines = [line for line in err.splitlines() if line.startswith("epoch ")]
    assert 10 <= len(lines) <= 11
    assert lines[0].startswith("epoch 1/95: cost ")
    assert re.fullmatch(r"epoch 95/95: cost \d\.\d+, validation accuracy \d+\.\d%", lines[-1])
    assert "\x1b" not in err


def test_a_terminal_shows_a_bar(tmp_path: Path) -> None:
    status, shown = in_terminal("train", "digits", "--epochs", "5", cwd=tmp_path)
    assert status == 0
    assert re.search(r"epoch.*5/5.*━.*validation accuracy \d+\.\d%", shown)
    assert "\x1b[" in shown


def test_a_terminal_without_rich_shows_lines(tmp_path: Path) -> None:
    (tmp_path / "rich.py").write_text("raise ImportError('no rich here')")
    for argv in (("train", "iris", "--epochs", "5"), ("inspect", "iris.safetensors"), ("plugins",)):
        status, shown = in_terminal(*argv, cwd=tmp_path, PYTHONPATH=path_with(tmp_path))
        assert status == 0
        assert "\x1b" not in shown
        assert "━" not in shown
    assert "cross_entropy" in shown


def path_with(folder: Path) -> str:
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_a_terminal_without_colours_gets_none(tmp_path: Path) -> None:
    in_terminal("train", "iris", "--epochs", "5", cwd=tmp_path)
    _, shown = in_terminal("inspect", "iris.safetensors", cwd=tmp_path, NO_COLOR="1")
    assert not re.search(r"\x1b\[[\d;]*3\d", shown)


def test_ctrl_c_keeps_what_was_learned(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    with subprocess.Popen(
        command("train", "digits", "--epochs", "100000", "--checkpoint", "c", "--checkpoint-every", "1h"),
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stderr is not None
        while not child.stderr.readline().startswith("epoch 1/"):
            pass
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    signal.signal(signal.SIGINT, before)
    assert child.returncode == 130
    interrupted = re.search(r"interrupted after epoch (\d+); keeping what was learned", err)
    assert interrupted, err
    assert "Traceback" not in err
    assert "held-out accuracy" in out
    assert "  cbp train --config digits.toml --resume c  # go on with it\n" in out
    kept = cbp.load(tmp_path / "digits.safetensors")
    assert kept.epochs_trained == int(interrupted[1])
    assert kept.parameters.tobytes() == cbp.load(tmp_path / "c").parameters.tobytes()


# -- predict, evaluate -----------------------------------------------------------------------------------


def test_predict_gives_what_the_network_says(run: Run) -> None:
    run("train", "iris", "--epochs", "20")
    net, X = cbp.load("iris.safetensors"), load("iris").X
    scaling = Scaling.from_json(net.extra["scaling"]["features"])
    outputs = net.predict(scaling.apply(X))
    rows = rows_of(run("predict", "iris.safetensors", "iris", "--probabilities").out)
    names = net.extra["class_names"]
    assert [row["class"] for row in rows] == [names[j] for j in outputs.argmax(axis=1)]
    np.testing.assert_array_equal([[np.float32(row[f"P({name})"]) for name in names] for row in rows], outputs)


def test_predict_writes_a_file_instead(run: Run) -> None:
    run("train", "iris", "--epochs", "1")
    out = run("predict", "iris.safetensors", "iris").out
    result = run("predict", "iris.safetensors", "iris", "--out", "answers.csv")
    assert (result.out, result.err) == ("", "")
    assert Path("answers.csv").read_text() == out
    assert sorted(path.name for path in Path().iterdir()) == ["answers.csv", "iris.safetensors", "iris.toml"]


def test_columns_are_found_by_name_wherever_they_are(run: Run) -> None:
    write_houses()
    write_houses("turned.csv", order=(2, 1, 0))
    run("train", "houses.csv", "--epochs", "5")
    for command in ("predict", "evaluate"):
        assert (
            run(command, "houses.safetensors", "turned.csv").out == run(command, "houses.safetensors", "houses.csv").out
        )


@pytest.mark.parametrize("trained_with_names", [True, False])
def test_tables_without_names_go_by_position(run: Run, trained_with_names: bool) -> None:
    write_houses("named.csv")
    write_houses("nameless.csv", header=False)
    run("train", "named.csv" if trained_with_names else "nameless.csv", "--out", "m", "--epochs", "5")
    assert run("evaluate", "m", "nameless.csv").out.split(",")[0] == run("evaluate", "m", "named.csv").out.split(",")[0]
    assert run("predict", "m", "nameless.csv").status == (2 if trained_with_names else 0)
    assert run("predict", "m", "nameless.csv", "--target", "-1").status == 0


def test_a_table_without_the_target_is_refused_by_evaluate(run: Run) -> None:
    write_houses()
    run("train", "houses.csv", "--epochs", "1")
    write_table("new.csv", ["area", "year", "tax"], [np.arange(9), np.arange(9), np.arange(9)])
    assert run("predict", "houses.safetensors", "new.csv").status == 0
    assert "there is no column 'price'" in run("evaluate", "houses.safetensors", "new.csv").err


def test_evaluate_agrees_with_scikit_learn_on_classes(run: Run) -> None:
    run("train", "digits", "--epochs", "1", "--hidden", "5")
    digits = load("digits")
    predicted = cbp.load("digits.safetensors").predict(digits.X).argmax(axis=1)
    found = json.loads(run("evaluate", "digits.safetensors", "digits", "--json").out)
    assert found["confusion"] == sklearn.metrics.confusion_matrix(digits.targets, predicted).tolist()
    assert found["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(digits.targets, predicted))


def test_evaluate_agrees_with_scikit_learn_on_numbers(run: Run) -> None:
    price = write_houses()
    run("train", "houses.csv", "--epochs", "1")
    predicted = [float(row["price"]) for row in rows_of(run("predict", "houses.safetensors", "houses.csv").out)]
    found = json.loads(run("evaluate", "houses.safetensors", "houses.csv", "--json").out)
    assert found["r2"] == pytest.approx([sklearn.metrics.r2_score(price, predicted)], rel=1e-5)
    assert found["rmse"] == pytest.approx([sklearn.metrics.root_mean_squared_error(price, predicted)], rel=1e-5)
    assert found["mae"] == pytest.approx([sklearn.metrics.mean_absolute_error(price, predicted)], rel=1e-5)


def test_evaluate_held_out_repeats_the_score_of_training(run: Run) -> None:
    trained = run("train", "digits", "--epochs", "1", "--seed", "8", "--quiet").out
    result = run("evaluate", "digits.safetensors", "digits", "--held-out")
    assert result.out.split(", ")[0] == trained.removeprefix("held-out ").split(", ")[0]
    assert result.err == ""
    assert "--held-out" in run("evaluate", "digits.safetensors", "digits").err


def test_evaluate_shows_the_confusion_matrix(run: Run) -> None:
    run("train", "iris")
    lines = run("evaluate", "iris.safetensors", "iris").out.splitlines()
    assert lines[-4].split() == ["setosa", "versicolor", "virginica"]
    assert lines[-3].split() == ["setosa", "50", ".", "."]


def test_evaluate_lists_the_mistakes_among_many_classes(run: Run) -> None:
    x = np.repeat(np.arange(30), 4)
    write_table("t.csv", ["x", "kind"], [x, np.array([f"kind{i}" for i in x])])
    run("train", "t.csv", "--epochs", "1")
    out = run("evaluate", "t.safetensors", "t.csv").out
    assert "most frequent mistakes" in out
    assert re.search(r"^kind\d+ +kind\d+ +4$", out, re.MULTILINE)


@pytest.mark.parametrize("data", ["iris", "houses.csv"])
def test_a_network_saved_from_python_can_be_used(run: Run, data: str) -> None:
    write_houses()
    source = load(data, dtype="float64")
    cost = "cross_entropy" if source.class_names else "quadratic"
    cbp.Network([source.n_features, 3, source.n_outputs], dtype="float64", cost=cost).save("net")
    assert run("evaluate", "net", data).status == 0
    leave_out = () if data == "iris" else ("--target", "price")
    rows = rows_of(run("predict", "net", data, *leave_out).out)
    assert list(rows[0]) == [f"y{j}" for j in range(1, source.n_outputs + 1)]


# -- inspect, plugins -------------------------------------------------------------------------------------


def test_inspect_shows_layers_and_origin(run: Run) -> None:
    run("train", "iris", "--hidden", "7", "--activation", "leaky_relu:alpha=0.1", "--epochs", "3")
    out = run("inspect", "iris.safetensors").out
    W = cbp.load("iris.safetensors").W[2]
    numbers = [f"{value:.3g}" for value in (W.mean(), W.std(), W.min(), W.max())]
    row = next(line for line in out.splitlines() if "leaky_relu" in line)
    assert row.split() == [
        "2",
        "7",
        "leaky_relu(alpha=0.1)",
        "z",
        "if",
        "z",
        ">",
        "0",
        "else",
        "αz",
        "35",
        *numbers,
    ]
    for line in (
        r"iris\.safetensors: 4-7-3, 59 parameters, float32",
        r"cost +cross_entropy\(label_smoothing=0\.05\): .*; mean over the samples",
        r"classes +3 \(setosa, versicolor, virginica\)",
        r"scaling +features standardised",
        r"data +iris, 150 samples, 0\.2 of them held out, seed 0",
        r"held-out +samples 30, accuracy [\d.]+",
        r"training +optimizer adam, lr 0\.003, .*, epochs 3",
        rf"made with +cbp {re.escape(cbp.__version__)}",
    ):
        assert re.search(f"^{line}$", out, re.MULTILINE), line


def test_a_plugin_is_found_by_name_and_its_absence_told(process: Run, plugin: dict[str, str], tmp_path: Path) -> None:
    assert process("train", "iris", "--activation", "wiggle", "--epochs", "3", **plugin).status == 0
    assert "wiggle" in process("inspect", "iris.safetensors", **plugin).out
    record = tmp_path / "iris.toml"
    assert tomllib.loads(record.read_text())["noted"]["plugins"] == {"cbp-wiggle:cbp_wiggle": "2.5"}
    record.write_text(record.read_text().replace('"2.5"', '"2.4"'))
    err = process("train", "--config", "iris.toml", **plugin).err
    assert "plugins was {'cbp-wiggle:cbp_wiggle': '2.4'} and is {'cbp-wiggle:cbp_wiggle': '2.5'}" in err
    without = process("inspect", "iris.safetensors")
    assert without.status == 0
    assert "cbp-wiggle:wiggle" in without.out
    assert "(cbp-wiggle 2.5 is not installed)" in without.out
    refused = process("predict", "iris.safetensors", "iris")
    assert refused.status == 2
    assert "install cbp-wiggle==2.5" in refused.err


def test_plugins_lists_everything_there_is_and_what_failed(process: Run, plugin: dict[str, str]) -> None:
    listing = json.loads(process("plugins", "list", "--load", "--json", **plugin).out)
    names = {(entry["kind"], entry["name"]) for entry in listing["entries"]}
    assert {name for kind, name in names if kind == "activation"} == {
        "wiggle",
        *(a.name for a in cbp.activations().values()),
    }
    assert {name for kind, name in names if kind == "cost"} == {c.name for c in cbp.costs().values()}
    assert {("optimizer", "adam"), ("initializer", "orthogonal")} <= names
    wiggle = next(entry for entry in listing["entries"] if entry["name"] == "wiggle")
    assert (wiggle["distribution"], wiggle["version"], wiggle["runs_as"]) == ("cbp-wiggle", "2.5", "NumPy")
    assert "no_such_module" in listing["failures"]["cbp-broken:cbp_broken"]
    out = process("plugins", "--load", **plugin).out
    assert re.search(r"^wiggle +cbp-wiggle 2\.5 +NumPy +z \+ sin² z$", out, re.MULTILINE)
    assert re.search(r"^logistic, sigmoid +cbp \S+ +compiled +1 / \(1 \+ e\^-z\)$", out, re.MULTILINE)
    assert re.search(r"^cbp-broken:cbp_broken: ModuleNotFoundError: .*no_such_module", out, re.MULTILINE)


def test_plugins_imports_none_of_them_unless_asked(process: Run, plugin: dict[str, str]) -> None:
    out = process("plugins", **plugin).out
    for name in ("broken", "wiggle"):
        assert re.search(rf"^cbp-{name}:cbp_{name} +2\.5 +installed +cbp_{name}_module$", out, re.MULTILINE)
    assert "no_such_module" not in out
    listing = json.loads(process("plugins", "--json", **plugin).out)
    assert {entry["distribution"] for entry in listing["entries"]} == {"cbp"}
    assert {each["plugin"]: each["state"] for each in listing["plugins"]} == {
        "cbp-broken:cbp_broken": "installed",
        "cbp-wiggle:cbp_wiggle": "installed",
    }


def test_plugins_json_may_stand_before_or_after_the_action(process: Run) -> None:
    assert process("plugins", "--json").out == process("plugins", "--json", "list").out
    assert process("plugins", "--json").out == process("plugins", "list", "--json").out


def test_plugins_kept_out_are_told(process: Run, plugin: dict[str, str]) -> None:
    result = process("plugins", **plugin, CBP_PLUGINS="-cbp-wiggle")
    assert re.search(r"^cbp-wiggle:cbp_wiggle +2\.5 +left out by CBP_PLUGINS", result.out, re.MULTILINE)
    assert re.search(r"^cbp-broken:cbp_broken +2\.5 +installed", result.out, re.MULTILINE)


# -- help and errors ---------------------------------------------------------------------------------------


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"cbp {cbp.__version__}\n", "")


def test_no_command_shows_the_commands(run: Run) -> None:
    status, out, _ = run()
    assert status == 2
    for name in program.COMMANDS:
        assert re.search(rf"^    {name} ", out, re.MULTILINE)


@pytest.mark.parametrize("name", program.COMMANDS)
def test_help_explains_every_option_with_its_default_and_shows_examples(run: Run, name: str) -> None:
    status, out, err = run(name, "--help")
    assert (status, err) == (0, "")
    parsers = next(action for action in program._parser()._actions if action.dest == "command")
    for action in parsers.choices[name]._actions:  # type: ignore[index]
        for option in action.option_strings:
            assert option in out
        if action.option_strings and action.dest != "help":
            assert "default" in (action.help or ""), action.option_strings
    assert "examples:\n  cbp " in out


def bad_files() -> None:
    """Files that no command can use."""
    Path("ragged.csv").write_text("a,b,c\n1,2,3\n4,5\n6,7,8\n")
    Path("gap.csv").write_text("a,b\n1,2\n,5\n")
    Path("empty.csv").write_text("")
    Path("table.txt").write_text("a,b\n1,2\n3,5\n4,2\n9,9\n")
    Path("damaged.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("protected").write_text("dear")
    Path("protected").chmod(0o444)


TRAIN = [
    (("train",), "expected DATA to train on, or a --config that names it as source in [data]"),
    (("train", "digits", "--zzz"), "unrecognized arguments: --zzz (see cbp train --help)"),
    (("train", "digits", "--epoch", "3"), "unrecognized arguments: --epoch 3; did you mean '--epochs'? (see cbp train"),
    (("predict", "--uot=x", "a", "b"), "unrecognized arguments: --uot=x; did you mean '--out'? (see cbp predict"),
    (("plugins", "list", "--jsno"), "unrecognized arguments: --jsno; did you mean '--json'? (see cbp plugins"),
    (("evaluate", "a", "b", "c"), "unrecognized arguments: c (see cbp evaluate --help)"),
    (("--wersion",), "unrecognized arguments: --wersion; did you mean '--version'? (see cbp --help)"),
    (("train", "digits", "--optimizer", "sgd", "--momentum", "1"), "--momentum: expected a number from 0 to below 1"),
    (("train", "digits", "--activation", "zzz"), "unknown activation 'zzz': `cbp plugins` lists what there is"),
    (("train", "digits", "--cost", "zzz"), "unknown cost 'zzz': `cbp plugins` lists what there is"),
    (("train", "digits", "--epochs", "0"), "--epochs: expected a whole number from 1, got '0'"),
    (("train", "digits", "--batch-size", "1.5"), "--batch-size: expected a whole number from 1, got '1.5'"),
    (("train", "digits", "--seed", "-3"), "--seed: expected a whole number from 0, got '-3'"),
    (("train", "digits", "--lr", "fast"), "--lr: expected a number, got 'fast'"),
    (("train", "digits", "--lr", "-1"), "lr: expected a number above 0, got -1.0"),
    (("train", "digits", "--lr", "nan"), "lr: expected a number above 0, got nan"),
    (
        ("train", "digits", "--test-fraction", "1"),
        "--test-fraction: expected a number from 0 to below 1, got '1'",
    ),
    (
        ("train", "digits", "--hidden", "10,x"),
        "--hidden: expected sizes of layers such as 100 or 100,50, got '10,x'",
    ),
    (("train", "digits", "--hidden", "10,-5"), "--hidden: expected sizes of layers"),
    (("train", "digits", "--activation", "rleu"), "unknown activation 'rleu': did you mean 'relu'?"),
    (("train", "digits", "--activation", "elu:beta=1"), "activation 'elu' has no parameter 'beta'"),
    (
        ("train", "digits", "--activation", "elu:alpha=big"),
        "activation 'elu': alpha must be a number at least 0, got 'big'",
    ),
    (
        ("train", "digits", "--activation", "relu,tanh"),
        "expected one name, or one for each of 1 hidden layers, got 2",
    ),
    (("train", "digits", "--output-activation", "sofmax"), "did you mean 'softmax'?"),
    (("train", "digits", "--cost", "cross_entrop"), "did you mean 'cross_entropy'?"),
    (("train", "digits", "--cost", "huber:delta=-1"), "delta must be a number above 0, got -1"),
    (("train", "digits", "--init", "he"), "unknown initializer 'he'"),
    (("train", "digits", "--optimizer", "adm"), "unknown optimizer 'adm': did you mean 'adam'?"),
    (("train", "digits", "--momentum", "0.9"), "--momentum: adam takes none; choose --optimizer sgd"),
    (("train", "digits", "--optimizer", "sgd", "--nesterov"), "momentum: expected a number above 0"),
    (("train", "digits", "--target", "pixel_0_0"), "--target names a column of a table"),
    (("train", "digts"), "found nothing of this name; did you mean 'digits'?"),
    (("train", "folder"), "expected the files train-images-idx3-ubyte"),
    (("train", "ragged.csv"), "ragged.csv, line 3: expected 3 values, got 2"),
    (("train", "gap.csv"), "gap.csv, line 3, column 'a': the value is missing"),
    (("train", "empty.csv"), "expected a table, got an empty file"),
    (("train", "table.txt", "--target", "c"), "there is no column 'c'"),
    (("train", "table.txt", "--target", "a,b"), "expected features beside the target"),
    (("train", "digits", "--out", "no/such/folder/m"), "there is no folder 'no/such/folder'"),
    (("train", "digits", "--out", "folder"), "folder: is a folder; name a file in it"),
    (("train", "digits", "--out", "pipe"), "pipe: is no ordinary file"),
]
USE = [
    (("frobnicate",), "invalid choice: 'frobnicate'"),
    (("predict", "iris.safetensors"), "the following arguments are required: DATA"),
    (("predict", "nothing", "iris"), "no model file 'nothing'"),
    (("predict", "damaged.safetensors", "iris"), "damaged.safetensors: damaged, or not a safetensors file"),
    (("predict", "iris.safetensors", "digits"), "digits: there is no column 'sepal length (cm)'"),
    (("predict", "iris.safetensors", "iris", "--out", "folder"), "folder: is a folder"),
    (("predict", "hinge", "iris", "--probabilities"), "outputs are not between 0 and 1"),
    (
        ("evaluate", "iris.safetensors", "iris", "--held-out", "--target", "x"),
        "--target names a column of a table",
    ),
    (("evaluate", "iris.safetensors", "one.csv", "--held-out"), "expected the data the model was trained on"),
    (("inspect", "table.txt"), "table.txt: damaged, or not a safetensors file"),
    (("plugins", "lits"), "invalid choice: 'lits'"),
]


def assert_one_line(result: Result, status: int, words: str) -> None:
    assert result.status == status
    assert words in result.err
    assert re.fullmatch(r"cbp( \w+)?: error: [^\n]+\n", result.err), result.err
    assert result.out == ""


@pytest.mark.parametrize(
    ("argv", "words"), TRAIN, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_train_refuses_in_one_line_and_writes_nothing(run: Run, argv: tuple[str, ...], words: str) -> None:
    bad_files()
    before = sorted(Path().rglob("*"))
    assert_one_line(run(*argv), 2, words)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize(("argv", "words"), USE, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_other_commands_refuse_in_one_line(run: Run, argv: tuple[str, ...], words: str) -> None:
    bad_files()
    header = [*load("iris").feature_names, "class"]
    write_table("one.csv", header, [np.ones(2)] * 4 + [np.array(["setosa", "virginica"])])
    run("train", "iris", "--epochs", "1")
    run("train", "iris", "--epochs", "1", "--cost", "hinge", "--out", "hinge")
    assert_one_line(run(*argv), 2, words)


def test_a_failed_write_names_what_was_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("train", "iris", "--epochs", "1")
    monkeypatch.setattr("os.fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    for argv, what in (
        (("train", "iris", "--epochs", "1", "--quiet"), "the model"),
        (("predict", "iris.safetensors", "iris"), "the predictions"),
    ):
        assert_one_line(run(*argv, "--out", "m"), 1, f"m: could not write {what}: No space left on device")
        assert not Path("m").exists()


def test_a_link_is_followed(run: Run) -> None:
    Path("folder").mkdir()
    Path("link").symlink_to("folder/model")
    assert run("train", "iris", "--epochs", "1", "--out", "link").status == 0
    assert Path("link").is_symlink()
    assert run("predict", "folder/model", "iris").status == 0
    Path("lost").symlink_to("no/such/folder/model")
    result = run("train", "iris", "--out", "lost")
    assert_one_line(result, 2, f"lost: there is no folder '{Path('no/such/folder').absolute()}'")


def test_a_file_that_may_not_be_written_is_refused_before_training(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    bad_files()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert_one_line(run("train", "digits", "--out", "protected"), 2, "protected: is write-protected")
    refusal = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr("tempfile.TemporaryFile", Mock(side_effect=refusal))
    assert_one_line(run("train", "digits", "--out", "m"), 2, "m: cannot be written (Permission denied)")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_protected_file_or_folder_is_refused_before_training(run: Run) -> None:
    bad_files()
    assert_one_line(run("train", "digits", "--out", "protected"), 2, "write-protected")
    Path("folder").chmod(0o555)
    assert_one_line(run("train", "digits", "--out", "folder/m"), 2, "cannot be written (Permission denied)")


def test_a_cost_that_explodes_is_a_failure_and_keeps_the_old_model(run: Run) -> None:
    run("train", "iris", "--epochs", "1")
    before = Path("iris.safetensors").read_bytes()
    explosive = (
        "--cost",
        "squared_error",
        "--output-activation",
        "identity",
        "--optimizer",
        "sgd",
        "--lr",
        "1e30",
    )
    result = run("train", "iris", "--quiet", *explosive)
    assert_one_line(result, 1, "is not finite")
    assert "no model was written" in result.err
    assert Path("iris.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "extra",
    [
        {"class_names": ["a", "b"], "task": "classification"},
        {"class_names": ["a", "b", "c"], "task": "regression"},
        {"class_names": "abc", "task": "classification"},
        {"feature_names": [1, 2, 3, 4]},
        {"scaling": {"features": {"shift": [0.0], "scale": [1.0]}}},
        {"scaling": {"features": {"shift": [0.0] * 4, "scale": [-1.0] * 4}}},
        {"scaling": [1]},
        {"task": "juggling"},
    ],
)
def test_a_model_that_lies_about_its_data_is_refused(run: Run, extra: dict[str, object]) -> None:
    cbp.Network([4, 3], cost="cross_entropy").save("m", extra=extra)
    assert_one_line(run("predict", "m", "iris"), 2, "m: what it says of its data is damaged")


def test_names_in_a_model_cannot_command_the_terminal(run: Run) -> None:
    names = ["\x1b[2Jred", "b\rc", "c"]
    cbp.Network([4, 3], cost="cross_entropy").save("m", extra={"task": "classification", "class_names": names})
    out = run("inspect", "m").out
    assert "\\x1b[2Jred" in out
    assert "\x1b" not in out
    assert "\r" not in out


@pytest.mark.parametrize("isa", ["v9", ""])
@pytest.mark.parametrize("argv", [(), ("--version",), ("plugins",), ("train", "iris")], ids=" ".join)
def test_a_wrong_cbp_isa_is_told_in_one_line(process: Run, argv: tuple[str, ...], isa: str) -> None:
    assert_one_line(process(*argv, CBP_ISA=isa), 2, f"cbp: error: CBP_ISA={isa!r}: expected one of ")


@pytest.mark.parametrize("argv", [("plugins",), ("train", "iris", "--activation", "wiggle")], ids=" ".join)
def test_a_wrong_cbp_plugins_is_told_in_one_line(process: Run, argv: tuple[str, ...]) -> None:
    result = process(*argv, CBP_PLUGINS="no-such")
    assert_one_line(result, 2, f"cbp {argv[0]}: error: CBP_PLUGINS='no-such' names no-such, but no installed")


def test_debug_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Traceback" not in run("predict", "nothing", "iris").err
    monkeypatch.setenv("CBP_DEBUG", "1")
    err = run("predict", "nothing", "iris").err
    assert err.startswith("Traceback")
    assert err.splitlines()[-1] == "cbp predict: error: no model file 'nothing'"


@pytest.mark.parametrize("argv", [("predict", "iris.safetensors", "iris"), ("plugins",), ("train", "iris")])
def test_a_reader_that_goes_away_is_no_error(run: Run, tmp_path: Path, argv: tuple[str, ...]) -> None:
    run("train", "iris", "--epochs", "1")
    reader, writer = os.pipe()
    os.close(reader)
    done = run_writing_to(writer, tmp_path, *argv)
    os.close(writer)
    assert done.returncode == 141
    assert [line for line in done.stderr.splitlines() if "rror" in line] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")
def test_a_full_disk_is_told(run: Run, tmp_path: Path) -> None:
    run("train", "iris", "--epochs", "1")
    full = os.open("/dev/full", os.O_WRONLY)
    done = run_writing_to(full, tmp_path, "predict", "iris.safetensors", "iris")
    os.close(full)
    assert (done.returncode, done.stderr) == (1, "cbp predict: error: No space left on device\n")


def test_an_ascii_terminal_gets_ascii(process: Run) -> None:
    status, out, err = process("plugins", PYTHONIOENCODING="ascii")
    assert (status, err) == (0, "")
    assert "Σ" not in out
    assert "\\u03a3" in out
