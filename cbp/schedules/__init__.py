"""Schedules: how the learning rate changes while a network trains.

``net.fit(..., schedule=cbp.schedules.Cosine())`` scales the optimiser's rate; ``cbp.SGD(lr=Cosine(lr=0.1))`` says
both in one place. A schedule is a frozen set of constants; what it remembers of one training is saved with it.
"""

from .choosing import schedule
from .decays import Exponential, InverseTime, InvScaling, MultiStep, Polynomial, Step
from .finder import FoundRate, find_learning_rate
from .schedule import Schedule, Timed, When
from .watching import Adaptive, Plateau
from .waves import Cosine, CosineRestarts, OneCycle, Warmup

__all__ = [
    "Adaptive", "Cosine", "CosineRestarts", "Exponential", "FoundRate", "InvScaling", "InverseTime", "MultiStep",
    "OneCycle", "Plateau", "Polynomial", "Schedule", "Step", "Timed", "Warmup", "When", "find_learning_rate",
    "schedule",
]  # fmt: skip
