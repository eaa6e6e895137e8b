"""coefs_ and intercepts_ as views of a network's parameters: what one changes, the other has.

scikit-learn's coefs_[i] has the shape (N_{l-1}, N_l), l = i + 2, which is how the parameters lie in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.utils._param_validation import InvalidParameterError

from ..initializers import Zeros
from ..network import Network
from ..registry.chosen import Choice
from ..registry.made import initializer
from .parameters import checked_choice

__all__ = ["adopt", "draw", "hidden_activations", "network_of"]

BOUND = {"logistic": 2.0, "identity": 6.0, "tanh": 6.0, "relu": 6.0}  # scikit-learn's, over fan_in + fan_out


def hidden_activations(estimator: Any, n_hidden: int) -> list[Choice]:
    """The activation of each hidden layer."""
    activation = estimator.activation
    if not isinstance(activation, list | tuple):
        return [checked_choice(estimator, "activation", "activation", activation)] * n_hidden
    if len(activation) != n_hidden:
        raise InvalidParameterError(
            f"The 'activation' parameter of {type(estimator).__name__} must have one entry for each of the "
            f"{n_hidden} hidden layers. Got {len(activation)} instead."
        )
    return [checked_choice(estimator, "activation", "activation", each) for each in activation]


def draw(estimator: Any, sizes: list[int], dtype: np.dtype, rng: np.random.RandomState) -> None:
    """Set coefs_ and intercepts_ as scikit-learn draws them; of an activation it does not know, as cbp does."""
    hidden = hidden_activations(estimator, len(sizes) - 2)
    estimator.coefs_, estimator.intercepts_ = [], []
    last = hidden[-1] if hidden else hidden_activations(estimator, 1)[0]
    for sigma, (fan_in, fan_out) in zip([*hidden, last], pairwise(sizes), strict=True):
        W, b = _drawn(sigma, fan_in, fan_out, rng)
        estimator.coefs_.append(W.astype(dtype, copy=False))
        estimator.intercepts_.append(b.astype(dtype, copy=False))


def _drawn(sigma: Any, fan_in: int, fan_out: int, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    if sigma.name in BOUND:
        bound = np.sqrt(BOUND[sigma.name] / (fan_in + fan_out))
        return rng.uniform(-bound, bound, (fan_in, fan_out)), rng.uniform(-bound, bound, fan_out)
    generator = np.random.default_rng(rng.randint(2**31))
    return initializer(sigma.spec.init).weights(generator, fan_out, fan_in).T, np.zeros(fan_out)


def network_of(estimator: Any) -> Network:
    """The network with the estimator's weights, whoever set them: the one that learnt, if nothing has changed."""
    net: Network | None = getattr(estimator, "_net", None)
    given = [*estimator.coefs_, *estimator.intercepts_]
    if net is not None and estimator._net_of == _structure(estimator) and _same(given, estimator._views):
        return net
    net = _made(estimator)
    for view, array in zip(_views(net), given, strict=True):
        if view.shape != np.shape(array):
            raise ValueError(f"coefs_, intercepts_: expected shape {view.shape}, got {np.shape(array)}")
        view[...] = array
    return net


def adopt(estimator: Any, net: Network) -> None:
    """Make coefs_ and intercepts_ views of the network."""
    estimator._net, estimator._views, estimator._net_of = net, list(_views(net)), _structure(estimator)
    n = net.L - 1
    estimator.coefs_, estimator.intercepts_ = estimator._views[:n], estimator._views[n:]


def _structure(estimator: Any) -> tuple[Any, ...]:
    """What besides weights the network was made from."""
    return estimator.activation, estimator.out_activation_, estimator.loss, tuple(estimator.frozen_layers)


def _same(given: list[Any], views: list[np.ndarray]) -> bool:
    return len(given) == len(views) and all(a is b for a, b in zip(given, views, strict=True))


def _views(net: Network) -> Iterator[np.ndarray]:
    for l in net.W:
        yield net.W[l].T
    for l in net.b:
        yield net.b[l]


def _made(estimator: Any) -> Network:
    sizes = [len(estimator.coefs_[0]), *(np.shape(b)[0] for b in estimator.intercepts_)]
    single = all(np.asarray(W).dtype == np.float32 for W in estimator.coefs_)
    net = Network(
        sizes,
        [*hidden_activations(estimator, len(sizes) - 2), estimator._output_activation()],
        cost=estimator._cost(),
        init=Zeros(),
        dtype="float32" if single else "float64",
    )
    for i in estimator.frozen_layers:
        if not (isinstance(i, int | np.integer) and 0 <= i < len(sizes) - 1):
            raise InvalidParameterError(
                f"The 'frozen_layers' parameter of {type(estimator).__name__} must be indices of coefs_, 0 to "
                f"{len(sizes) - 2}. Got {i!r} instead."
            )
        net.freeze(int(i) + 2)
    return net
