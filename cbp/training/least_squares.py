"""E as a sum of squares: what Levenberg-Marquardt minimises.

It works in float64, for a network of float32 too: the condition of JᵀJ is the square of J's. The parameters it looks at
are always such as the network's dtype can hold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import inputs
from ..core import isa
from ..core.memory import aligned
from ..core.normal import NormalEquations
from ..core.plan import CHUNK
from ..optimizers.full_batch import Point
from .objective import rounded

if TYPE_CHECKING:
    from ..network import Network
    from .regularization import Regularization
    from .samples import Samples

__all__ = ["LeastSquares", "check_squares"]

NUMBERS = 1 << 18  # of the Jacobian at once, some 2 MB; but no fewer than
ROWS = 256  # residuals, for the products' sake


def check_squares(net: Network, optimizer: Any) -> None:
    """ValueError where least squares are not what the network's cost is, or it is too large for the optimiser."""
    name, most = type(optimizer).__name__, getattr(optimizer, "max_parameters", math.inf)
    if net.cost_function.spec.squares is None:
        raise ValueError(
            f"optimizer: {name} is for costs that are sums of squares, 'squared_error' and 'quadratic', not for "
            f"{net.cost_function.name!r}; 'lbfgs' takes any cost"
        )
    learn = sum(net.W[l].size + net.b[l].size for l in net.W if l not in net.frozen)
    if learn > most:
        raise ValueError(
            f"optimizer: {name} takes up to max_parameters={most} that learn, for it solves equations with that "
            f"many unknowns; this network has {learn}; 'lbfgs' takes any number"
        )


class LeastSquares:
    """E with its L2 penalty, its gradient, and damped Gauss-Newton steps. The network's own parameters stay.

    E = c·½(‖r‖² + ‖√κ·W‖²) with the residuals r = √w·(a^L - λ). JᵀJ below has κ on its diagonal where weights are.

    Parameters
    ----------
    net : Network
        Of a cost that is a multiple of ‖a - λ‖².
    samples : Samples
    threads : int
        At most so many; the result has the same bits for any number.
    regularization : Regularization
        Its l2.

    Attributes
    ----------
    curvature : (P,) array
        The diagonal of JᵀJ at the newest point, for the P parameters that learn.
    """

    trouble = None

    def __init__(self, net: Network, samples: Samples, threads: int, regularization: Regularization) -> None:
        wide, cost = np.dtype(np.float64), net.cost_function.spec
        self._net, self._regularization = net, regularization
        self._X, self._weights = np.require(samples.X, wide, ["C_CONTIGUOUS"]), samples.weights
        self._y = np.require(inputs.dense(samples.y, samples.labels, net.sizes[-1], wide, cost), wide)
        self._roots = None if samples.weights is None else np.sqrt(samples.weights, dtype=wide)
        self._total = float(len(samples) if self._weights is None else self._weights.sum(dtype=wide))
        self._c = 2 * cost.squares / (self._total if net.reduction == "mean" else 1.0)
        self._narrow, self._wide = aligned(net.n_parameters, net.dtype), aligned(net.n_parameters, wide)
        self._learns, is_weight = _masks(net)
        self._kappa = np.where(is_weight, regularization.l2 / self._c, 0.0)[self._learns]
        self._make_room(threads)

    def _make_room(self, threads: int) -> None:
        net, n = self._net, len(self._X)
        self._plan = net._make_plan(keep_z=False, dtype=np.dtype(np.float64))
        for l in net.frozen:
            self._plan.freeze(l, True)
        P = int(self._learns.sum())
        rows = min(n, max(1, max(ROWS, NUMBERS // (P + 1)) // net.sizes[-1]))
        self._blocks = [slice(start, start + rows) for start in range(0, n, rows)]
        self._normal = NormalEquations(self._plan, rows, threads)
        self.curvature, self._slope, self._pull = np.empty(P), np.empty(P), np.empty(P)
        self._threads = self._plan.threads_for(n, threads)
        self._costs = np.empty(n)
        self._work = aligned(self._plan.workspaces(min(n, CHUNK), self._threads), np.float64)

    def __call__(self, theta: np.ndarray) -> Point:
        """E and its gradient at `theta`, rounded to the network's dtype: the newest point."""
        theta, gradient = self._look_at(theta), np.zeros(self._wide.size)
        self._normal.begin()
        for rows in self._blocks:
            roots = None if self._roots is None else self._roots[rows]
            self._normal.add(self._X[rows], self._y[rows], roots, self._wide)
        with np.errstate(over="ignore", invalid="ignore"):
            squares = self._normal.read(self.curvature, self._slope)
            self.curvature += self._kappa
            self._pull[...] = self._kappa * theta[self._learns]
            self._slope += self._pull
            gradient[self._learns] = self._c * self._slope
            cost = 0.5 * self._c * squares + self._penalty(theta)
        mean = self._net.cost_function.spec.squares * squares / self._total
        return Point(theta, cost if np.isfinite(gradient).all() else math.inf, gradient, mean)

    def cost(self, theta: np.ndarray) -> tuple[np.ndarray, float]:
        """`theta` rounded to the network's dtype, and E there."""
        theta = self._look_at(theta)
        self._plan.costs(self._X, self._y, self._wide, self._work, self._costs, self._threads)
        with np.errstate(over="ignore", invalid="ignore"):
            total = self._costs.sum() if self._weights is None else (self._weights * self._costs).sum()
            scale = 1 / self._total if self._net.reduction == "mean" else 1.0
            return theta, float(scale * total) + self._penalty(theta)

    def step(self, damping: np.ndarray) -> tuple[np.ndarray | None, float]:
        """The p from the newest point with (JᵀJ + diag(damping))·p = -Jᵀr.

        Parameters
        ----------
        damping : (P,) array

        Returns
        -------
        p : (n_parameters,) array or None
            None where rounding leaves the matrix not positive definite.
        gain : float
            How much lower E were if a^L were linear in the parameters.
        """
        p = np.empty(len(damping))
        if not self._normal.solve(self._kappa + damping, self._pull, p):
            return None, 0.0
        step = np.zeros(self._wide.size)
        step[self._learns] = p
        return step, 0.5 * self._c * (isa.updates.dot(damping * p, p) - isa.updates.dot(self._slope, p))

    def _look_at(self, theta: np.ndarray) -> np.ndarray:
        theta = rounded(theta, self._narrow)
        self._wide[...] = theta
        return theta

    def _penalty(self, theta: np.ndarray) -> float:
        return self._regularization.penalize(self._net, theta, np.zeros_like(theta))


def _masks(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Which parameters learn, and which are weights, not biases: (n_parameters,) truth values."""
    learns, is_weight = np.ones(net.n_parameters, dtype=bool), np.zeros(net.n_parameters, dtype=bool)
    for l in net.W:
        W, b = net._plan.offsets(l)
        is_weight[W:b] = True
        learns[W : b + net.sizes[l - 1]] = l not in net.frozen
    return learns, is_weight
