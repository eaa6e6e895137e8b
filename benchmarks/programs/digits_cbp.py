"""Digits with cbp."""

import cbp
from benchmarks.programs.digits import GOAL, MOST_EPOCHS, report, samples

X, y, X_held_out, y_held_out = samples()
net = cbp.Network([64, 100, 10], activation="relu", cost="cross_entropy", seed=1)
epochs, accuracy = 0, 0.0
while accuracy < GOAL and epochs < MOST_EPOCHS:
    net.fit(X, y, epochs=1, batch_size=32, optimizer=cbp.SGD(lr=0.1, momentum=0.9))
    epochs, accuracy = epochs + 1, float((net.predict(X_held_out).argmax(axis=1) == y_held_out).mean())
report(epochs, accuracy)
