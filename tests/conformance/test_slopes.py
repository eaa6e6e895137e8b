"""Slopes by differences know how far rounding takes them: a large cost hides no small slope, and blames no good one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cbp.plugin import Cost
from cbp.testing import check_cost
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
