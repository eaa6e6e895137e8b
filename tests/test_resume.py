"""Stopped anywhere and resumed, a training has the bits of one that was never stopped."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from training_cases import network, samples

import cbp
from cbp import optimizers, schedules
from cbp.callbacks import Callback, Checkpoint, CSVLog, EarlyStopping, TerminateOnNonFinite, TimeBudget
from cbp.files import ModelError
from cbp.schedules.choosing import NAMED
from cbp.training.history import History
from cbp.training.run import Run

X, Y, LABELS = samples()

VARIANTS: list[Any] = [
    cbp.SGD(lr=0.05),
    cbp.SGD(lr=0.05, momentum=0.9),
    cbp.SGD(lr=0.05, momentum=0.9, nesterov=True),
    cbp.SGD(lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
    cbp.Adam(), cbp.Adam(weight_decay=0.1), cbp.Adam(eps_hat=True), cbp.AdamW(), cbp.AdamW(amsgrad=True),
    cbp.AMSGrad(), cbp.NAdam(), cbp.RAdam(), cbp.Adamax(), cbp.RMSprop(), cbp.RMSprop(centered=True, momentum=0.5),
    cbp.Adagrad(lr_decay=0.1), cbp.Adadelta(), cbp.Lion(), cbp.Rprop(),
]  # fmt: skip

ITERATING: list[Any] = [cbp.LBFGS(memory=3, gtol=0, ftol=0), cbp.LevenbergMarquardt(gtol=0, ftol=0, scaled=True)]

SCHEDULES: dict[str, Any] = {
    "constant": schedules.Schedule(),
    "step": schedules.Step(2),
    "multi_step": schedules.MultiStep((1, 3)),
    "exponential": schedules.Exponential(0.9, per="step"),
    "inverse_time": schedules.InverseTime(0.1, per="step"),
    "polynomial": schedules.Polynomial(per="step"),
    "cosine": schedules.Cosine(per="step"),
    "cosine_restarts": schedules.CosineRestarts(7, per="step"),
    "one_cycle": schedules.OneCycle(),
    "warmup": schedules.Warmup(2, then=schedules.Plateau(patience=0)),
    "plateau": schedules.Plateau(patience=0, factor=0.5, cooldown=1),
    "invscaling": schedules.InvScaling(),
    "adaptive": schedules.Adaptive(patience=1, tol=1e-3, min_lr=1e-3),
}


@pytest.fixture(autouse=True)
def no_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk at every epoch is most of what these tests would do."""
    monkeypatch.setattr("cbp.files.writing.os.fsync", lambda _: None)


class Pause(Callback):
    """Ends training at its given steps, to go on later."""

    def __init__(self, *steps: int) -> None:
        self.steps = steps

    def on_batch_end(self, run: Run) -> None:
        if run.step in self.steps:
            run.pause("a test says so")


def held(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and the tensors of a model file."""
    with safe_open(str(path), framework="np") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def contents(path: Path) -> tuple[Any, dict[str, bytes]]:
    """What a checkpoint says and holds, but for the time it took."""
    metadata, tensors = held(path)
    description = json.loads(metadata["cbp.run"])
    del (
        description["state"]["mapping"]["seconds"],
        description["state"]["mapping"]["history"]["mapping"]["seconds"],
    )
    return description, {name: tensor.tobytes() for name, tensor in tensors.items()}


def columns(history: History) -> dict[str, list[float]]:
    return {name: column for name, column in history.items() if name != "seconds"}


def in_one_go(path: Path, of: dict[str, Any], **options: Any) -> tuple[cbp.Network, History]:
    net = network(**of)
    return net, net.fit(X, LABELS, **(OPTIONS | options), callbacks=callbacks(path))


def in_pieces(path: Path, steps: list[int], of: dict[str, Any], **options: Any) -> tuple[cbp.Network, History]:
    """Stop at each of the steps, and go on in a network made anew."""
    resume = None
    for step in (*steps, -1):
        net = network(**of)
        history = net.fit(X, LABELS, **(OPTIONS | options), callbacks=[*callbacks(path), Pause(step)], resume=resume)
        resume = path
    return net, history


def callbacks(path: Path) -> list[Any]:
    return [EarlyStopping(patience=50), Checkpoint(path, best=path.with_suffix(".best"))]


OPTIONS: dict[str, Any] = {"epochs": 5, "batch_size": 8, "validation": 0.2}
STEPS = 5  # an epoch


def the_same(tmp_path: Path, steps: list[int], of: dict[str, Any] | None = None, **options: Any) -> None:
    """The network, the history and the checkpoint that are left do not show where it was stopped."""
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    of = {"cost": "cross_entropy"} | (of or {})
    whole, expected = in_one_go(one, of, **options)
    net, history = in_pieces(other, steps, of, **options)
    assert net.parameters.tobytes() == whole.parameters.tobytes()
    assert columns(history) == columns(expected)
    assert history.stopped == expected.stopped
    assert net.epochs_trained == whole.epochs_trained
    assert contents(other) == contents(one)
    assert contents(other.with_suffix(".best")) == contents(one.with_suffix(".best"))


@pytest.mark.parametrize("optimizer", VARIANTS, ids=str)
def test_every_optimizer_goes_on_as_if_it_had_never_stopped(optimizer: Any, tmp_path: Path) -> None:
    the_same(tmp_path, [2, STEPS, 2 * STEPS + 1], optimizer=optimizer)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ITERATING, ids=str)
def test_one_that_looks_at_all_samples_goes_on_as_if_it_had_never_stopped(
    optimizer: Any, dtype: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"epochs": 20, "class_weight": "balanced", "l2": 1e-3, "threads": 2}
    the_same(tmp_path, [1, 4, 17], {"cost": "squared_error", "dtype": dtype}, optimizer=optimizer, **options)


@pytest.mark.parametrize("optimizer", ITERATING, ids=str)
def test_one_that_has_found_nothing_to_gain_stops_again(optimizer: Any, tmp_path: Path) -> None:
    """Interrupted after its last iteration, too, before anybody was told."""
    path, found = tmp_path / "run", dataclasses.replace(optimizer, gtol=1e-2)
    options: dict[str, Any] = {"epochs": 500, "optimizer": found}
    whole = network()
    expected = whole.fit(X, Y, **options)
    assert expected.stopped == "no derivative of the cost is above gtol=0.01"

    class Interrupts(Callback):
        def on_batch_end(self, run: Run) -> None:
            if run.epoch + 1 == expected.epochs:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        network().fit(X, Y, **options, callbacks=[Checkpoint(path), Interrupts()])
    for _ in range(2):
        net = network()
        history = net.fit(X, Y, **options, callbacks=Checkpoint(path), resume=path)
        assert net.parameters.tobytes() == whole.parameters.tobytes()
        assert columns(history) == columns(expected)
        assert history.stopped == expected.stopped


def test_every_compiled_optimizer_is_tried() -> None:
    compiled = {getattr(optimizers, name) for name in optimizers.__all__}
    made = {each for each in compiled if isinstance(each, type) and issubclass(each, optimizers.Compiled)}
    assert made - {optimizers.Compiled} == {type(optimizer) for optimizer in VARIANTS}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_every_schedule_goes_on_as_if_it_had_never_stopped(schedule: Any, tmp_path: Path) -> None:
    the_same(tmp_path, [3, 2 * STEPS, 4 * STEPS - 1], optimizer=cbp.SGD(lr=0.5), schedule=schedule)


def test_every_schedule_is_tried() -> None:
    assert SCHEDULES.keys() == NAMED.keys()


@pytest.mark.parametrize("step", range(1, 5 * STEPS + 1))
def test_it_may_be_stopped_after_any_step(step: int, tmp_path: Path) -> None:
    the_same(tmp_path, [step], optimizer="adam")


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"seed": 9},
        {"batch_size": 1},
        {"batch_size": 100},
        {"threads": 2},
        {"class_weight": "balanced", "sample_weight": np.arange(50) % 3},
        {"optimizer": cbp.Adam(lr=schedules.Cosine(lr=0.1))},
        {"epochs": 1},
        {"dropout": 0.3},
        {"dropout": {1: 0.2}, "input_noise": 0.1},
        {"l1": 1e-3, "l2": 1e-3, "clip_norm": 0.5, "max_norm": 1.0},
    ],
    ids=str,
)
def test_it_may_be_stopped_whatever_the_settings(options: dict[str, Any], tmp_path: Path) -> None:
    the_same(tmp_path, [1, 2], **options)


@pytest.mark.parametrize("step", [1, STEPS - 1, STEPS, STEPS + 2])
def test_dropped_units_noise_and_the_running_mean_go_on_as_if_it_had_never_stopped(step: int, tmp_path: Path) -> None:
    path, (whole, stopped, other) = tmp_path / "run", (network() for _ in range(3))
    options: dict[str, Any] = {"batch_size": 11, "epochs": 3, "dropout": 0.4, "input_noise": 0.2, "ema": 0.9}
    whole.fit(X, Y, **options)
    stopped.fit(X, Y, **options, callbacks=[Pause(step), Checkpoint(path)])
    other.fit(X, Y, **options, resume=path)
    assert other.parameters.tobytes() == whole.parameters.tobytes()
    assert whole.average is not None
    assert other.average is not None
    assert other.average.tobytes() == whole.average.tobytes()


def test_a_network_that_was_trained_before_goes_on_too(tmp_path: Path) -> None:
    path, (whole, stopped, other) = tmp_path / "run", (network() for _ in range(3))
    for net in (whole, stopped):
        net.fit(X, Y, epochs=3)
    whole.fit(X, Y, epochs=4)
    stopped.fit(X, Y, epochs=4, callbacks=[Pause(3), Checkpoint(path)])
    other.fit(X, Y, epochs=4, resume=path)
    assert other.parameters.tobytes() == whole.parameters.tobytes()
    assert other.epochs_trained == whole.epochs_trained == 7


def test_more_epochs_go_on_where_fewer_ended(tmp_path: Path) -> None:
    path, (whole, fewer, more) = tmp_path / "run", (network() for _ in range(3))
    expected = whole.fit(X, Y, epochs=7, optimizer="adam")
    fewer.fit(X, Y, epochs=3, optimizer="adam", callbacks=Checkpoint(path))
    history = more.fit(X, Y, epochs=7, optimizer="adam", resume=path)
    assert more.parameters.tobytes() == whole.parameters.tobytes()
    assert columns(history) == columns(expected)
    assert history["seconds"] == sorted(history["seconds"])


@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize("step", [1, 7, 12, 33])
@pytest.mark.parametrize("ema", [None, 0.8])
def test_early_stopping_remembers(patience: int, step: int, ema: float | None, tmp_path: Path) -> None:
    """Stopped before it would end, within its patience, or resumed after its end: it ends where it ends."""
    path = tmp_path / "run"
    options: dict[str, Any] = {"epochs": 60, "batch_size": 4, "validation": (X[12:], LABELS[12:]), "optimizer": "adam"}
    options["ema"] = ema

    def train(resume: Path | None, *more: Callback) -> tuple[bytes, bytes | None, dict[str, list[float]], int]:
        net, early = network(sizes=[3, 30, 2], cost="cross_entropy"), EarlyStopping(patience)
        callbacks = [early, Checkpoint(path), *more]
        history = net.fit(X[:12], LABELS[:12], **options, callbacks=callbacks, resume=resume)
        average = None if net.average is None else net.average.tobytes()
        return net.parameters.tobytes(), average, columns(history), early.best_epoch

    whole = train(None)
    assert len(whole[2]["cost"]) < 60
    assert (whole[1] is None) == (ema is None)
    train(None, Pause(step))
    assert train(path) == whole
    assert train(path) == whole  # nothing is left to do


def test_a_schedule_that_ended_training_ends_it_again(tmp_path: Path) -> None:
    path, schedule = tmp_path / "run", schedules.Adaptive(patience=0, tol=10, min_lr=1e-3)
    one, other = network(), network()
    first = one.fit(X, Y, epochs=50, schedule=schedule, callbacks=Checkpoint(path))
    again = other.fit(X, Y, epochs=50, schedule=schedule, resume=path)
    assert again.epochs == first.epochs < 50
    assert again.stopped == first.stopped is not None
    assert other.parameters.tobytes() == one.parameters.tobytes()


class InPython:
    """Momentum whose memory is an object with everything in it that a checkpoint can hold."""

    lr = 0.05

    class Memory:
        def __init__(self, n: int) -> None:
            self.velocity, self.steps, self.words = np.zeros(n), 0, ["a", ("b", None, True)]
            self.by_name: dict[str, Any] = {"norm": np.float32(0), "least": float("inf")}

    def init(self, parameters: Any) -> Memory:
        return self.Memory(len(parameters))

    def update(self, gradient: Any, state: Memory, parameters: Any, learning_rate: float) -> None:
        state.steps += 1
        state.velocity *= 1 - 1 / (1 + state.steps)
        state.velocity += gradient
        assert isinstance(state.by_name["norm"], np.float32)
        assert state.words == ["a", ("b", None, True)]
        state.by_name["least"] = min(float(state.by_name["least"]), float(abs(gradient).max()))
        parameters -= learning_rate * state.velocity * min(state.by_name["least"], 1)


def test_an_optimizer_in_python_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    the_same(tmp_path, [2, STEPS, 2 * STEPS + 1], optimizer=InPython())


def test_a_memory_that_no_file_can_hold_is_refused_before_training(tmp_path: Path) -> None:
    class Generators(InPython):
        def init(self, parameters: Any) -> Any:
            return {"drawn by": np.random.default_rng()}

    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(TypeError, match="run/solver/in_python/drawn by: expected numbers, text, arrays"):
        net.fit(X, Y, optimizer=Generators(), callbacks=Checkpoint(tmp_path / "run"))
    assert net.parameters.tobytes() == before
    assert not list(tmp_path.iterdir())


# ---- when it is written ------------------------------------------------------------------------------------


class Written(Callback):
    """Where the run stood whenever a checkpoint had been written."""

    def __init__(self, path: Path) -> None:
        self.path, self.last = path, b""
        self.seen: list[tuple[int, int]] = []

    def at_rest(self, run: Run) -> None:
        now = self.path.read_bytes()
        if now != self.last:
            self.last = now
            self.seen.append((run.epoch, run.batch))

    def on_batch_end(self, run: Run) -> None:
        self.at_rest(run)


def test_a_checkpoint_is_written_every_few_epochs_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "run"
    for options, expected in (
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"epochs": 2}, [0, 2, 4, 5]),
        ({"epochs": None}, [0, 5]),
    ):
        written = Written(path)
        network().fit(X, Y, epochs=5, callbacks=[Checkpoint(path, **options), written])
        assert [epoch for epoch, _ in written.seen] == expected


def test_a_checkpoint_is_written_every_few_minutes_within_epochs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock of the test's own, which goes on a minute with every batch."""
    path, minutes = tmp_path / "run", count()
    now = [0.0]

    class Clock(Callback):
        def on_batch_end(self, run: Run) -> None:
            now[0] = 60.0 * next(minutes)

    monkeypatch.setattr("cbp.callbacks.checkpoint.time.monotonic", lambda: now[0])
    written = Written(path)
    network().fit(X, Y, epochs=2, batch_size=5, callbacks=[Clock(), Checkpoint(path, epochs=None, minutes=3), written])
    assert [place for place in written.seen if place[1] not in (0, 10)] == [(0, 4), (0, 7), (1, 3), (1, 6), (1, 9)]


def test_the_best_is_kept_beside_the_last(tmp_path: Path) -> None:
    path, best = tmp_path / "last.safetensors", tmp_path / "best.safetensors"
    options: dict[str, Any] = {"batch_size": 4, "validation": (X[12:], LABELS[12:]), "optimizer": "adam"}
    nets = [network(sizes=[3, 30, 2], cost="cross_entropy") for _ in range(2)]
    history = nets[0].fit(X[:12], LABELS[:12], epochs=80, **options, callbacks=Checkpoint(path, best=best))
    epoch = int(np.argmin(history["validation_cost"])) + 1
    assert epoch < 80
    nets[1].fit(X[:12], LABELS[:12], epochs=epoch, **options)
    for file, net in ((path, nets[0]), (best, nets[1])):
        loaded = cbp.load(file)
        assert loaded.parameters.tobytes() == net.parameters.tobytes()
        assert loaded.epochs_trained == net.epochs_trained


def test_a_checkpoint_is_a_model_file(tmp_path: Path) -> None:
    net = network()
    net.extra = {"note": "mine"}
    net.fit(X, Y, epochs=2, optimizer="adam", callbacks=Checkpoint(tmp_path / "run"))
    loaded = cbp.load(tmp_path / "run")
    assert loaded.extra == net.extra
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
    loaded.save(tmp_path / "model")
    with safe_open(str(tmp_path / "model"), framework="np") as file:
        assert set(file.keys()) == {"W2", "b2", "W3", "b3"}


def test_a_log_of_a_resumed_run_has_every_epoch_once(tmp_path: Path) -> None:
    path, log = tmp_path / "run", tmp_path / "log.csv"
    network().fit(X, Y, epochs=9, callbacks=[Checkpoint(path, epochs=2), CSVLog(log), Pause(2 * 5 + 1)])
    history = network().fit(X, Y, epochs=6, callbacks=[CSVLog(log)], resume=path)
    rows = [line.split(",") for line in log.read_text().splitlines()]
    assert [row[0] for row in rows] == ["epoch", "1", "2", "3", "4", "5", "6"]
    assert [float(row[1]) for row in rows[1:]] == history["cost"]


# ---- what is refused ---------------------------------------------------------------------------------------


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    network().fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), callbacks=[Checkpoint(path), Pause(3)])
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"optimizer": cbp.Adam(lr=0.02)}, r"optimizer was Adam\(lr=0.01, .* and is Adam\(lr=0.02"),
        ({"optimizer": cbp.SGD(lr=0.01)}, r"optimizer was Adam\(lr=0.01, .* and is SGD\("),
        ({"schedule": "cosine"}, r"schedule was Schedule\(lr=None\) and is Cosine\("),
        ({"batch_size": 16}, "batch_size was 32 and is 16;"),
        ({"shuffle": False}, "shuffle was True and is False;"),
        ({"seed": 5}, "seed was 1 and is 5;"),
        ({"X": X[:49], "targets": Y[:49]}, "samples was 50 and is 49, checksum of some samples was"),
        ({"X": X + 1e-9}, "checksum of some samples was [0-9a-f]{8} and is [0-9a-f]{8};"),
        ({"targets": 1 - Y}, "checksum of some samples was"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(change: dict[str, Any], said: str, stopped: Path) -> None:
    net = network()
    before = net.parameters.tobytes()
    options: dict[str, Any] = {"X": X, "targets": Y, "epochs": 3, "optimizer": cbp.Adam(lr=0.01), "resume": stopped}
    options |= change
    with pytest.raises(ValueError, match=f"resume: .*run.safetensors is of another training: (.*, )?{said}"):
        net.fit(**options)
    assert net.parameters.tobytes() == before
    assert net.epochs_trained == 0


@pytest.mark.parametrize(
    "change", [{"sizes": [3, 8, 2]}, {"activation": "relu"}, {"dtype": "float32"}, {"reduction": "sum"}, {"seed": 2}]
)
def test_another_network_is_refused(change: dict[str, Any], stopped: Path) -> None:
    net = network(**change)
    before = net.parameters.tobytes()
    (name,) = change
    with pytest.raises(ValueError, match=f"of another training: .*{name}"):
        net.fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped)
    assert net.parameters.tobytes() == before


def test_the_best_checkpoint_is_another_file_than_the_newest() -> None:
    with pytest.raises(ValueError, match=r"best: expected another file than that of the newest checkpoint, got '\./c'"):
        Checkpoint("c", best="./c")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    net = network()
    with pytest.raises(FileNotFoundError, match="no model file"):
        net.fit(X, Y, resume=tmp_path / "nothing")
    net.save(tmp_path / "model")
    with pytest.raises(ModelError, match=r"model: no checkpoint, for cbp\.callbacks\.Checkpoint did not write it"):
        net.fit(X, Y, resume=tmp_path / "model")
    (tmp_path / "text").write_text("text")
    with pytest.raises(ModelError, match="text: damaged, or not a safetensors file"):
        net.fit(X, Y, resume=tmp_path / "text")


def test_a_damaged_checkpoint_is_refused(stopped: Path) -> None:
    """Two hundred of its bytes: what the network is, what the training is, and every tensor of both."""
    whole = stopped.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    described = json.loads(whole[8 : 8 + header])
    tensors = [described[name]["data_offsets"] for name in described if name != "__metadata__"]
    begin, end = whole.index(b'{"__metadata__"'), whole.index(b"}}}")
    harmless = range(whole.index(b"cbp.checksum"), whole.index(b"cbp.checksum") + len(b"cbp.checksum"))
    said = set(range(begin, end, (end - begin) // 190)) - set(harmless)
    places = [*sorted(said), *(8 + header + offset for offset, _ in tensors)]
    net = network()
    before = net.parameters.tobytes()
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        stopped.write_bytes(damaged)
        with pytest.raises((ModelError, ValueError)) as refusal:
            net.fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped)
        assert "\n" not in str(refusal.value)
        assert net.parameters.tobytes() == before
    stopped.write_bytes(whole)
    net.fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped)


def test_other_digits_of_the_same_number_are_damage_too(stopped: Path) -> None:
    metadata, tensors = held(stopped)
    one_more, changed = re.subn(r'(": \[?\d+\.\d+)(?=[,\]}])', r"\g<1>0", metadata["cbp.run"], count=1)
    assert changed
    assert json.loads(one_more) == json.loads(metadata["cbp.run"])
    save_file(tensors, stopped, metadata | {"cbp.run": one_more})
    with pytest.raises(ModelError, match="damaged"):
        network().fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped)


def test_a_checkpoint_of_a_later_format_is_refused(stopped: Path) -> None:
    metadata, tensors = held(stopped)
    later = {"cbp": metadata["cbp"], "cbp.run": metadata["cbp.run"].replace('"format": 1', '"format": 2', 1)}
    save_file(tensors, stopped, later)
    with pytest.raises(ModelError, match="its format is 2, this cbp reads format 1"):
        network().fit(X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped)


def test_other_callbacks_may_be_there_when_it_is_resumed(stopped: Path) -> None:
    history = network().fit(
        X, Y, epochs=3, optimizer=cbp.Adam(lr=0.01), resume=stopped, validation=(X, Y),
        callbacks=[EarlyStopping(1), Checkpoint(stopped), TerminateOnNonFinite(), TimeBudget(hours=1)],
    )  # fmt: skip
    assert history.epochs == 3
    assert len(history["validation_cost"]) == 3
    assert np.isnan(history["validation_cost"][0])


# ---- stopped by a signal -----------------------------------------------------------------------------------

TRAINING = """
import sys
import numpy as np
import cbp
from cbp.callbacks import Checkpoint, EarlyStopping

def fit(path, resume=None, **more):
    X = np.random.default_rng(0).normal(size=(20_000, 20))
    y = np.sin(X[:, :5])
    net = cbp.Network([20, 100, 5], "tanh", seed=1)
    history = net.fit(
        X, y, epochs=6, batch_size=50, optimizer="adam", schedule="one_cycle", validation=0.1,
        callbacks=[EarlyStopping(), Checkpoint(path, minutes=1e-3)], resume=resume, **more,
    )
    return net, history

if __name__ == "__main__":
    fit(*sys.argv[1:])
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A module that trains for a second, and the file it is in."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "long_training.py").write_text(TRAINING)
    sys.path.insert(0, str(folder))
    import long_training  # type: ignore[import-not-found]

    yield long_training
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def never_stopped(training: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Any]:
    net, history = training.fit(tmp_path_factory.mktemp("whole") / "run")
    return net.parameters.tobytes(), columns(history)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("checkpoints", [2, 5])
def test_a_process_may_be_stopped_or_killed_at_any_time(
    number: int, checkpoints: int, training: Any, never_stopped: tuple[bytes, Any], tmp_path: Path
) -> None:
    """Once so many checkpoints were seen; then again, in the process that went on."""
    path = tmp_path / "run"
    for more in ([], [str(path)]):
        command = [sys.executable, training.__file__, str(path), *more]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ})
        seen: set[int] = set()
        while len(seen) < checkpoints and process.poll() is None:
            if path.exists():
                seen.add(path.stat().st_mtime_ns)
            time.sleep(0.001)
        process.send_signal(number)
        said = process.communicate()[1].decode()
        assert process.returncode in (-number, 0, 130 if number == signal.SIGINT else -number), said
    net, history = training.fit(path, resume=path)
    assert net.parameters.tobytes() == never_stopped[0]
    assert columns(history) == never_stopped[1]


STEPPING = {"run.py", "stepping.py", "feeds.py", "calls.py", "early_stopping.py", "checkpoint.py", "history.py"}
ITERATIONS = {"iterating.py", "lbfgs.py", "levenberg_marquardt.py"}


class Saves(Callback):
    """Writes whenever it may, even where nothing has happened since."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def at_rest(self, run: Run) -> None:
        run.save(self.path)


def interrupted(net: cbp.Network, at: int, mine: set[str], **options: Any) -> bool:
    """Train with Ctrl-C at the line of this number in these files; whether there were that many."""
    left = at

    def line(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return line

    def call(frame: Any, *_: Any) -> Any:
        return line if os.path.basename(frame.f_code.co_filename) in mine else None  # noqa: PTH119

    sys.settrace(call)
    try:
        net.fit(X, LABELS, **options)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.parametrize("begun", [False, True], ids=["new", "resumed within an epoch"])
@pytest.mark.parametrize(
    ("files", "options"),
    [
        (STEPPING, {"epochs": 2, "batch_size": 25, "optimizer": "adam", "schedule": "plateau"}),
        *((ITERATIONS, {"epochs": 2, "optimizer": optimizer}) for optimizer in ITERATING),
    ],
    ids=["adam", "lbfgs", "lm"],
)
def test_ctrl_c_may_come_at_any_line_of_the_bookkeeping(
    files: set[str], begun: bool, options: dict[str, Any], tmp_path: Path
) -> None:
    options = options | {"validation": 0.2}
    whole, path, first = network(), tmp_path / "run", tmp_path / "first"
    expected = whole.fit(X, LABELS, **options)
    network().fit(X, LABELS, **options, callbacks=[Pause(1), Checkpoint(first)])
    resumed = 0
    for at in count(1, 5 if files is STEPPING else 1):
        path.unlink(missing_ok=True)
        saves = Checkpoint(path) if files is STEPPING else Saves(path)
        callbacks = [EarlyStopping(patience=9, restore_best=False), saves]
        resume = first if begun else None
        if not interrupted(network(), at, files, **options, callbacks=callbacks, resume=resume):
            break
        if path.exists():
            net, resumed = network(), resumed + 1
            history = net.fit(X, LABELS, **options, resume=path)
            assert net.parameters.tobytes() == whole.parameters.tobytes(), at
            assert columns(history) == columns(expected), at
    assert resumed > 40
