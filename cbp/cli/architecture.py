"""The network that the options of ``cbp train`` describe."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

from ..data import Dataset
from ..initializers import SupportsWeights
from ..network import Network
from ..registry.chosen import Chosen, activation, cost
from ..registry.made import initializer
from .choices import layers, sizes, text, texts
from .grammar import function, functions, named, of_function

__all__ = ["Architecture", "add_network_options", "as_options", "scales_targets"]

HIDDEN = 200
SMOOTHING = 0.05
COSTS = {
    "classification": ("cross_entropy", {"label_smoothing": SMOOTHING}),
    "regression": ("squared_error", {}),
}


def add_network_options(group: argparse._ArgumentGroup) -> None:
    """The options that `Architecture.of` reads."""
    add = group.add_argument
    add(
        "--hidden",
        metavar="SIZES",
        type=sizes,
        action="append",
        help=f"units of each hidden layer, such as 100 or 100,50; 0 for no hidden layer (default: {HIDDEN})",
    )
    add(
        "--activation",
        metavar="NAME",
        type=texts,
        default="relu",
        help="of the hidden layers: one for all or one for each, such as tanh,relu; parameters follow the "
        "name, as in leaky_relu:alpha=0.1; `cbp plugins` lists all (default: %(default)s)",
    )
    add(
        "--output-activation",
        metavar="NAME",
        type=text,
        help="of the last layer (default: the one the cost is made for, as softmax for cross_entropy; else "
        "logistic for classes, identity for numbers)",
    )
    add(
        "--input-activation",
        metavar="NAME",
        type=text,
        default="identity",
        help="of the input: identity is the usual network, logistic the paper's eq 2 (default: %(default)s)",
    )
    add(
        "--cost",
        metavar="NAME",
        type=text,
        help=f"what training makes small (default: cross_entropy:label_smoothing={SMOOTHING} for classes, "
        "squared_error for numbers)",
    )
    add(
        "--init",
        metavar="NAME",
        type=text,
        help="how the weights begin, such as he_normal or orthogonal:gain=2 (default: what suits the activation)",
    )
    add(
        "--frozen",
        metavar="LAYERS",
        type=layers,
        help="layers whose weights and biases stay as they begin: 2 for the first hidden layer, several as in 2,3 "
        "(default: none)",
    )
    add("--dtype", choices=("float32", "float64"), default="float32", help="precision (default: %(default)s)")


@dataclass(frozen=True)
class Architecture:
    """What a network will be, before the data says how many inputs and outputs.

    Attributes
    ----------
    hidden : list of int
    inner : list of Chosen
        The activation of each hidden layer.
    output, cost : Chosen or None
        None leaves them to the data.
    input : Chosen
    init : SupportsWeights or None
    frozen : list of int
    dtype : str
    """

    hidden: list[int]
    inner: list[Chosen]
    output: Chosen | None
    input: Chosen
    cost: Chosen | None
    init: SupportsWeights | None
    frozen: list[int]
    dtype: str

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """Look up every name, so that a wrong one is found before any data is read."""
        hidden = [HIDDEN] if options.hidden is None else list(chain.from_iterable(options.hidden))
        return cls(
            hidden,
            _one_for_each(functions(options.activation), len(hidden)),
            options.output_activation and function("activation", options.output_activation),
            function("activation", options.input_activation),
            options.cost and function("cost", options.cost),
            None if options.init is None else _initializer(options.init),
            _among(options.frozen or [], len(hidden) + 2),
            options.dtype,
        )

    def network(self, data: Dataset, seed: int) -> Network:
        """An untrained network for `data`."""
        name, params = COSTS[data.task]
        measure = self.cost or cost(name, **params)
        net = Network(
            [data.n_features, *self.hidden, data.n_outputs],
            activation=[*self.inner, self.output or _output(measure, data)],
            cost=measure,
            input_activation=self.input,
            init=self.init,
            dtype=self.dtype,
            seed=seed,
        )
        for l in self.frozen:
            net.freeze(l)
        return net


def as_options(net: Network) -> dict[str, Any]:
    """The options that describe a network, with every parameter of its activations and its cost."""
    first, *inner, last = map(of_function, net.layer_activations)
    return {
        "hidden": [list(net.sizes[1:-1])],
        "input_activation": first,
        "activation": inner[0] if len(set(inner)) == 1 else inner or None,
        "output_activation": last,
        "cost": of_function(net.cost_function),
    }


def scales_targets(net: Network, data: Dataset) -> bool:
    """Whether standardised targets suit `net`: any number can be an output, any number a target."""
    unbounded = net.cost_function.spec.target_range == (-math.inf, math.inf)
    return data.task == "regression" and unbounded and net.layer_activations[-1].entry.id == "cbp:identity"


def _initializer(text: str) -> SupportsWeights:
    name, constants = named(text)
    return initializer(name, **constants)


def _among(frozen: list[int], last: int) -> list[int]:
    if max(frozen, default=2) > last:
        raise ValueError(f"--frozen: expected layers from 2 to {last}, the output layer, got {max(frozen)}")
    if {*range(2, last + 1)} <= {*frozen}:
        raise ValueError(f"--frozen: expected a layer of 2 to {last} that is left to learn, got all of them")
    return frozen


def _one_for_each(named: list[Chosen], layers: int) -> list[Chosen]:
    if len(named) not in (1, layers):
        raise ValueError(
            f"--activation: expected one name, or one for each of {layers} hidden layers, got {len(named)}"
        )
    return named * layers if len(named) == 1 else named


def _output(measure: Chosen, data: Dataset) -> Chosen:
    """The activation of the last layer that the cost is made for, or that suits the targets."""
    zero_or_one = data.task == "classification" and measure.spec.labels == (0, 1)
    return activation(measure.spec.canonical or ("logistic" if zero_or_one else "identity"))
