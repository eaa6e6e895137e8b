"""Kinks are jumps of σ′: a σ′ that only rises steeply, as that of max(0, z)^p with p > 1 does from 0, has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cbp.plugin import Activation
from cbp.testing import check_activation
from cbp.testing.kinks import found


def ramp(z: Any, at: float, power: float) -> Any:
    """max(0, z - at)^power, whose σ″ is infinite at the foot for a power below 2."""
    return np.maximum(z - at, 0) ** power


@pytest.mark.parametrize("at", [0.0, -7.3, 1.234])
@pytest.mark.parametrize("power", [1.25, 1.5, 2.0])
def test_a_slope_that_rises_from_0_however_steeply_is_no_kink(power: float, at: float) -> None:
    assert found(lambda z: ramp(z, at, power)) == []


@pytest.mark.parametrize("at", [0.0, -7.3, 1.234])
def test_a_kink_is_found_where_it_is(at: float) -> None:
    for sharp in (lambda z: ramp(z, at, 1), lambda z: np.tanh(z) + ramp(z, at, 1) / 20, lambda z: z + np.sign(z - at)):
        assert found(sharp) == pytest.approx([at], abs=1e-6)


@pytest.mark.parametrize("power", [1.25, 1.5])
def test_the_kit_accepts_a_steep_slope(power: float) -> None:
    spec = Activation(
        "steep", lambda z: ramp(z, 0, power), lambda z, a: (power * ramp(z, 0, power - 1)).astype(z.dtype)
    )
    report = check_activation(spec)
    assert (report["kinks"].note, report["derivative"].outcome) == ("0 declared, 0 found", "passed")


def test_a_wrong_derivative_beside_a_steep_slope_is_caught() -> None:
    spec = Activation("wrong", lambda z: ramp(z, 0, 1.5), lambda z, a: 1.4999 * ramp(z, 0, 0.5))
    with pytest.raises(AssertionError, match="correct the derivative"):
        check_activation(spec, checks=["derivative"])
