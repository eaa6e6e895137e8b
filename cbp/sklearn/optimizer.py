"""The optimiser of an estimator: scikit-learn's sgd and adam by their parameters, any other of cbp by its name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..network import Network
from ..optimizers import Adam, Compiled
from ..optimizers.compiled import Rule
from ..registry.made import optimizer as make_optimizer
from .parameters import checked_choice

__all__ = ["StepTaker", "is_stochastic"]


def is_stochastic(solver: Any) -> bool:
    """Whether a solver learns batch by batch; a name nobody knows is taken for one that does, and refused later."""
    if isinstance(solver, str) and solver not in ("adam", "sgd"):
        with suppress(TypeError, ValueError):
            solver = make_optimizer(solver)
    return not hasattr(solver, "iterate")


class StepTaker:
    """An optimiser and what it remembers, which a pickle keeps.

    Attributes
    ----------
    learning_rate : float
        η of the next epoch; schedules set it.
    rule : Rule or None
        The compiled update; None for an optimiser in Python.
    state : (slots, n_parameters) array, or what the optimiser in Python remembers
    hyper : (k,) float64 array
        Constants, then the scalars that change.
    steps : int
        Steps taken.
    """

    def __init__(self, estimator: Any, net: Network) -> None:
        self.rule, self._optimizer, self._learning_rate = _rule(estimator)
        theta, self.steps = net.parameters, 0
        if self.rule is None:
            self.state = self._optimizer.init(theta.copy())
            return
        self.hyper = np.array(self.rule.constants + self.rule.scalars, dtype=np.float64)
        self.state = np.empty((len(self.rule.starts), theta.size), theta.dtype)
        self.state[...] = np.reshape(self.rule.starts, (-1, 1))

    @property
    def learning_rate(self) -> float:
        """η of the next epoch."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        """Change η. scikit-learn's velocity has η in it, which keeps its length; torch's, the core's, has not."""
        if self.rule is not None and self.rule.name in ("momentum", "nesterov"):
            self.state *= self._learning_rate / rate
        self._learning_rate = rate

    @property
    def compiled(self) -> tuple[str, np.ndarray, np.ndarray] | None:
        """The rule's name, its constants and scalars, its vectors, for the core; None for an optimiser in Python."""
        return None if self.rule is None else (self.rule.name, self.hyper, self.state)

    def __call__(self, theta: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Take one step of an optimiser in Python: change `theta` and what is remembered."""
        self._optimizer.update(gradient, self.state, theta, rate)


def _rule(estimator: Any) -> tuple[Rule | None, Any, float]:
    """The compiled rule or else the optimiser, and η."""
    lr, solver = float(estimator.learning_rate_init), estimator.solver
    if solver == "sgd":
        mu = float(estimator.momentum)
        name = "nesterov" if estimator.nesterovs_momentum else "momentum"
        rule = Rule(name, (mu, 0.0, 0.0), (0.0,)) if mu else Rule("descent", (0.0, 0.0, 0.0))
        return rule, None, lr
    if solver == "adam":
        made: Any = Adam(lr, (estimator.beta_1, estimator.beta_2), estimator.epsilon, eps_hat=True)
    elif isinstance(solver, str):
        maker: Any = checked_choice(estimator, "solver", "optimizer", solver)
        made = type(maker)(lr=lr) if hasattr(maker, "lr") else maker
    else:
        made, lr = solver, float(getattr(solver, "lr", lr))
    return (made.rule, made, lr) if isinstance(made, Compiled) else (None, made, lr)
