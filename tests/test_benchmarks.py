"""Claims about `benchmarks/`: what a run measures and leaves behind. Times are nobody's claim here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def measured(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The results file and the table of a short run."""
    file = folder / "results.json"
    short = ["--peers", "numpy,products", "--rounds", "2", "--seconds", "0.02", "--json", str(file)]
    done = run(*options, *short)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text()), done.stdout


@pytest.fixture(scope="module")
def iris(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, Path]:
    folder = tmp_path_factory.mktemp("benchmarks")
    return *measured(folder, "--workloads", "iris"), folder


def test_a_run_times_every_contestant_in_both_dtypes(iris: tuple[dict[str, Any], str, Path]) -> None:
    results, _, _ = iris
    assert [(run["dtype"], run["threads"]) for run in results["runs"]] == [("float32", 1), ("float64", 1)]
    for of_run in results["runs"]:
        (row,) = of_run["training"]
        assert row["workload"]["sizes"] == [4, 16, 3]
        assert set(row["times"]) == {"cbp", "numpy", "products"}
        assert row["steps"] >= 50
        assert all(t["samples"] == 2 and 0 < t["best"] <= t["median"] for t in row["times"].values())


def test_the_floor_is_measured_in_the_same_run(iris: tuple[dict[str, Any], str, Path]) -> None:
    single, double = (of_run["training"][0] for of_run in iris[0]["runs"])
    assert single["flops"] == 2 * 16 * (4 * 16 + 16 * 3) * 2 + 2 * 16 * 16 * 3
    assert 1e8 < double["peak"] < single["peak"] < 1e13
    assert all(of_run["bandwidth"] > 1e8 for of_run in iris[0]["runs"])


def test_the_table_has_a_line_for_each_workload_and_says_who_was_best(
    iris: tuple[dict[str, Any], str, Path],
) -> None:
    results, printed, folder = iris
    heads = [line.split() for line in printed.splitlines() if line.startswith("µs a step")]
    lines = [line.split() for line in printed.splitlines() if line.startswith("iris ")]
    assert [head[3:6] for head in heads] == [["cbp", "numpy", "products"]] * 2
    assert [line[-2] for line in lines] == ["numpy", "numpy"], "the products alone are no peer"
    times = results["runs"][0]["training"][0]["times"]
    assert lines[0][-3] == f"{times['numpy']['median'] / times['cbp']['median']:.2f}×"
    assert (folder / "results.txt").read_text() == printed


def test_saved_results_can_be_shown_again(iris: tuple[dict[str, Any], str, Path]) -> None:
    _, printed, folder = iris
    assert run("--read", str(folder / "results.json")).stdout == printed


def test_a_workload_can_be_given_on_the_command_line(tmp_path: Path) -> None:
    network = ["--sizes", "13,64,64,1", "--activation", "relu", "--cost", "quadratic", "--batch", "7"]
    results, printed = measured(tmp_path, *network, "--dtype", "float64")
    (row,) = results["runs"][0]["training"]
    assert row["workload"] == {
        "name": "custom", "sizes": [13, 64, 64, 1], "activation": "relu", "cost": "quadratic", "batch": 7
    }  # fmt: skip
    assert printed.count("custom") >= 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workloads", "irris"], "unknown workload 'irris'"),
        (["--peers", "numpi"], "unknown name 'numpi'"),
        (["--sizes", "4,0,3"], "whole number >= 1"),
        (["--sizes", "4,3", "--activation", "tan"], "tanh"),
        (["--threads", "9999"], "threads: expected at most"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_measured(options: list[str], said: str) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_peer_that_computes_something_else_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.agreement import RATE, Disagreement, check_step, step_of
    from benchmarks.peers import numpy_formulas
    from benchmarks.peers.names import peer_class
    from benchmarks.workloads import find
    from cbp.timing.problems import problem

    (nielsen,) = find("nielsen")
    one_step = problem(nielsen, "float64", steps=1, rate=RATE)
    of_cbp = step_of(peer_class("cbp"), one_step)
    check_step("numpy", step_of(peer_class("numpy"), one_step), of_cbp, "float64")
    right, _ = numpy_formulas.ACTIVATIONS["logistic"]
    wrong = lambda delta, a, spare: np.multiply(delta, a, out=delta)  # noqa: E731
    monkeypatch.setitem(numpy_formulas.ACTIVATIONS, "logistic", (right, wrong))
    with pytest.raises(Disagreement, match="numpy: one step differs"):
        check_step("numpy", step_of(peer_class("numpy"), one_step), of_cbp, "float64")


def test_what_plugins_cost_is_told_with_many_and_with_none() -> None:
    command = [sys.executable, "-m", "benchmarks.plugins", "--measure", "names", "--dummies", "3", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.split("  ")[0] == "plugins installed"
    assert [line.split()[0] for line in lines] == ["0", "3"]
    assert all(0 < float(number) < 1e5 for line in lines for number in line.split()[1::2])
