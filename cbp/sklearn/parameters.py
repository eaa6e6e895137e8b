"""What the parameters may be: scikit-learn's rules, wider where cbp takes more."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, InvalidParameterError, Options, StrOptions

from ..core.threads import available
from ..plugin import Activation, Cost
from ..registry import made
from ..registry.chosen import Chosen, choose
from ..training.regularization import Regularization

__all__ = ["CONSTRAINTS", "IN_A_STEP", "checked_choice", "hidden_layer_sizes", "regularization", "threads"]

IN_A_STEP = ("dropout", "input_noise", "max_norm", "clip_value", "clip_norm", "ema")  # as in Regularization

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str, list, tuple, Chosen, Activation],
    "solver": [str, HasMethods(["init", "update"]), HasMethods(["init", "iterate"])],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"}), HasMethods(["rates", "observe"])],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean", StrOptions({"optimizer"})],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "loss": [str, Chosen, Cost],
    "out_activation": [str, Chosen, Activation, None],
    "l1": [Interval(Real, 0, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like", dict],
    "input_noise": [Interval(Real, 0, None, closed="left")],
    "max_norm": [Interval(Real, 0, None, closed="neither"), None],
    "clip_value": [Interval(Real, 0, None, closed="neither"), None],
    "clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "ema": [Interval(Real, 0, 1, closed="left"), None],
    "frozen_layers": ["array-like"],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
}


def hidden_layer_sizes(sizes: Any) -> list[int]:
    """The sizes as a list; ValueError, with scikit-learn's words, for one below 1."""
    listed = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    if np.any(np.array(listed) <= 0):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {listed}.")
    return listed


def regularization(estimator: Any) -> Regularization:
    """What is done in each step, but for the penalties, whose part depends on the batch."""
    return Regularization(**{name: getattr(estimator, name) for name in IN_A_STEP})


def threads(estimator: Any) -> int:
    """At most so many share a pass over samples."""
    return available() if estimator.n_threads is None else int(estimator.n_threads)


def checked_choice(estimator: Any, parameter: str, kind: str, choice: Any) -> Any:
    """The activation, cost or optimiser that `parameter` names.

    Raises
    ------
    InvalidParameterError
        Nobody knows the name; which is a ValueError.
    """
    try:
        return made.optimizer(choice) if kind == "optimizer" else choose(kind, choice)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"The {parameter!r} parameter of {type(estimator).__name__} must be the name of {kind}s that "
            f"scikit-learn or cbp knows. Got {choice!r} instead: {error}"
        ) from None
