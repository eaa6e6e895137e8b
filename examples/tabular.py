"""Tell malignant tumours from benign ones by thirty measurements: a table, from reading it to what was confused.

The data (569 tumours, two classes) comes with scikit-learn: pip install scikit-learn
"""

from sklearn.datasets import load_breast_cancer

import cbp
from cbp import data
from cbp.callbacks import EarlyStopping
from cbp.scores import ClassScore

cancer = load_breast_cancer()
table = data.from_arrays(
    cancer.data, cancer.target_names[cancer.target], feature_names=cancer.feature_names, name="breast cancer"
)
print(table)

# Three parts, each with the classes in the same proportion: to learn from, to say when to stop, and to judge.
rest, test = table.split(0.25, seed=0)
train, validation = rest.split(0.2, seed=0)

# The columns have units as different as mm² and 1: scale them, by what the training part alone says.
scaling = data.Scaling.fit(train.X)
train, validation, test = (part.scaled(scaling) for part in (train, validation, test))

# Train until the validation cost has not fallen for 20 epochs, and take the network back to where it was lowest.
net = cbp.Network([table.n_features, 16, table.n_outputs], activation="relu", cost="cross_entropy", seed=0)
stopping = EarlyStopping(patience=20)
history = net.fit(
    train.X,
    train.targets,
    epochs=500,
    optimizer=cbp.AdamW(lr=3e-3),
    validation=(validation.X, validation.targets),
    callbacks=stopping,
)
print(f"{history.epochs} epochs; best was {stopping.best_epoch}, with a validation cost of {stopping.best:.4f}")

score = ClassScore.of(net.predict(test.X), test.targets)
print(f"\non {score.samples} tumours it has never seen: {score}\n")
print(f"{'taken for':>16}", *(f"{name:>10}" for name in table.class_names))
for name, row in zip(table.class_names, score.confusion, strict=True):
    print(f"{name:>16}", *(f"{count:>10}" for count in row))
assert score.accuracy > 0.93
assert history.epochs < 500
