"""What ``cbp train`` can be asked for beside a network: each option does what the same keyword of `fit` does."""

from __future__ import annotations

import csv
import re
import shlex
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from commands import Run
from safetensors.numpy import save as to_bytes

import cbp
from cbp import schedules
from cbp.data import load
from cbp.files.checksums import KEY as CHECKSUM
from cbp.files.model import AVERAGE, contents
from cbp.preparation import Preparation

SHORT = ("--hidden", "8", "--epochs", "4", "--quiet")


def fitted(**keywords: Any) -> cbp.Network:
    """The irises trained in Python as ``cbp train iris`` with SHORT does it."""
    train, held_out = load("iris").split(0.2, seed=0)
    preparation = Preparation.fit(train, features=True, targets=False)
    train, held_out = preparation.applied(train), preparation.applied(held_out)
    net = cbp.Network([4, 8, 3], activation="relu", cost=cbp.cost("cross_entropy", label_smoothing=0.05), seed=0)
    settings: dict[str, Any] = {
        "epochs": 4,
        "optimizer": cbp.Adam(lr=0.003),
        "validation": (held_out.X, held_out.targets),
    } | keywords
    net.fit(train.X, train.targets, **settings)
    return net


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ((), {}),
        (("--l1", "0.01", "--l2", "0.1"), {"l1": 0.01, "l2": 0.1}),
        (("--max-norm", "0.5"), {"max_norm": 0.5}),
        (("--clip-value", "0.01"), {"clip_value": 0.01}),
        (("--clip-norm", "0.02"), {"clip_norm": 0.02}),
        (("--dropout", "0.3"), {"dropout": 0.3}),
        (("--dropout", "0.3,"), {"dropout": [0.3]}),
        (("--dropout", "1=0.1,2=0.5"), {"dropout": {1: 0.1, 2: 0.5}}),
        (("--input-noise", "0.1"), {"input_noise": 0.1}),
        (("--no-shuffle",), {"shuffle": False}),
        (("--batch-size", "7"), {"batch_size": 7}),
        (("--optimizer", "adamw:lr=0.1:betas=0.8,0.9"), {"optimizer": cbp.AdamW(lr=0.1, betas=(0.8, 0.9))}),
        (("--optimizer", "adamw", "--lr", "0.1"), {"optimizer": cbp.AdamW(lr=0.1)}),
        (("--optimizer", "adamw:lr=5", "--lr", "0.1", "--weight-decay", "0.3"),
         {"optimizer": cbp.AdamW(lr=0.1, weight_decay=0.3)}),
        (("--optimizer", "sgd:momentum=0.9:nesterov=true"),
         {"optimizer": cbp.SGD(lr=0.1 * (1 - 0.9), momentum=0.9, nesterov=True)}),
        (("--schedule", "cosine"), {"schedule": "cosine"}),
        (("--schedule", "step:step_size=2:gamma=0.5"), {"schedule": schedules.Step(2, 0.5)}),
        (("--schedule", "multi_step:milestones=2"), {"schedule": schedules.MultiStep((2,))}),
        (("--schedule", "multi_step:milestones=1,3:per=step"), {"schedule": schedules.MultiStep((1, 3), per="step")}),
        (("--schedule", "warmup:total_iters=2:then=cosine:eta_min=1e-4"),
         {"schedule": schedules.Warmup(2, then=schedules.Cosine(eta_min=1e-4))}),
        (("--schedule", "plateau:patience=0:monitor=cost", "--validation", "0.2"), None),
        (("--class-weight", "setosa=5,virginica=0.5"), {"class_weight": {0: 5, 2: 0.5}}),
        (("--threads", "2"), {"threads": 2}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_an_option_does_what_the_keyword_of_fit_does(
    run: Run, options: tuple[str, ...], keywords: dict[str, Any] | None
) -> None:
    assert run("train", "iris", *SHORT, *options).err == ""
    learned = cbp.load("iris.safetensors").parameters
    if keywords is not None:
        assert learned.tobytes() == fitted(**keywords).parameters.tobytes()
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    assert cbp.load("iris.safetensors").parameters.tobytes() == learned.tobytes()
    if keywords not in ({}, {"threads": 2}):
        assert learned.tobytes() != fitted().parameters.tobytes()


def test_the_model_may_be_the_mean_of_the_parameters(run: Run) -> None:
    run("train", "iris", *SHORT, "--ema", "0.9")
    np.testing.assert_array_equal(cbp.load("iris.safetensors").parameters, fitted(ema=0.9).average)


def test_a_checkpoint_with_a_mean_is_inspected_as_the_model_of_the_mean(run: Run) -> None:
    run("train", "iris", *SHORT, "--ema", "0.9", "--checkpoint", "c.safetensors")
    checkpoint, model = (run("inspect", name).out.splitlines() for name in ("c.safetensors", "iris.safetensors"))
    assert checkpoint[1:6] == model[1:6]
    raw = cbp.load("c.safetensors")
    assert f"{raw.W[2].std():.3g}" not in checkpoint[4].split()


def test_a_checkpoint_whose_mean_is_damaged_is_refused(run: Run) -> None:
    run("train", "iris", *SHORT, "--ema", "0.9", "--checkpoint", "c.safetensors")
    metadata, tensors = contents("c.safetensors")
    tensors[AVERAGE] = tensors[AVERAGE][1:]
    del metadata[CHECKSUM]
    Path("c.safetensors").write_bytes(to_bytes(tensors, metadata))
    said = run("inspect", "c.safetensors").err
    n = len(tensors[AVERAGE]) + 1
    assert f"c.safetensors: expected an average of {n} numbers of float32, got float32 of shape ({n - 1},)" in said


def test_early_stopping_finds_the_best_mean(run: Run) -> None:
    """The model's cost on the validation data is the smallest of the log, which is of the means."""
    options = ("--epochs", "60", "--optimizer", "sgd", "--lr", "1", "--validation", "0.3", "--log", "log.csv")
    run("train", "iris", *options, "--ema", "0.95", "--early-stopping", "4")
    net, log = cbp.load("iris.safetensors"), rows("log.csv")
    held_in = load("iris").split(0.2, seed=0)[0].split(0.3, seed=0)[1]
    validation = Preparation.of(net).applied(held_in)
    costs = [float(row["validation_cost"]) for row in log]
    assert net.cost(validation.X, validation.targets) == pytest.approx(min(costs), rel=1e-6)
    assert len(costs) == costs.index(min(costs)) + 5 < 60
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    assert cbp.load("iris.safetensors").parameters.tobytes() == net.parameters.tobytes()


def test_metrics_are_measured_on_what_is_validated_and_trained_on(run: Run) -> None:
    run("train", "iris", *SHORT, "--metrics", "top_2,balanced_accuracy", "--train-metrics", "--log", "log.csv")
    assert {"top_2", "balanced_accuracy", "validation_top_2", "validation_balanced_accuracy"} < rows("log.csv")[
        0
    ].keys()
    assert 'metrics = "top_2,balanced_accuracy"' in Path("iris.toml").read_text()


def test_an_initialiser_may_have_constants(run: Run) -> None:
    run("train", "iris", *SHORT, "--optimizer", "sgd:lr=1e-30", "--init", "orthogonal:gain=3")
    expected = cbp.Network([4, 8, 3], activation="relu", init=cbp.initializer("orthogonal", gain=3), seed=0)
    np.testing.assert_allclose(cbp.load("iris.safetensors").parameters, expected.parameters, atol=1e-20)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_frozen_layers_stay_as_they_begin(run: Run, optimizer: str) -> None:
    run("train", "iris", *SHORT, "--hidden", "6", "--frozen", "2,4", "--optimizer", optimizer)
    net = cbp.load("iris.safetensors")
    begun = cbp.Network([4, 8, 6, 3], activation="relu", cost="cross_entropy", seed=0)
    assert net.frozen == (2, 4)
    assert [net.W[l].tobytes() == begun.W[l].tobytes() for l in (2, 3, 4)] == [True, False, True]
    assert [net.b[l].tobytes() == begun.b[l].tobytes() for l in (2, 3, 4)] == [True, False, True]
    assert "frozen = [\n    2,\n    4,\n]" in Path("iris.toml").read_text()
    assert run("train", "--config", "iris.toml", "--quiet").err == ""
    assert cbp.load("iris.safetensors").parameters.tobytes() == net.parameters.tobytes()


def test_an_optimiser_may_look_at_all_samples_at_once(run: Run) -> None:
    assert run("train", "iris", "--optimizer", "lbfgs:memory=5", "--epochs", "20", "--quiet").err == ""
    assert "lbfgs:memory=5:" in Path("iris.toml").read_text()


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def test_early_stopping_keeps_the_best_epoch_of_what_it_watches(run: Run) -> None:
    options = ("--early-stopping", "3", "--monitor", "validation_accuracy", "--validation", "0.3", "--log", "log.csv")
    err = run("train", "iris", "--epochs", "60", "--hidden", "8", *options).err
    history = [float(row["validation_accuracy"]) for row in rows("log.csv")]
    best = int(np.argmax(history))
    assert len(history) == best + 1 + 3 < 60
    assert f"ended after epoch {len(history)}: validation_accuracy has not become better since epoch {best + 1}" in err
    net, preparation = cbp.load("iris.safetensors"), Preparation.of(cbp.load("iris.safetensors"))
    validation = load("iris").split(0.2, seed=0)[0].split(0.3, seed=0)[1]
    assert preparation.score(net, validation).summary["accuracy"] == pytest.approx(history[best])


def test_what_decides_when_to_stop_is_not_what_is_held_out_for_the_score(run: Run) -> None:
    err = run("train", "iris", "--epochs", "2", "--early-stopping", "1").err
    assert "iris: 150 samples, 4 features, 3 classes; 108 to train on, 12 to validate on, 30 held out" in err
    assert "108 to train" not in run("train", "iris", "--epochs", "2").err


def test_validation_may_be_a_file_with_its_columns_in_another_order(run: Run) -> None:
    iris = load("iris")
    names = [*iris.feature_names, "class"]
    table = [[*x, iris.class_names[label]] for x, label in zip(iris.X, iris.targets, strict=True)]
    Path("part.csv").write_text("\n".join(",".join(map(str, row)) for row in [names, *table]))
    Path("other.csv").write_text("\n".join(",".join(map(str, row[::-1])) for row in [names, *table[:20]]))
    common = ("train", "part.csv", "--target", "class", *SHORT, "--log", "log.csv")
    assert run(*common, "--validation", "other.csv").err == ""
    net, preparation = cbp.load("part.safetensors"), Preparation.of(cbp.load("part.safetensors"))
    expected = preparation.score(net, iris.take(np.arange(20))).summary["accuracy"]
    assert float(rows("log.csv")[-1]["validation_accuracy"]) == pytest.approx(expected)


def test_a_column_of_weights_weighs_the_samples_and_is_no_feature(run: Run) -> None:
    rng = np.random.default_rng(0)
    x, weight = rng.uniform(-1, 1, 80), rng.integers(0, 3, 80)
    lines = [f"{a},{w},{a if w else -9}" for a, w in zip(x, weight, strict=True)]  # weight 0 where y is nonsense
    Path("t.csv").write_text("\n".join(["x,w,y", *lines]))
    common = ("train", "t.csv", "--sample-weight", "w", "--test-fraction", "0", "--no-scale", "--log", "log.csv")
    run(*common, "--validation", "0.25")
    assert float(rows("log.csv")[-1]["validation_cost"]) < 0.04  # where nonsense has no weight
    run(*common, "--validation", "t.csv")
    assert float(rows("log.csv")[-1]["validation_cost"]) < 0.04
    run(*common)
    net = cbp.load("t.safetensors")
    assert net.extra["feature_names"] == ["x"]
    assert np.abs(net.predict(x[:, None]) - x[:, None]).max() < 0.2
    assert "did you mean 'w'?" in run("train", "t.csv", "--sample-weight", "ww").err


def test_balanced_classes_weigh_alike(run: Run) -> None:
    lines = [f"{i / 40},{'no' if i < 30 else 'yes'}" for i in range(40)]
    Path("t.csv").write_text("\n".join(["x,y", *lines]))
    models = []
    for weights in (("--class-weight", "balanced"), ("--class-weight", f"no={40 / 60},yes=2"), ()):
        run("train", "t.csv", *SHORT, "--test-fraction", "0", *weights)
        models.append(cbp.load("t.safetensors").parameters)
    np.testing.assert_allclose(models[0], models[1], rtol=1e-5)
    assert not np.allclose(models[0], models[2], rtol=1e-2)


def test_a_time_budget_ends_in_time(run: Run) -> None:
    err = run("train", "digits", "--epochs", "100000", "--time-budget", "0.2s").err
    assert re.search(r"^ended after epoch \d+: the time budget of 0\.2 s is used up$", err, re.MULTILINE)


def test_how_to_go_on_after_a_time_budget_is_said_and_works(run: Run) -> None:
    words = ("train", "iris", "--epochs", "3000", "--hidden", "8", "--out", "m.safetensors")
    assert "--resume" not in run(*words).out
    whole = Path("m.safetensors").read_bytes()
    said = run(*words, "--checkpoint", "a b.ckpt", "--checkpoint-every", "1h", "--time-budget", "0.02s").out
    found = re.search(r"^  cbp (train --config m.toml --resume 'a b.ckpt')  # go on with it$", said, re.MULTILINE)
    assert found, said
    assert cbp.load("m.safetensors").epochs_trained < 3000
    said = run(*shlex.split(found[1]), "--time-budget", "1h").out
    assert "--resume" not in said
    assert Path("m.safetensors").read_bytes() == whole


@pytest.mark.parametrize("often", [(), ("--checkpoint-every", "2"), ("--checkpoint-every", "1h")])
def test_a_run_that_is_resumed_ends_as_one_that_was_not_stopped(run: Run, often: tuple[str, ...]) -> None:
    common = ("train", "iris", "--hidden", "8", "--quiet", "--schedule", "inverse_time:decay=0.1")
    run(*common, "--epochs", "3", "--checkpoint", "half", *often)
    assert run("predict", "half", "iris").status == 0
    assert run(*common, "--epochs", "6", "--resume", "half", "--log", "log.csv").err == ""
    resumed = Path("iris.safetensors").read_bytes()
    run(*common, "--epochs", "6")
    assert Path("iris.safetensors").read_bytes() == resumed
    assert len(rows("log.csv")) == 6


@pytest.mark.parametrize("ema", [(), ("--ema", "0.9")])
@pytest.mark.parametrize("monitor", [(), ("--monitor", "validation_accuracy")])
def test_the_best_epoch_is_kept_in_a_checkpoint_that_is_a_model(
    run: Run, ema: tuple[str, ...], monitor: tuple[str, ...]
) -> None:
    common = ("train", "iris", "--hidden", "8", "--quiet", "--validation", "0.2", "--epochs", "40", *ema, *monitor)
    wild, files = ("--optimizer", "sgd", "--lr", "1"), ("--checkpoint", "newest", "--checkpoint-best", "best")
    assert run(*common, *wild, *files, "--log", "log.csv", "--out", "last").err == ""
    best = cbp.load("best")
    column, choose = ("validation_accuracy", max) if monitor else ("validation_cost", min)
    values = [float(row[column]) for row in rows("log.csv")]
    assert best.epochs_trained == values.index(choose(values)) + 1 < cbp.load("newest").epochs_trained == 40
    run(*common, *wild, "--early-stopping", "40", "--out", "stopped")
    assert run("evaluate", "best", "iris", "--json").out == run("evaluate", "stopped", "iris", "--json").out
    assert run("predict", "best", "iris").out == run("predict", "stopped", "iris").out


def test_what_decides_which_epoch_is_best_is_not_what_is_held_out_for_the_score(run: Run) -> None:
    run("train", "iris", *SHORT, "--checkpoint", "newest", "--checkpoint-best", "best")
    assert "validation = 0.1" in Path("iris.toml").read_text()


def test_a_learning_rate_is_suggested_drawn_and_good(run: Run) -> None:
    result = run("train", "digits", "--find-lr", "--optimizer", "sgd", "--dropout", "0.1", "--quiet")
    found = re.fullmatch(
        r"suggested learning rate: (\S+); to train with it: --lr (\S+)\nwrote digits-lr.png\n", result.out
    )
    assert found, result
    assert Path("digits-lr.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(Path().iterdir()) == [Path("digits-lr.png")]
    assert 0.01 < float(found[1]) < 1
    assert "accuracy 9" in run("train", "digits", "--optimizer", "sgd", "--lr", found[2], "--quiet").out


def test_tensorboard_is_written_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Mock()
    monkeypatch.setitem(sys.modules, "tensorboardX", writer)
    run("train", "iris", *SHORT, "--tensorboard", "runs")
    folders = [call.args[0] for call in writer.SummaryWriter.call_args_list]
    assert folders == [str(Path("runs/training")), str(Path("runs/validation"))]
    assert len(writer.SummaryWriter().add_scalar.call_args_list) >= 4 * 3
    assert 'tensorboard = "runs"' in Path("iris.toml").read_text()


def test_the_log_can_be_drawn(run: Run) -> None:
    run("train", "iris", *SHORT, "--log", "log.csv")
    assert run("plot", "log.csv").out == "wrote log-curves.png\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--optimizer", "adam:beta=0.9"), "'adam' has no constant 'beta': did you mean 'betas'?"),
        (("--optimizer", "adam:betas=0.9"), "betas: expected two numbers in a tuple, got 0.9"),
        (("--optimizer", "rprop", "--weight-decay", "1"), "--weight-decay: rprop takes none"),
        (("--optimizer", "adamw(lr=0.1, betas=0.8,0.9)"), "write constants after colons, adamw:lr=0.1:betas=0.8,0.9"),
        (("--cost", "huber=2"), "'huber=2': expected a name, and its constants after colons as in step:step_size=10"),
        (("--schedule", "warmup:total_iters=2:then="), "'': expected a name, and its constants"),
        (("--schedule", "cosin"), "unknown schedule 'cosin': did you mean 'cosine'?"),
        (("--schedule", "cosine:eta=1"), "schedule 'cosine' has no constant 'eta': did you mean 'eta_min'?"),
        (("--schedule", "step"), "schedule 'step': expected step_size=, which has no default"),
        (("--schedule", "step:step_size=x"), "step_size: expected a whole number >= 1, got 'x'"),
        (("--class-weight", "setos=3"), "--class-weight: there is no class 'setos': did you mean 'setosa'?"),
        (("--class-weight", "3"), "--class-weight: expected balanced, or weights as in yes=5,no=1; got '3'"),
        (("--class-weight", "setosa=x"), "--class-weight: expected a number for setosa, got 'x'"),
        (("--class-weight", "setosa=-1"), "weights >= 0, got 0: -1.0"),
        (("--dropout", "x"), "--dropout: expected a number, several, or some by layer as in 1=0.1,2=0.5, got 'x'"),
        (("--dropout", "1"), "dropout: "),
        (("--ema", "1"), "--ema: expected a number from 0 to below 1, got '1'"),
        (("--metrics", "acuracy"), "metrics: there is no 'acuracy': did you mean 'accuracy'?"),
        (("--optimizer", "lbfgs", "--lr", "1"), "--lr: lbfgs takes none"),
        (("--optimizer", "lbfgs", "--find-lr"), "--find-lr: expected an optimiser with a learning rate, got lbfgs"),
        (("--optimizer", "lbfgs", "--schedule", "cosine"), "schedule: expected none"),
        (("--init", "orthogonal:gian=2"), "'orthogonal' has no constant 'gian': did you mean 'gain'?"),
        (("--frozen", "1"), "--frozen: expected numbers of layers, from 2 for the first after the input"),
        (("--frozen", "3,2"), "--frozen: expected a layer of 2 to 3 that is left to learn, got all of them"),
        (("--frozen", "2,4"), "--frozen: expected layers from 2 to 3, the output layer, got 4"),
        (("--l2", "-1"), "l2: expected a number >= 0, got -1.0"),
        (("--clip-norm", "0"), "--clip-norm: expected a number above 0, got '0'"),
        (("--monitor", "cost"), "--monitor: expected --early-stopping or --checkpoint-best with it"),
        (("--checkpoint-best", "b"), "--checkpoint-best: expected --checkpoint with it"),
        (("--checkpoint", "c", "--checkpoint-best", "./c"), "expected a file of its own, got './c', which is that"),
        (("--checkpoint", "iris.safetensors"), "got 'iris.safetensors', which is that of the model"),
        (("--out", "log.csv", "--log", "log.csv"), "--log: expected a file of its own, got 'log.csv', which is that"),
        (("--checkpoint", "c", "--checkpoint-best", "no/folder/b"), "there is no folder 'no/folder'"),
        (("--checkpoint-every", "3"), "--checkpoint-every: expected --checkpoint with it"),
        (("--checkpoint", "m", "--checkpoint-every", "3 days"), "expected a number of epochs such as 5, or a time"),
        (("--early-stopping", "2", "--monitor", "acuracy"), "monitor: the history has no column 'acuracy'"),
        (("--time-budget", "soon"), "--time-budget: expected a time such as 90s, 10m or 1.5h, got 'soon'"),
        (("--time-budget", "0"), "--time-budget: expected a time such as 90s"),
        (("--validation", "1.5"), "--validation: expected a part between 0 and 1, or the name of a file, got '1.5'"),
        (("--validation", "nothing.csv"), "nothing.csv"),
        (("--resume", "nothing"), "no model file 'nothing'"),
        (("--resume", "iris.toml"), "iris.toml: damaged, or not a safetensors file"),
        (("--sample-weight", "w"), "--sample-weight: iris has no column 'w'"),
        (("--log", "no/folder/log.csv"), "there is no folder 'no/folder'"),
        (("--checkpoint", "no/folder/c"), "there is no folder 'no/folder'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_option_is_refused_in_one_line(run: Run, options: tuple[str, ...], words: str) -> None:
    Path("iris.toml").write_text("# Written by cbp train")
    result = run("train", "iris", "--epochs", "2", "--quiet", *options)
    assert (result.status, result.out) == (2, "")
    assert words in result.err
    assert re.fullmatch(r"cbp train: error: [^\n]+\n", result.err), result.err
