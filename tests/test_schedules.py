"""Schedules against torch.optim.lr_scheduler 2.13 (from values PyTorch wrote), scikit-learn, and their formulas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor
from training_cases import network, samples

import cbp
from cbp import schedules
from cbp.schedules import Schedule, When, schedule
from cbp.schedules.choosing import NAMED

FOUND: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torch_schedules.json").read_text())
CASES: list[dict[str, Any]] = FOUND["cases"]
LR, COSTS = FOUND["lr"], FOUND["costs"]
EPOCHS = len(COSTS)
ANY: Any = schedules

every_case = pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case['schedule']}" for i, case in enumerate(CASES)])


def made(case: dict[str, Any], **more: Any) -> Schedule:
    constants = {key: tuple(value) if isinstance(value, list) else value for key, value in case["constants"].items()}
    found: Schedule = getattr(schedules, case["schedule"])(**constants, **more)
    return found


def by_epoch(given: Schedule, lr: float = LR, costs: Any = COSTS, samples: int = 1) -> list[float]:
    """The rate of each epoch, of one step."""
    state, seen = given.start(lr), []
    for epoch, cost in enumerate(costs):
        when = When(epoch, np.array([epoch]), samples * epoch, len(costs), len(costs))
        seen.append(float(given.rates(lr, when, state)[0]))
        given.observe(state, {"cost": cost})
        state = json.loads(json.dumps(state))  # a checkpoint keeps it as JSON
    return seen


@every_case
def test_each_epoch_has_torchs_rate(case: dict[str, Any]) -> None:
    np.testing.assert_allclose(by_epoch(made(case)), case["rates"], rtol=1e-12)


@every_case
@pytest.mark.parametrize("split", [1, 7, 40])
def test_counting_steps_is_counting_epochs_of_one_step(case: dict[str, Any], split: int) -> None:
    """However the steps are cut into epochs."""
    if case["schedule"] == "Plateau":
        return
    given = made(case, per="step")
    got = []
    for start in range(0, EPOCHS, split):
        steps = np.arange(start, min(start + split, EPOCHS))
        got += given.rates(LR, When(start // split, steps, epochs=99, total_steps=EPOCHS), {}).tolist()
    np.testing.assert_allclose(got, case["rates"], rtol=1e-12)


def test_torch_was_asked_about_every_schedule_it_has() -> None:
    asked = {case["schedule"] for case in CASES}
    assert {make.__name__ for make in NAMED.values()} - asked == {"Schedule", "InverseTime", "InvScaling", "Adaptive"}


def test_formulas() -> None:
    t = np.arange(EPOCHS)
    np.testing.assert_allclose(by_epoch(Schedule()), [LR] * EPOCHS)
    np.testing.assert_allclose(by_epoch(schedules.InverseTime(0.2)), LR / (1 + 0.2 * t), rtol=1e-14)
    np.testing.assert_allclose(by_epoch(schedules.InvScaling(0.4), samples=50), LR / (50 * t + 1) ** 0.4, rtol=1e-14)


@pytest.mark.parametrize("then", [schedules.Cosine(), schedules.Exponential(0.8), schedules.Plateau(patience=1)])
def test_after_a_warm_up_time_begins_anew(then: Schedule) -> None:
    warmed = by_epoch(schedules.Warmup(10, then=then))
    assert warmed[:10] == pytest.approx([LR * (1 / 3 + 2 / 3 * t / 10) for t in range(10)])
    if isinstance(then, schedules.Plateau):
        assert warmed[10] <= LR  # it watched meanwhile
    else:
        np.testing.assert_allclose(warmed[10:], by_epoch(then, costs=COSTS[10:]), rtol=1e-14)


def test_a_schedule_that_ends_stays_at_its_end() -> None:
    assert by_epoch(schedules.Cosine(T_max=5, eta_min=0.01))[5:] == pytest.approx([0.01] * (EPOCHS - 5))
    assert by_epoch(schedules.Polynomial(total_iters=5, eta_min=0.01))[5:] == pytest.approx([0.01] * (EPOCHS - 5))
    ending = by_epoch(schedules.OneCycle(total_steps=10))
    assert ending[9:] == pytest.approx([LR / 25 / 1e4] * (EPOCHS - 9))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    ("name", "ours"),
    [("adaptive", schedules.Adaptive(patience=2, tol=1e-3)), ("invscaling", schedules.InvScaling())],
)
def test_adaptive_and_invscaling_are_scikit_learns(name: str, ours: Schedule) -> None:
    """After so many epochs of a fit, from the costs that it saw."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    seen = set()
    for epochs in (1, 5, 20, 60, 150):
        theirs = MLPRegressor(
            hidden_layer_sizes=(5,), solver="sgd", learning_rate=name, learning_rate_init=0.05, n_iter_no_change=2,
            tol=1e-3, random_state=1, batch_size=10, max_iter=epochs,
        ).fit(X, y)  # fmt: skip
        rates = by_epoch(ours, 0.05, [*theirs.loss_curve_, 0.0], samples=30)
        assert rates[-1] == pytest.approx(theirs._optimizer.learning_rate, rel=1e-12)
        seen.add(rates[-1])
    assert len(seen) >= 2


def test_adaptive_ends_at_its_lowest_rate() -> None:
    given = schedules.Adaptive(patience=1, min_lr=0.01)
    state, said, rates = given.start(0.2), None, []
    while said is None:
        rates.append(state["lr"])
        said = given.observe(state, {"cost": 1.0})
    assert said == "cost gained less than 0.0001 for 2 epochs at the lowest learning rate"
    assert rates == pytest.approx([0.2] * 3 + [0.04] * 2 + [0.008] * 2)


def test_a_plateau_watches_the_column_it_is_told_or_the_validation_cost() -> None:
    row = {"cost": 1.0, "validation_cost": 2.0, "validation_accuracy": 0.5}
    for constants, best in (
        ({}, 2.0),
        ({"monitor": "cost"}, 1.0),
        ({"monitor": "validation_accuracy"}, -0.5),
        ({"monitor": "validation_accuracy", "mode": "min"}, 0.5),
    ):
        given = schedules.Plateau(**constants)  # type: ignore[arg-type]
        state = given.start(0.1)
        given.observe(state, row)
        assert state["best"] == best
    with pytest.raises(ValueError, match="monitor: the history has no column 'acuracy': this training has cost"):
        schedules.Plateau(monitor="acuracy").observe(given.start(0.1), {"cost": 1.0})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedule("cosin"), ValueError, r"unknown schedule 'cosin': did you mean 'cosine'\?"),
        (lambda: schedule("zzz"), ValueError, "unknown schedule 'zzz': there are constant, step, "),
        (lambda: schedule("step"), TypeError, "schedule 'step': expected step_size=, which has no default"),
        (lambda: schedule("step", stepsize=3), TypeError, r"has no constant 'stepsize': did you mean 'step_size'\?"),
        (lambda: ANY.schedule(3), TypeError, r"schedule: expected a name or one such as cbp.schedules.Cosine"),
        (lambda: schedules.Step(0), ValueError, "step_size: expected a whole number >= 1, got 0"),
        (lambda: schedules.Step(1, gamma=0), ValueError, "gamma: expected a number above 0, got 0"),
        (lambda: schedules.MultiStep((3, 0)), ValueError, r"milestones\[1\]: expected a whole number >= 1, got 0"),
        (lambda: schedules.InverseTime(-1), ValueError, "decay: expected a number >= 0, got -1"),
        (lambda: schedules.Polynomial(power=0), ValueError, "power: expected a number above 0, got 0"),
        (lambda: schedules.Cosine(T_max=0), ValueError, "T_max: expected a whole number >= 1, got 0"),
        (lambda: ANY.Cosine(per="batch"), ValueError, "per: expected 'epoch' or 'step', got 'batch'"),
        (lambda: schedules.Cosine(lr=-1), ValueError, "lr: expected a number above 0, got -1"),
        (lambda: schedules.OneCycle(pct_start=1), ValueError, "pct_start: expected a number between 0 and 1, got 1"),
        (lambda: ANY.OneCycle(anneal_strategy="x"), ValueError, "anneal_strategy: expected 'cos' or 'linear'"),
        (lambda: schedules.Warmup(3, start_factor=2), ValueError, r"start_factor: expected a number in \(0, 1\]"),
        (lambda: schedules.Warmup(3, schedules.OneCycle()), ValueError, "then: expected a schedule that counts"),
        (lambda: schedules.Plateau(factor=1), ValueError, "factor: expected a number between 0 and 1, got 1"),
        (lambda: ANY.Plateau(threshold_mode="x"), ValueError, "threshold_mode: expected 'rel' or 'abs', got 'x'"),
        (lambda: schedules.Adaptive(factor=1), ValueError, "factor: expected a number above 1, got 1"),
    ],
)  # fmt: skip
def test_what_a_schedule_cannot_be_is_named(make: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_one_that_needs_to_know_the_whole_says_so() -> None:
    when = When(0, np.arange(3), 0, 5, None)
    with pytest.raises(ValueError, match="T_max: expected the number of steps, for nobody knows how many batches"):
        schedules.Cosine(per="step").rates(0.1, when, {})
    assert schedules.Cosine(per="epoch").rates(0.1, when, {}).tolist() == [0.1] * 3


# ---- in fit ------------------------------------------------------------------------------------------------


class Recording:
    """An optimiser that keeps the rates it is given."""

    lr = LR

    def __init__(self) -> None:
        self.rates: list[float] = []

    def init(self, parameters: Any) -> None:
        return None

    def update(self, gradient: Any, state: Any, parameters: Any, learning_rate: float) -> None:
        self.rates.append(learning_rate)


def rates_of_fit(schedule: Any, epochs: int = 4, **options: Any) -> list[float]:
    X, y, _ = samples(50)
    recording = Recording()
    network().fit(X, y, epochs=epochs, batch_size=20, optimizer=recording, schedule=schedule, **options)
    return recording.rates


def test_each_step_of_fit_has_the_schedules_rate() -> None:
    epoch, step = np.repeat(np.arange(4), 3), np.arange(12)  # 3 batches an epoch
    assert rates_of_fit(None) == [LR] * 12
    assert rates_of_fit("constant") == [LR] * 12
    assert rates_of_fit(schedules.Exponential(0.5)) == pytest.approx(LR * 0.5**epoch)
    assert rates_of_fit(schedules.Exponential(0.5, per="step")) == pytest.approx(LR * 0.5**step)
    assert rates_of_fit("cosine") == pytest.approx(LR / 2 * (1 + np.cos(np.pi * epoch / 4)))
    assert rates_of_fit(schedules.Cosine(per="step")) == pytest.approx(LR / 2 * (1 + np.cos(np.pi * step / 12)))
    assert rates_of_fit("invscaling") == pytest.approx(LR / np.sqrt(50 * epoch + 1))
    assert rates_of_fit(schedules.Exponential(0.5, lr=2.0)) == pytest.approx(2 * 0.5**epoch)


def test_a_plateau_falls_after_epochs_that_were_no_better() -> None:
    rates = rates_of_fit(schedules.Plateau(patience=1, factor=0.5), epochs=6, validation=0.2)  # nothing is learned
    assert rates == pytest.approx(LR * 0.5 ** np.repeat([0, 0, 0, 1, 1, 2], 2))


def test_adaptive_ends_training() -> None:
    X, y, _ = samples(50)
    ends = schedules.Adaptive(min_lr=0.1, patience=2)
    history = network().fit(X, y, epochs=100, optimizer=Recording(), schedule=ends)
    assert history["lr"] == pytest.approx([LR] * 4 + [LR / 5] * 3)


def test_an_optimizer_may_be_given_a_schedule_for_its_rate() -> None:
    X, y, _ = samples(50)
    for make in (cbp.SGD, cbp.Adam, cbp.RMSprop, cbp.Lion, cbp.Rprop):
        inside, beside = network(), network()
        inside.fit(X, y, epochs=3, optimizer=make(lr=schedules.Exponential(0.5, lr=0.1)))
        history = beside.fit(X, y, epochs=3, optimizer=make(lr=0.1), schedule=schedules.Exponential(0.5))
        assert inside.parameters.tobytes() == beside.parameters.tobytes()
        assert history["lr"] == pytest.approx([0.1, 0.05, 0.025])
    with pytest.raises(
        ValueError, match="schedule: expected none, for the optimizer's lr is one already; got 'cosine'"
    ):
        network().fit(X, y, optimizer=cbp.SGD(lr=schedules.Cosine(lr=0.1)), schedule="cosine")
    with pytest.raises(ValueError, match="lr: expected a schedule with a rate of its own, such as Cosine"):
        cbp.SGD(lr=schedules.Cosine())
