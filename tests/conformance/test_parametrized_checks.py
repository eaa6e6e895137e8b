"""Three lines in a plugin's test file run every check as a test case of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cbp
from cbp.plugin import Activation
from cbp.testing import CHECKS, parametrize_checks

THREE_LINES = """
from cbp.testing import parametrize_checks

@parametrize_checks("leaky_relu", "cross_entropy")
def test_conformance(check): check()
"""

WRONG = """
import numpy as np
from cbp.plugin import Activation
from cbp.testing import parametrize_checks

WRONG = Activation("wrong", np.tanh, lambda z, a: 1.001 * (1 - a * a))
KNOWN = {"wrong": {"complex-step": "a bug of ours"}}

@parametrize_checks(WRONG, expected_failures=KNOWN)
def test_conformance(check): check()
"""


def pytest_says(folder: Path, code: str, *options: str) -> str:
    (folder / "test_plugin.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False).stdout


def test_each_check_is_a_case(tmp_path: Path) -> None:
    said = pytest_says(tmp_path, THREE_LINES, "-v", "-rs")
    cases = re.findall(r"test_conformance\[([\w-]+)\] (\w+)", said)
    names = [f"leaky_relu-{check.name}" for check in CHECKS["activation"]]
    names += [f"cross_entropy-{check.name}" for check in CHECKS["cost"]]
    assert [name for name, _ in cases] == names
    skipped = [name for name, outcome in cases if outcome == "SKIPPED"]
    nothing_to_miss = ["leaky_relu-missing-plugin", "cross_entropy-squares", "cross_entropy-missing-plugin"]
    assert skipped == ["leaky_relu-vjp", "leaky_relu-saturation", *nothing_to_miss]
    assert f"{len(names) - 5} passed, 5 skipped" in said
    assert "it is elementwise: the check 'derivative' is for it" in said


def test_a_failure_says_what_to_do_and_a_known_one_is_expected(tmp_path: Path) -> None:
    said = pytest_says(tmp_path, WRONG, "-rx")
    assert re.search(r"1 failed, .* 1 xfailed", said)
    assert "correct the derivative" in said
    assert "a bug of ours" in said


def test_wrong_names_are_errors() -> None:
    with pytest.raises(ValueError, match="no activation, cost or plugin 'leeky_relu': did you mean 'leaky_relu'"):
        parametrize_checks("leeky_relu")
    mine = Activation("mine", lambda z: z, lambda z, a: 1 + 0 * z)
    with pytest.raises(ValueError, match="expected_failures names yours; checked are mine"):
        parametrize_checks(mine, expected_failures={"yours": {}})


def test_a_distribution_means_all_it_provides() -> None:
    cases = parametrize_checks("cbp").args[1]
    functions = [*cbp.activations(), *cbp.costs()]
    built_in = [name for name in functions if name.startswith("cbp:")]
    assert len({f"{case.values[0].subject.entry.id}" for case in cases}) == len(set(built_in))
