"""Claims about `cbp.timing` and ``cbp bench``: what is measured and said. Times are nobody's claim here."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from cbp.cli import main
from cbp.core.cpu import supported
from cbp.timing.floor import Floor
from cbp.timing.measuring import Speed, measure
from cbp.timing.problems import problem
from cbp.timing.training import Training
from cbp.timing.workloads import NAMED, Workload

SMALL = Workload("small", (3, 5, 2), "tanh", "quadratic", 4)
LANES = {"base": 4, "v2": 4, "v3": 8, "v4": 16}


def built(isa: str) -> bool:
    try:
        import_module(f"cbp.core.{isa}.probe")
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("isa", [isa for isa in supported() if built(isa)])
def test_the_probe_counts_twelve_vector_multiply_adds_a_round(isa: str) -> None:
    probe = import_module(f"cbp.core.{isa}.probe")
    assert probe.multiply_adds_f32(7) == 7 * 12 * LANES[isa] * 2
    assert probe.multiply_adds_f64(7) == 7 * 12 * LANES[isa]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_floor_is_a_processors(dtype: str) -> None:
    floor = Floor(dtype, 2)
    assert 1e8 < floor.flops() < 1e13
    assert 1e7 < floor.bandwidth(1) < 1e13


def test_a_step_is_two_products_a_layer_and_one_more_above_the_lowest() -> None:
    products = list(SMALL.products())
    assert products == [("forward", 4, 5, 3), ("weights", 3, 5, 4), ("forward", 4, 2, 5), ("weights", 5, 2, 4),
                        ("backward", 4, 5, 2)]  # fmt: skip
    assert SMALL.flops == 2 * (2 * 4 * 5 * 3 + 3 * 4 * 2 * 5)


@pytest.mark.parametrize("workload", NAMED, ids=lambda w: w.name)
def test_a_problem_is_whole_batches_and_drawn_alike_every_time(workload: Workload) -> None:
    one, again = problem(workload, "float32", steps=2), problem(workload, "float32", steps=2)
    assert one.X.shape == (2 * workload.batch, workload.sizes[0])
    assert (one.X == again.X).all()
    assert (one.targets == again.targets).all()


def test_the_training_that_is_timed_trains() -> None:
    training = Training(problem(SMALL, "float64", steps=3, rate=0.1))
    before = training.net.parameters.copy()
    training.train(2)
    assert training.net.epochs_trained == 2
    assert (training.net.parameters != before).all()


def test_measure_counts_samples_and_flops_a_second() -> None:
    (speed,) = measure([SMALL], "float64", rounds=1, seconds=0.001)
    assert 0 < speed.step < 1
    assert 0 < speed.prediction < 1
    assert speed.peak > 1e8
    assert Speed(SMALL, 2.0, 1.0, 1.0).samples == 2
    assert Speed(SMALL, 2.0, 1.0, 1.0).flops == SMALL.flops / 2


def rows_of(printed: str) -> list[list[str]]:
    """The cells of the table, which are two spaces apart."""
    return [re.split(r" {2,}", line.strip()) for line in printed.partition("\n\n")[2].splitlines()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bench_prints_a_row_for_a_network_of_ones_own(dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--sizes", "3,5,2", "--activation", "relu", "--cost", "cross_entropy", "--batch-size", "7"]
    assert main(["bench", *own, "--dtype", dtype, "--rounds", "1"]) == 0
    printed, errors = capsys.readouterr()
    assert errors == ""
    assert re.match(rf"cbp \S+, {dtype}, instruction set \w+, one thread; .*\npeak: [\d.]+ GFLOP/s", printed)
    head, (name, network, step, samples, gflops, share, prediction) = rows_of(printed)
    assert head == ["network", "µs a step", "samples/s", "GFLOP/s", "of peak", "µs a prediction"]
    assert (name, network) == ("yours", "3-5-2 relu, cross_entropy, batch 7")
    assert float(samples.replace(",", "")) == pytest.approx(7e6 / float(step), rel=0.01)
    assert share.endswith("%")
    assert float(gflops) > 0
    assert float(prediction) > 0


def test_bench_times_every_named_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--rounds", "1"]) == 0
    _, *rows = rows_of(capsys.readouterr().out)
    assert [row[:2] for row in rows] == [[w.name, w.summary] for w in NAMED]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sizes", "4"], "sizes: expected at least two whole numbers >= 1"),
        (["--sizes", "4,3", "--cost", "hinnge"], "unknown cost 'hinnge': did you mean 'hinge'?"),
        (["--batch-size", "8"], "--batch-size: expected --sizes with it"),
        (["--rounds", "0"], "expected a whole number from 1"),
    ],
)
def test_bench_refuses_in_one_line(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *options]) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert words in said
    assert said.count("\n") == 1
