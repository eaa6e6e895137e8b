"""Optimisers written in Python: the core calls them once a step, on whole flat vectors, in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from training_cases import every_dtype, network, samples

import cbp

Array = np.ndarray[Any, Any]


class HeavyBall:
    """SGD with momentum."""

    lr = 0.05

    def init(self, parameters: Array) -> dict[str, Array]:
        return {"v": np.zeros_like(parameters)}

    def update(self, gradient: Array, state: dict[str, Array], parameters: Array, learning_rate: float) -> None:
        state["v"] *= 0.9
        state["v"] += gradient
        parameters -= parameters.dtype.type(learning_rate) * state["v"]


X, Y, LABELS = samples()


@every_dtype
def test_it_takes_the_steps_of_the_compiled_one(dtype: str) -> None:
    compiled, own = network(dtype=dtype), network(dtype=dtype)
    compiled.fit(X, Y, epochs=5, batch_size=7, optimizer=cbp.SGD(lr=0.05, momentum=0.9))
    history = own.fit(X, Y, epochs=5, batch_size=7, optimizer=HeavyBall())
    np.testing.assert_allclose(own.parameters, compiled.parameters, rtol=1e-3 if dtype == "float32" else 1e-12)
    assert history.epochs == 5


def test_it_is_called_once_a_step_with_vectors_of_the_networks_dtype() -> None:
    seen = []

    class Watching(HeavyBall):
        def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: float) -> None:
            seen.append((gradient.shape, gradient.dtype, parameters.shape, parameters.dtype, learning_rate))
            super().update(gradient, state, parameters, learning_rate)

    net = network(dtype="float32")
    net.fit(X, Y, epochs=2, batch_size=20, optimizer=Watching())
    n = (net.n_parameters,)
    assert seen == [(n, np.float32, n, np.float32, 0.05)] * 6


def test_its_memory_begins_anew_with_each_fit_and_init_cannot_change_the_parameters() -> None:
    begun = []

    class Rude(HeavyBall):
        def init(self, parameters: Array) -> dict[str, Array]:
            begun.append(parameters.copy())
            parameters[...] = np.nan
            return super().init(np.zeros_like(parameters))

    net, optimizer = network(), Rude()
    for _ in range(2):
        before = net.parameters.copy()
        net.fit(X, Y, epochs=1, optimizer=optimizer)
        np.testing.assert_array_equal(begun[-1], before)


def test_frozen_layers_stay_whatever_it_does() -> None:
    class Shrinks(HeavyBall):
        def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: float) -> None:
            assert not gradient[: 4 * 7].any()
            parameters *= 0.5

    net = network().freeze(2)
    before = {l: (net.W[l].copy(), net.b[l].copy()) for l in net.W}
    net.fit(X, Y, epochs=1, batch_size=50, optimizer=Shrinks())
    np.testing.assert_array_equal(net.W[2], before[2][0])
    np.testing.assert_array_equal(net.b[2], before[2][1])
    np.testing.assert_array_equal(net.W[3], before[3][0] / 2)


def test_what_it_raises_reaches_the_caller_after_a_whole_step() -> None:
    class Fails(HeavyBall):
        steps = 0

        def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: float) -> None:
            super().update(gradient, state, parameters, learning_rate)
            self.steps += 1
            if self.steps == 3:
                raise LookupError("no third step")

    net, two = network(), network()
    with pytest.raises(LookupError, match="no third step"):
        net.fit(X, Y, epochs=1, batch_size=10, shuffle=False, optimizer=Fails())
    two.fit(X[:20], Y[:20], epochs=1, batch_size=10, shuffle=False, optimizer=HeavyBall())
    assert net.parameters.tobytes() == two.parameters.tobytes()


def test_one_that_returns_its_step_is_told_to_change_in_place() -> None:
    class Functional(HeavyBall):
        def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: float) -> Any:
            return parameters - learning_rate * gradient

    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(TypeError, match="Functional: expected it to change the parameters and return None"):
        net.fit(X, Y, epochs=1, optimizer=Functional())
    assert net.parameters.tobytes() == before


def test_a_step_to_nowhere_stops_and_leaves_finite_parameters() -> None:
    class Wild(HeavyBall):
        def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: float) -> None:
            parameters[...] = np.inf

    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(FloatingPointError, match="batch 2 is not finite"):
        net.fit(X, Y, epochs=1, batch_size=10, optimizer=Wild())
    assert net.parameters.tobytes() == before


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (object(), r"optimizer: expected a name or an object with init and update or iterate, got <object"),
        (cbp.plugin.Optimizer("broken", lambda: 3), r"optimizer: expected a name or an .*, 'broken' made 3"),
    ],
)
def test_what_is_no_optimizer_is_refused(choice: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        network().fit(X, Y, optimizer=choice)


def test_a_learning_rate_out_of_range_is_named() -> None:
    class Backwards(HeavyBall):
        lr = -1.0

    with pytest.raises(ValueError, match=r"lr: expected a number above 0, got -1.0"):
        network().fit(X, Y, optimizer=Backwards())


def test_registered_in_this_process_it_has_a_name() -> None:
    cbp.register(cbp.plugin.Optimizer("heavy_ball_of_this_test", HeavyBall))
    named, own = network(), network()
    named.fit(X, Y, epochs=1, optimizer="heavy_ball_of_this_test")
    own.fit(X, Y, epochs=1, optimizer=HeavyBall())
    assert named.parameters.tobytes() == own.parameters.tobytes()
    with pytest.raises(ValueError, match="optimizer 'adam' is built in and cannot be replaced"):
        cbp.register(cbp.plugin.Optimizer("adam", HeavyBall))
