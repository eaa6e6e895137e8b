"""Predict the progress of a disease with an interval: one network for each quantile, and what really falls below it.

The cost ``quantile`` with parameter q is smallest where a part q of the targets lies below the prediction (Koenker
and Bassett 1978). The data (442 patients) comes with scikit-learn: pip install scikit-learn
"""

import numpy as np
from sklearn.datasets import load_diabetes

import cbp
from cbp.data import Scaling

QUANTILES = (0.1, 0.5, 0.9)
FOLDS = 5

X, y = load_diabetes(return_X_y=True, scaled=False)
y = y[:, None]
fold = np.random.default_rng(0).permutation(len(y)) % FOLDS


def pinball(q: float, predicted: np.ndarray) -> float:
    """The mean of the cost that the network of this quantile makes small."""
    return float(np.maximum(q * (y - predicted), (1 - q) * (predicted - y)).mean())


# Every patient is predicted by networks that have seen the others only. Without the penalty l2 they would know the
# quantiles of the patients they have seen by heart, and be too sure of those they have not.
networks = {q: np.empty_like(y) for q in QUANTILES}
constant = {q: np.empty_like(y) for q in QUANTILES}
for k in range(FOLDS):
    seen, unseen = fold != k, fold == k
    of_X, of_y = Scaling.fit(X[seen]), Scaling.fit(y[seen])
    for q in QUANTILES:
        net = cbp.Network([X.shape[1], 16, 1], activation="tanh", output_activation="identity",
                          cost=cbp.cost("quantile", q=q), seed=0)  # fmt: skip
        net.fit(of_X.apply(X[seen]), of_y.apply(y[seen]), epochs=60, batch_size=16, optimizer=cbp.Adam(lr=5e-3),
                schedule="cosine", l2=0.03)  # fmt: skip
        networks[q][unseen] = of_y.inverse(net.predict(of_X.apply(X[unseen])))
        constant[q][unseen] = np.quantile(y[seen], q)

print("quantile  patients below it  pinball loss  and of the one number that suits the others best")
for q in QUANTILES:
    below, loss, plain = (y < networks[q]).mean(), pinball(q, networks[q]), pinball(q, constant[q])
    print(f"{q:8.0%} {below:18.1%} {loss:13.2f} {plain:12.2f}")
    assert abs(below - q) < 0.05
    assert loss < plain

inside = (networks[0.1] <= y) & (y <= networks[0.9])
width, plain = (np.mean(each[0.9] - each[0.1]) for each in (networks, constant))
print(f"\n{inside.mean():.1%} of the patients are between the 10 % and the 90 % quantile; 80 % should be")
print(f"from one to the other it is {width:.0f} on average; where it is the same for everybody, {plain:.0f}")
