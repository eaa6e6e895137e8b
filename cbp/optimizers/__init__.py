"""Optimisers: what `fit` does with the gradient.

Most take a step for each batch. `LBFGS` and `LevenbergMarquardt` look at all samples at once and choose their steps
themselves: they have `iterate` where the others have `update`.

Each is `init` and `update` on the flat vector of the parameters, and a frozen set of constants: any number of
trainings may share one, for what it remembers of each is the `State` that `init` returns. Names and meanings of
the constants are torch.optim's, where torch has the optimiser; so weight decay shrinks every parameter, biases
included.
"""

from .accumulating import Adadelta, Adagrad, RMSprop
from .compiled import Compiled, Rule, State
from .full_batch import Point, SupportsIterate
from .lbfgs import LBFGS
from .levenberg_marquardt import LevenbergMarquardt
from .moments import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from .momentum import SGD
from .protocol import SupportsUpdate
from .signs import Lion, Rprop

__all__ = [
    "LBFGS", "SGD", "AMSGrad", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Compiled", "LevenbergMarquardt",
    "Lion", "NAdam", "Point", "RAdam", "RMSprop", "Rprop", "Rule", "State", "SupportsIterate", "SupportsUpdate",
]  # fmt: skip
