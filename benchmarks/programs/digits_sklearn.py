"""Digits with scikit-learn."""

from sklearn.neural_network import MLPClassifier

from benchmarks.programs.digits import GOAL, MOST_EPOCHS, report, samples

X, y, X_held_out, y_held_out = samples()
model = MLPClassifier((100,), solver="sgd", learning_rate_init=0.1, nesterovs_momentum=False, alpha=0,
                      batch_size=32, random_state=1)  # fmt: skip
epochs, accuracy = 0, 0.0
while accuracy < GOAL and epochs < MOST_EPOCHS:
    model.partial_fit(X, y, classes=range(10))
    epochs, accuracy = epochs + 1, float((model.predict(X_held_out) == y_held_out).mean())
report(epochs, accuracy)
