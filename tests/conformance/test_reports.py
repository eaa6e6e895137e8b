"""What a report says, and what it cannot hide."""

from __future__ import annotations

import json

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation, Cost
from cbp.registry.chosen import choose
from cbp.testing import ConformanceError, Finding, Report, Result, check_activation, check_cost
from cbp.testing.run import report_on

FINDING = Finding("1", "2", "at 3", "do 4")
TANH = Activation("mine", np.tanh, lambda z, a: 1 - a * a)
WRONG = Activation("mine", np.tanh, lambda z, a: 1.001 * (1 - a * a))


def test_a_finding_says_all_four_things() -> None:
    for parts in (("", "2", "3", "4"), ("1", "", "3", "4"), ("1", "2", "", "4"), ("1", "2", "3", "")):
        with pytest.raises(ValueError, match="a finding needs to say"):
            Finding(*parts)
    assert str(FINDING).split() == ["expected", "1", "got", "2", "where", "at", "3", "to", "do", "do", "4"]


def test_nothing_is_skipped_without_a_reason() -> None:
    for outcome in ("skipped", "expected to fail"):
        with pytest.raises(ValueError, match="without a reason"):
            Result("x", outcome, finding=FINDING if outcome != "skipped" else None)


def test_nothing_fails_without_a_finding_or_passes_with_one() -> None:
    for result in (("failed", None), ("passed", FINDING), ("skipped", FINDING)):
        with pytest.raises(ValueError, match="a finding belongs to a failure"):
            Result("x", result[0], "why", result[1])


def test_counts_and_text() -> None:
    results = (
        Result("a", "passed", "of 3"),
        Result("b", "failed", finding=FINDING),
        Result("c", "expected to fail", "known", FINDING),
        *(Result(name, "skipped", "no kernel") for name in "defg"),
    )
    report = Report("dist:x 1.0", "activation", results)
    assert report.counts == {"checks": 7, "passed": 1, "failed": 1, "expected to fail": 1, "skipped": 4}
    assert not report.ok
    assert [result.check for result in report.failures] == ["b"]
    text = str(report).splitlines()
    assert text[0] == "activation dist:x 1.0: 7 checks: 1 passed, 1 failed, 1 expected to fail, 4 skipped"
    assert text[1] == "  passed    a: of 3"
    assert text[-1] == "  skipped   d … g (4 checks): no kernel"
    assert json.loads(json.dumps(report.as_json()))["results"][1]["finding"]["remedy"] == "do 4"
    with pytest.raises(ConformanceError, match="do 4") as error:
        report.require()
    assert error.value.report is report


def test_a_check_that_is_known_to_fail_does_not_fail_the_report() -> None:
    report = check_activation(WRONG, expected_failures={"derivative": "we know", "complex-step": "we know"})
    assert report["derivative"].outcome == "expected to fail"
    assert report["derivative"].note == "we know"
    assert report.counts["expected to fail"] == 2


def test_a_check_that_was_to_fail_must_fail() -> None:
    with pytest.raises(ConformanceError, match=r"(?s)because we know.*take it out of expected_failures"):
        check_activation(TANH, expected_failures={"derivative": "we know"})


def test_a_check_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no check 'derivatives' for activations: did you mean 'derivative'"):
        check_activation(TANH, checks=["derivatives"])
    with pytest.raises(ValueError, match="no check 'vpj'"):
        check_activation(TANH, expected_failures={"vpj": "why"})


def test_some_checks_alone() -> None:
    report = check_activation(TANH, checks=["derivative", "registration"])
    assert [result.check for result in report.results] == ["registration", "derivative"]


def test_names_and_choices_are_checked_too() -> None:
    assert check_cost("huber", checks=["gradient"]).subject == f"cbp:huber {cbp.__version__}"
    chosen_one = cbp.activation("leaky_relu", alpha=0.7)
    assert check_activation(chosen_one, checks=["kernel-forward"]).ok
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        check_activation("rleu")
    with pytest.raises(TypeError, match="got the activation"):
        check_cost(cbp.activation("relu"))


def test_the_parameters_chosen_are_those_checked() -> None:
    def forward(z: np.ndarray, rate: float) -> np.ndarray:
        return np.tanh(rate * z) if rate != 7 else np.zeros_like(z)

    picky = Activation("mine", forward, lambda z, a, rate: rate * (1 - a * a), params={"rate": 1.0})  # type: ignore[dict-item]
    assert report_on(choose("activation", picky), ["derivative"]).ok
    report = report_on(choose("activation", picky, rate=7), ["derivative"])
    assert "rate=7" in str(report.failures[0])


def test_a_registered_spec_is_known_by_its_full_name(monkeypatch: pytest.MonkeyPatch) -> None:
    relu = cbp.activations()["cbp:relu"]
    assert check_activation(relu, checks=["registration"]).subject.startswith("cbp:relu ")
    assert check_activation(TANH, checks=["registration"]).subject == "local:mine"


def test_what_a_plugin_raises_is_a_finding() -> None:
    broken = Cost("mine", lambda a, y: 1 / 0, lambda a, y: a)
    report = report_on(choose("cost", broken))
    assert "ZeroDivisionError" in str(report["gradient"])
    assert "test_reports.py, line" in str(report["gradient"])
