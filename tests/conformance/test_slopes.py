"""Slopes by differences know how far rounding takes them: a large cost hides no small slope, and blames no good one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cbp.plugin import Activation, Cost
from cbp.testing import ConformanceError, check_activation, check_cost
from cbp.testing.slopes import slope


@pytest.mark.parametrize("large", [1e3, 1e6, 1e9])
def test_the_error_is_no_smaller_than_rounding_makes_it(large: float) -> None:
    x = np.linspace(-3, 3, 1001)
    got, error = slope(lambda t: large + np.sin(x + t), np.full_like(x, 2.0**-8))
    assert (np.abs(got - np.cos(x)) <= 10 * error + 1e-12).all()
    assert error.max() < 1e-9 * large


def large(a: Any, y: Any) -> Any:
    """A squared error beside a cost that nothing can change."""
    return ((a - y) ** 2).sum(axis=-1) + 1e6 * (y**2).sum(axis=-1)


def test_a_right_gradient_of_a_large_cost_passes() -> None:
    assert check_cost(Cost("large", large, lambda a, y: 2 * (a - y)), checks=["gradient"]).ok


def test_a_wrong_gradient_of_a_large_cost_is_caught() -> None:
    with pytest.raises(AssertionError, match="correct the gradient"):
        check_cost(Cost("large", large, lambda a, y: 2.001 * (a - y)), checks=["gradient"])


def bernoulli(z: Any) -> Any:
    """A quotient of two numbers that are small together: its complex step loses what its real value keeps."""
    with np.errstate(invalid="ignore"):
        return np.where(z == 0, 1, z / np.expm1(z))


@pytest.mark.parametrize(("error", "outcome"), [(0, "passed"), (1e-9, "failed")])
def test_a_complex_step_knows_what_it_loses(error: float, outcome: str) -> None:
    def derivative(z: Any, a: Any) -> Any:
        with np.errstate(invalid="ignore"):
            far = (1 - a * np.exp(z)) / np.expm1(z)
        near = z * (1 / 6 - z**2 * (1 / 180 - z**2 * (1 / 5040 - z**2 / 151200))) - 0.5
        return np.where(abs(z) < 0.05, near, far) * (1 + error)

    checks = ["complex-step", "derivative"]
    try:
        report = check_activation(Activation("bernoulli", bernoulli, derivative), checks=checks)
    except ConformanceError as failed:
        report = failed.report
    assert (report["derivative"].outcome, report["complex-step"].outcome) == ("passed", outcome)
