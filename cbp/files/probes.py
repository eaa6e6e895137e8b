"""What an activation or cost says of a few fixed numbers: kept with a model, so that another function is noticed.

An activation is asked for σ and, from σ and σ′, for g·[δa/δz]; a cost for C and δC/δz of its canonical activation, or
δC/δa. Asked is what runs, kernel or NumPy, in float64, as a layer of a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plugin import Cost
from ..registry.chosen import Chosen, choose

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["deviation", "probe_of"]

Z = np.array([[-2.7, -0.4, 0.3], [1.9, -1.1, 0.85], [7.3, 0.05, -6.4]])
G = np.array([[1.0, -0.5, 2.0], [0.3, 1.7, -1.2], [-0.8, 0.6, 1.1]])
PLACES = np.array([[0.9, 0.2, 0.6], [0.1, 0.75, 0.4], [0.5, 0.35, 0.95]])  # of targets, in their range
CLOSE = 1e-8  # another compiler, kernel or NumPy: the same function


def probe_of(chosen: Chosen) -> list[float] | None:
    """Its answers; None if it has none, for whatever reason: that must not keep a model from being saved."""
    try:
        with np.errstate(all="ignore"):
            answers = _of_cost(chosen) if isinstance(chosen.spec, Cost) else _of_activation(chosen)
    except Exception:  # noqa: BLE001 (a plugin may raise anything)
        return None
    return [float(each) for answer in answers for each in np.ravel(answer)]


def deviation(then: Sequence[float], now: Sequence[float] | None) -> str:
    """What has changed, in words; "" if nothing has."""
    if now is None:
        return "it now raises an exception"
    if len(then) != len(now):
        return f"it now has {len(now)} answers where it had {len(then)}"
    before, after = np.array(then), np.array(now)
    with np.errstate(invalid="ignore"):
        same = (before == after) | (np.isnan(before) & np.isnan(after))
        same |= np.abs(before - after) <= CLOSE * np.maximum(1, np.abs(before))
    if same.all():
        return ""
    first = int(np.argmin(same))
    return f"the answer to a fixed question is now {after[first]:.9g} where it was {before[first]:.9g}"


_LINEAR = Cost("linear", value=lambda a, y: (a * y).sum(axis=1), gradient=lambda a, y: y)  # whatever a is


def _of_activation(sigma: Chosen) -> tuple[np.ndarray, np.ndarray]:
    """σ(Z) and G·[δa/δz], from a network whose first layer has that σ and whose second is the identity."""
    net = _identity_with(input_activation=sigma, cost=_LINEAR)
    return net.activations(Z)[1], _pulled_back(net, G)


def _of_cost(cost: Chosen) -> tuple[np.ndarray, np.ndarray]:
    """C of each sample and δC/δz of the canonical activation, or of the identity."""
    spec = cost.spec
    low, high = spec.target_range
    low = low if np.isfinite(low) else min(-1.0, high - 1)
    high = high if np.isfinite(high) else low + 2
    net = _identity_with(activation=choose("activation", spec.canonical or "identity"), cost=cost)
    targets = low + (high - low) * PLACES
    each = [net.cost(Z[i : i + 1], targets[i : i + 1]) for i in range(len(Z))]
    return np.array(each), _pulled_back(net, targets)


def _identity_with(**functions: Any) -> Network:
    """A network of two layers of three units, W = I and b = 0."""
    from ..network import Network

    net = Network([3, 3], **{"activation": "identity", **functions}, init="zeros", dtype="float64", reduction="sum")
    net.W[2] = np.eye(3)
    return net


def _pulled_back(net: Network, targets: np.ndarray) -> np.ndarray:
    """δC/δz^1."""
    inputs = net.gradients(Z, targets, inputs=True).inputs
    assert inputs is not None
    return inputs
