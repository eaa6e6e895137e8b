"""Callbacks: when their hooks are called, what they may do, and that looking changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_cases import Array, every_dtype, every_optimizer, network, samples

import cbp
from cbp.callbacks import Callback, CSVLog, EarlyStopping, TerminateOnNonFinite, TimeBudget
from cbp.training.run import Run

X, Y, LABELS = samples()


class Heard(Callback):
    """Writes down every hook that is called, and where the run stood."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def on_train_begin(self, run: Run) -> None:
        self.seen.append(("train begins", run.history.total))

    def on_epoch_begin(self, run: Run) -> None:
        self.seen.append(("epoch begins", run.epoch))

    def on_batch_begin(self, run: Run) -> None:
        self.seen.append(("batch begins", run.batch))

    def on_batch_end(self, run: Run) -> None:
        self.seen.append(("batch", run.batch, run.batches, run.step))

    def on_epoch_end(self, run: Run) -> None:
        self.seen.append(("epoch", run.epoch, run.history.epochs))

    def on_train_end(self, run: Run) -> None:
        self.seen.append(("train", run.stopped, run.error))


class Stopping(Callback):
    """Stops after a batch of an epoch."""

    def __init__(self, epoch: int, batch: int) -> None:
        self.at = epoch, batch

    def on_batch_end(self, run: Run) -> None:
        if (run.epoch, run.batch) == self.at:
            run.stop("a test says so")


def run_calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many batches each call of the core was asked for, from now on."""
    from cbp.core.epoch import Epochs

    asked: list[int] = []

    class Counted(Epochs):
        def run(self, rates: Array) -> None:
            asked.append(len(rates))
            super().run(rates)

    monkeypatch.setattr("cbp.training.stepping.Epochs", Counted)
    return asked


def test_hooks_are_called_in_the_order_of_things() -> None:
    heard = Heard()
    network().fit(X, Y, epochs=2, batch_size=25, callbacks=[heard])
    assert heard.seen == [
        ("train begins", 2),
        ("epoch begins", 0),
        ("batch begins", 0), ("batch", 1, 2, 1),
        ("batch begins", 1), ("batch", 2, 2, 2),
        ("epoch", 1, 1),
        ("epoch begins", 1),
        ("batch begins", 0), ("batch", 1, 2, 3),
        ("batch begins", 1), ("batch", 2, 2, 4),
        ("epoch", 2, 2),
        ("train", None, None),
    ]  # fmt: skip


@every_optimizer
@every_dtype
def test_looking_at_every_batch_changes_no_bit(optimizer: Any, dtype: str) -> None:
    looked, whole = network(dtype=dtype), network(dtype=dtype)
    options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "optimizer": optimizer, "schedule": "one_cycle"}
    one = looked.fit(X, Y, callbacks=Heard(), **options)
    other = whole.fit(X, Y, **options)
    assert looked.parameters.tobytes() == whole.parameters.tobytes()
    assert one["cost"] == other["cost"]
    assert one["lr"] == other["lr"]


def test_an_epoch_is_one_call_of_the_core_unless_a_batch_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run_calls(monkeypatch)
    network().fit(X, Y, epochs=2, batch_size=8, callbacks=[EarlyStopping(), TimeBudget(hours=1), Callback()])
    assert asked == [7, 7]
    asked.clear()
    network().fit(X, Y, epochs=1, batch_size=8, callbacks=Heard())
    assert asked == [1] * 7


def test_the_cost_of_a_batch_is_the_networks_before_its_step() -> None:
    costs = []

    class Costs(Callback):
        def on_batch_begin(self, run: Run) -> None:
            rows = slice(8 * run.batch, 8 * run.batch + 8)
            costs.append([run.net.cost(X[rows], Y[rows])])

        def on_batch_end(self, run: Run) -> None:
            costs[-1] += [run.batch_cost, run.cost]

    history = network().fit(X, Y, epochs=1, batch_size=8, shuffle=False, callbacks=Costs())
    expected, got, _ = np.transpose(costs)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert costs[-1][2] == history["cost"][0]


def test_a_training_stops_after_the_batch_at_hand() -> None:
    net, same = network(), network()
    history = net.fit(X, Y, epochs=9, batch_size=10, shuffle=False, callbacks=Stopping(1, 2))
    assert history.epochs == net.epochs_trained == 1
    assert history.stopped == "a test says so"
    same.fit(X, Y, epochs=1, batch_size=10, shuffle=False)
    same.fit(X[:20], Y[:20], epochs=1, batch_size=10, shuffle=False)
    assert net.parameters.tobytes() == same.parameters.tobytes()


def test_an_epoch_that_is_stopped_at_its_last_batch_counts() -> None:
    history = network().fit(X, Y, epochs=9, batch_size=10, callbacks=Stopping(0, 5))
    assert history.epochs == 1


def test_any_object_with_a_hook_is_a_callback() -> None:
    class Own:
        epochs = 0

        def on_epoch_end(self, run: Run) -> None:
            self.epochs += 1

    own = Own()
    network().fit(X, Y, epochs=3, callbacks=(own, Callback()))
    network().fit(X, Y, epochs=2, callbacks=own)
    assert own.epochs == 5


@pytest.mark.parametrize("wrong", [[3], EarlyStopping, [EarlyStopping], "early_stopping", [print], 7])
def test_what_is_no_callback_is_refused_before_anything_happens(wrong: Any) -> None:
    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(TypeError, match="callbacks: expected objects with hooks such as on_epoch_end, got"):
        net.fit(X, Y, callbacks=wrong)
    assert net.parameters.tobytes() == before


def test_an_error_in_a_hook_is_raised_and_all_hear_of_the_end() -> None:
    class Fails(Callback):
        def on_epoch_end(self, run: Run) -> None:
            raise LookupError("mine")

    heard = Heard()
    with pytest.raises(LookupError, match="mine"):
        network().fit(X, Y, epochs=3, callbacks=[heard, Fails()])
    name, stopped, error = heard.seen[-1]
    assert (name, stopped, type(error)) == ("train", None, LookupError)


def test_who_has_not_heard_of_the_beginning_does_not_hear_of_the_end() -> None:
    class Fails(Callback):
        def on_train_begin(self, run: Run) -> None:
            raise LookupError("mine")

    first, second = Heard(), Heard()
    with pytest.raises(LookupError):
        network().fit(X, Y, callbacks=[first, Fails(), second])
    assert [name for name, *_ in first.seen] == ["train begins", "train"]
    assert second.seen == []


# ---- early stopping ----------------------------------------------------------------------------------------


def overfit(**options: Any) -> tuple[cbp.Network, Any]:
    """Twelve samples learnt by heart while another thirty-eight get worse."""
    net = network(sizes=[3, 30, 2], cost="cross_entropy")
    train: dict[str, Any] = {"epochs": 400, "batch_size": 4, "validation": (X[12:], LABELS[12:])} | options
    return net, net.fit(X[:12], LABELS[:12], **train)


@every_optimizer
def test_it_stops_when_nothing_gets_better_and_brings_the_best_back(optimizer: Any) -> None:
    early = EarlyStopping(patience=6)
    net, history = overfit(optimizer=optimizer, callbacks=[early])
    costs = history["validation_cost"]
    assert early.best_epoch == int(np.argmin(costs)) + 1 == history.epochs - 6 < 394
    assert early.best == min(costs)
    assert history.stopped == f"validation_cost has not become better since epoch {early.best_epoch}"
    best, _ = overfit(optimizer=optimizer, epochs=early.best_epoch)
    assert net.parameters.tobytes() == best.parameters.tobytes()
    last, _ = overfit(optimizer=optimizer, callbacks=EarlyStopping(patience=6, restore_best=False))
    same, _ = overfit(optimizer=optimizer, epochs=history.epochs)
    assert last.parameters.tobytes() == same.parameters.tobytes() != net.parameters.tobytes()


def test_a_training_that_ends_by_itself_has_its_best_parameters_too() -> None:
    early = EarlyStopping(patience=1000)
    net, history = overfit(optimizer=cbp.Adam(lr=0.01), epochs=200, callbacks=early)
    assert history.epochs == 200 > early.best_epoch
    assert net.cost(X[12:], LABELS[12:]) == pytest.approx(early.best, rel=1e-12)


def test_it_watches_what_it_is_told_to() -> None:
    net, _ = overfit(epochs=5)
    rows = {"cost": [5, 4, 3, 2, 1], "validation_accuracy": [0.5, 0.7, 0.69, 0.71, 0.7]}

    def stopped_at(**options: Any) -> int:
        early, run = EarlyStopping(2, **options), Standing(net)
        for epoch, row in enumerate(zip(*rows.values(), strict=True), start=1):
            run.see(epoch, dict(zip(rows, row, strict=True)))
            early.on_epoch_end(run)  # type: ignore[arg-type]
            if run.stopped:
                return epoch
        return 0

    assert stopped_at(monitor="cost") == 0
    assert stopped_at(monitor="cost", mode="max") == 3
    assert stopped_at(monitor="validation_accuracy") == 0
    assert stopped_at(monitor="validation_accuracy", min_delta=0.05) == 4
    assert stopped_at(monitor="validation_accuracy", mode="min") == 3
    with pytest.raises(ValueError, match="no column 'validation_acuracy': did you mean 'validation_accuracy'"):
        stopped_at(monitor="validation_acuracy")


class Standing:
    """A run that shows one row after another."""

    def __init__(self, net: cbp.Network) -> None:
        self.net, self.stopped, self.history = net, "", self

    def see(self, epoch: int, row: dict[str, float]) -> None:
        self.epoch, self.row = epoch, row

    def last(self) -> dict[str, float]:
        return self.row

    def stop(self, reason: str) -> None:
        self.stopped = reason


def test_nan_is_never_better() -> None:
    early, run = EarlyStopping(2), Standing(network())
    for epoch in (1, 2):
        run.see(epoch, {"cost": float("nan")})
        early.on_epoch_end(run)  # type: ignore[arg-type]
    assert early.best is None
    assert run.stopped == "cost has not become better since the beginning"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"patience": 0}, "patience: expected a whole number >= 1, got 0"),
        ({"min_delta": -1}, "min_delta: expected a number >= 0, got -1"),
        ({"mode": "low"}, "mode: expected 'min' or 'max', got 'low'"),
    ],
)
def test_constants_are_checked(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**wrong)


# ---- the others --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls", [2, 4, 9])
def test_a_time_budget_ends_training_between_two_steps(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock of the test's own, which is read once at the beginning, and whenever it is looked at."""
    ticks = iter(range(100))
    monkeypatch.setattr("cbp.callbacks.time_budget.time.monotonic", lambda: next(ticks))
    n, B = 20_000, 100
    many = np.random.default_rng(0).normal(size=(n, 20)).astype("float32")
    net, same = (network(sizes=[20, 300, 300, 5], dtype="float32") for _ in range(2))
    train: dict[str, Any] = {"batch_size": B, "shuffle": False, "optimizer": cbp.SGD(lr=1e-3)}
    steps: list[int] = []

    class Steps(Callback):
        def on_train_end(self, run: Run) -> None:
            steps.append(run.step)

    history = net.fit(many, many[:, :5], epochs=99, callbacks=[TimeBudget(calls), Steps()], **train)
    assert history.stopped == f"the time budget of {calls} s is used up"
    assert history.epochs == 0
    assert 0 < steps[0] < n // B
    same.fit(many[: steps[0] * B], many[: steps[0] * B, :5], epochs=1, **train)
    assert net.parameters.tobytes() == same.parameters.tobytes()


def test_a_time_budget_must_be_some_time() -> None:
    assert TimeBudget(1, minutes=2, hours=3).seconds == 1 + 120 + 10_800
    with pytest.raises(ValueError, match="seconds: expected a number above 0, got 0"):
        TimeBudget()


@every_optimizer
def test_a_training_that_diverges_can_end_quietly(optimizer: Any) -> None:
    wild = type(optimizer)(**(vars(optimizer) | {"lr": 1e30}))
    net, heard = network(activation="identity", dtype="float32"), Heard()
    history = net.fit(X, Y, epochs=50, optimizer=wild, callbacks=[TerminateOnNonFinite(), heard])
    assert history.stopped is not None
    assert "try a smaller learning rate" in history.stopped
    assert np.isfinite(net.parameters).all()
    assert heard.seen[-1] == ("train", history.stopped, None)


def test_other_errors_do_not_end_quietly() -> None:
    class Fails(Callback):
        def on_epoch_end(self, run: Run) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        network().fit(X, Y, callbacks=[Fails(), TerminateOnNonFinite()])


def test_a_column_that_is_not_finite_ends_training() -> None:
    far = X * 1e200
    history = network(activation="identity").fit(X, Y, validation=(far, Y), callbacks=TerminateOnNonFinite())
    assert history.stopped == "validation_cost of epoch 1 is inf"


def test_a_log_is_the_history(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("an older one\n")
    history = network(cost="cross_entropy").fit(X, LABELS, epochs=4, validation=0.2, callbacks=CSVLog(path))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert {name: [float(row[name]) for row in rows] for name in history} == dict(history)
    assert set(rows[0]) == {"epoch", "cost", "seconds", "validation_cost", "validation_accuracy"}


def test_a_log_that_cannot_be_written_says_so_before_training(tmp_path: Path) -> None:
    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(FileNotFoundError):
        net.fit(X, Y, callbacks=CSVLog(tmp_path / "nowhere" / "log.csv"))
    assert net.parameters.tobytes() == before
