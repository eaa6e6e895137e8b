"""scikit-learn's MLPClassifier and MLPRegressor on cbp's core: change the import, nothing else.

``from cbp.sklearn import MLPClassifier, MLPRegressor`` takes scikit-learn's parameters, draws the same weights and the
same order of the samples from `random_state`, and takes the same steps, so that it learns what scikit-learn learns, to
rounding. And it takes what the core offers beyond: see docs/coming-from-scikit-learn.md.

Needs scikit-learn >= 1.5, which ``pip install cbp[sklearn]`` brings.
"""

from .classifier import MLPClassifier
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
