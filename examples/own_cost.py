"""A cost and an activation of one's own, in NumPy: checked, registered, and trained with by name.

A prediction that is too low shall be w times as bad as one that is as much too high: of a disease's progress, say. The
data (442 patients) comes with scikit-learn: pip install scikit-learn
"""

import numpy as np
from sklearn.datasets import load_diabetes

import cbp
from cbp import data, testing
from cbp.plugin import Activation, Cost, Param


def weight(a: np.ndarray, y: np.ndarray, w: float) -> np.ndarray:
    """One, or w where the prediction a is below the target y; float32 for float32."""
    return np.where(a < y, w, 1).astype(a.dtype)


# Samples are rows: a value for each of them, and ∂C/∂a of a's shape. Parameters come by name.
lopsided = Cost(
    "lopsided",
    value=lambda a, y, w: (weight(a, y, w) * (a - y) ** 2).sum(axis=-1),
    gradient=lambda a, y, w: 2 * weight(a, y, w) * (a - y),
    params={"w": Param(4.0, above=0)},
    formula="Σ (w if a < λ else 1)·(a - λ)²",
)
# σ and σ′, number by number; σ′ may use z and a = σ(z).
bent = Activation(
    "bent",
    forward=lambda z: z + (np.sqrt(z * z + 1) - 1) / 2,
    derivative=lambda z, a: 1 + z / (2 * np.sqrt(z * z + 1)),
    formula="z + (√(z² + 1) - 1)/2",
)

# The conformance kit compares derivatives with finite differences, and much more; it raises where something is wrong,
# and says what to do: leave out `.astype(a.dtype)` above to see it.
for report in (testing.check_cost(lopsided), testing.check_activation(bent)):
    print(report.total)
cbp.register(lopsided)
cbp.register(bent)

diabetes = load_diabetes(scaled=False)
train, test = data.from_arrays(diabetes.data, diabetes.target, task="regression").split(0.25, seed=0)
of_X, of_y = data.Scaling.fit(train.X), data.Scaling.fit(train.targets)
ready = train.scaled(of_X, of_y)

print("\ntrained with           too low   the bill: mean of lopsided(w=4) on patients it has never seen")
bills = []
for name in ("squared_error", "lopsided"):
    net = cbp.Network([10, 16, 1], activation="bent", output_activation="identity", cost=name, seed=0)
    net.fit(ready.X, ready.targets, epochs=60, optimizer=cbp.Adam(lr=3e-3), schedule="cosine", l2=0.03)
    predicted = of_y.inverse(net.predict(of_X.apply(test.X)))
    bills.append(lopsided.value(predicted, test.targets, w=4).mean())
    print(f"{name:18} {(predicted < test.targets).mean():11.1%} {bills[-1]:9,.0f}")
assert bills[1] < bills[0]

print("""
Both are called from the compiled step, in Python, for each batch: enough for a trial. To have them compiled, in a
package of their own with tests:

  pip install "cbp[formula]"
  cbp plugins new bent --activation "z + (sqrt(z**2 + 1) - 1)/2"
  cbp plugins new lopsided --kind cost --tier c       or --tier numba, to stay in Python""")
