"""Every object of the paper for one sample, in the paper's shapes: for checking by eye, and for teaching.

Vectors z^l and a^l are columns, gradients are rows, [δC/δW^l] has the shape of W^l transposed, and
[δz^l/δW^l] is the box of numbers of section 3.5. Everything comes from the passes of the core; only what the
core never forms (Jacobians and boxes) is written out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from . import inputs
from .core.memory import aligned

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Trace", "trace"]


@dataclass(frozen=True)
class Trace:
    """One sample's way through a network and back.

    Attributes
    ----------
    C : float
        The sample's cost.
    z, a : dict of int to (N_l, 1) array
        l = 1 .. L.
    delta : dict of int to (1, N_l) array
        δ^l = δC_l/δz^l, l = 1 .. L (eqs 5 and 9).
    dC_da : (1, N_L) array
        [δC/δa^L].
    dC_dW : dict of int to (N_{l-1}, N_l) array
        a^{l-1} ⊗ δ^l (eq 13), l = 2 .. L.
    dC_db : dict of int to (1, N_l) array
        δ^l (eq 15), l = 2 .. L.
    W : dict of int to (N_l, N_{l-1}) array
    da_dz : dict of int to (N_l, N_l) array
        [δa^l/δz^l] (eq 8): diagonal for an elementwise σ.
    """

    C: float
    z: dict[int, np.ndarray]
    a: dict[int, np.ndarray]
    delta: dict[int, np.ndarray]
    dC_da: np.ndarray
    dC_dW: dict[int, np.ndarray]
    dC_db: dict[int, np.ndarray]
    W: dict[int, np.ndarray]
    da_dz: dict[int, np.ndarray]

    def dz_dz(self, l: int) -> np.ndarray:
        """[δz^{l+1}/δz^l] = W^{l+1}·[δa^l/δz^l], shape (N_{l+1}, N_l) (eq 7)."""
        return np.asarray(self.W[l + 1] @ self.da_dz[l])

    def dz_dW(self, l: int) -> np.ndarray:
        """[δz^l/δW^l], shape (N_l, N_{l-1}, N_l): entry (k, i, j) is a_i^{l-1} where j = k, else 0."""
        n_l = self.z[l].shape[0]
        identity = np.eye(n_l, dtype=self.z[l].dtype)
        return np.asarray(identity[:, np.newaxis, :] * self.a[l - 1][np.newaxis, :, :])

    def dz_db(self, l: int) -> np.ndarray:
        """[δz^l/δb^l] = I, shape (N_l, N_l)."""
        return np.eye(self.z[l].shape[0], dtype=self.z[l].dtype)


def trace(net: Network, x: ArrayLike, target: ArrayLike) -> Trace:
    """Run one sample forward and backward; see `Trace`.

    Parameters
    ----------
    net : Network
    x : (N_1,) array_like
    target : (N_L,) array_like, or an integer label
    """
    X, one = inputs.as_samples(x, net.sizes[0], net.dtype)
    if len(X) != 1:
        raise ValueError(f"x: expected one sample of shape ({net.sizes[0]},), got {len(X)} samples")
    cost = net.cost_function
    pair = inputs.as_targets(target, 1, net.sizes[-1], net.dtype, cost.spec, one)
    y = inputs.dense(*pair, net.sizes[-1], net.dtype, cost.spec)
    plan = net._make_plan(keep_z=True)  # of its own: nothing frozen, no z overwritten by its a
    layers = plan.layers(X, y, net.parameters)
    flat, C = aligned(net.n_parameters, net.dtype), np.empty(1, net.dtype)
    plan.gradient(X, y, None, 1.0, net.parameters, plan.workspace(1), flat, C, None, None)
    dC_dW, dC_db = net._views(flat)
    z = {l: of_layer[0].T.copy() for l, of_layer in layers.items()}
    a = {l: of_layer[1].T.copy() for l, of_layer in layers.items()}
    return Trace(
        C=float(C[0]),
        z=z,
        a=a,
        delta={l: of_layer[2].copy() for l, of_layer in layers.items()},
        dC_da=np.asarray(cost.spec.gradient(a[net.L].T, y, **cost.params), dtype=net.dtype),
        dC_dW={l: dC_dW[l].T for l in dC_dW},
        dC_db={l: dC_db[l][np.newaxis, :] for l in dC_db},
        W={l: net.W[l].copy() for l in net.W},
        da_dz={l: _jacobian(net, l, z[l].T, a[l].T) for l in z},
    )


def _jacobian(net: Network, l: int, z: np.ndarray, a: np.ndarray) -> np.ndarray:
    """[δa^l/δz^l] of one sample from the activation's NumPy implementation."""
    sigma = net.layer_activations[l - 1]
    if sigma.spec.vjp is None:
        return np.diag(np.asarray(sigma.spec.derivative(z, a, **sigma.params), dtype=z.dtype)[0])
    n = z.shape[1]
    unit = np.eye(n, dtype=z.dtype)
    return np.asarray(sigma.spec.vjp(z.repeat(n, 0), a.repeat(n, 0), unit, **sigma.params), dtype=z.dtype)
