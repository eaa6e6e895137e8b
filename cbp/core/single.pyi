from typing import Self

import numpy as np

from .plan import Plan

class Single:
    def __new__(cls, plan: Plan, theta: np.ndarray) -> Self: ...
    def predict(self, x: object) -> np.ndarray | None: ...
