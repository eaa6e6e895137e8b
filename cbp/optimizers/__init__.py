"""Optimisers: what `fit` does with the gradient.

Most take a step for each batch. `LBFGS` looks at all samples at once and chooses its steps itself: it has `iterate`
where the others have `update`.

Each is `init` and `update` on the flat vector of the parameters, and a frozen set of constants: any number of
trainings may share one, for what it remembers of each is the `State` that `init` returns. Names and meanings of
the constants are torch.optim's, where torch has the optimiser; so weight decay shrinks every parameter, biases
included.
"""

from .accumulating import Adadelta, Adagrad, RMSprop
from .compiled import Compiled, Rule, State
from .full_batch import Point, SupportsIterate
from .lbfgs import LBFGS
from .moments import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from .momentum import SGD
from .protocol import SupportsUpdate
from .signs import Lion, Rprop

__all__ = [
    "LBFGS", "SGD", "AMSGrad", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Compiled",
    "Lion", "NAdam", "Point", "RAdam", "RMSprop", "Rprop", "Rule", "State", "SupportsIterate", "SupportsUpdate",
]  # fmt: skip
