"""From data to a saved model, and the gradient by hand: the whole of cbp in forty lines."""

import tempfile
from pathlib import Path

import numpy as np

import cbp
from cbp import data
from cbp.plugin import Activation

# Train on the bundled handwritten digits.
train, test = data.load("digits").split(0.2, seed=0)
net = cbp.Network([64, 100, 10], activation="relu", cost="cross_entropy", seed=1)
history = net.fit(
    train.X,
    train.targets,
    epochs=30,
    optimizer=cbp.Adam(lr=3e-3),
    validation=(test.X, test.targets),
)
print(history)
assert history["validation_accuracy"][-1] > 0.96

# Save and load: the same network, bit for bit.
with tempfile.TemporaryDirectory() as folder:
    net.save(Path(folder) / "digits.safetensors")
    again = cbp.load(Path(folder) / "digits.safetensors")
assert (again.predict(test.X) == net.predict(test.X)).all()

# The paper's objects for one sample: column vectors, row gradients, and the box [δz/δW].
small = cbp.Network([3, 4, 2], activation="logistic", input_activation="logistic", dtype="float64")
trace = small.trace([0.1, -0.4, 0.7], [1.0, 0.0])
print("δ^2 =", trace.delta[2], "   [δC/δW^2] has shape", trace.dC_dW[2].shape, "= W^2's transposed")
assert np.allclose(trace.dC_dW[2], trace.a[1] @ trace.delta[2])  # eq 13
assert np.allclose(trace.dC_dW[2], np.tensordot(trace.delta[2][0], trace.dz_dW(2), axes=1))  # eq 12

# An activation of one's own, for this process (a plugin makes it permanent).
cube = Activation("cube", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)
cbp.register(cube)
print(cbp.Network([2, 8, 1], activation="cube", output_activation="identity"))
