"""Claims about predicting one sample: the quick way gives what the general way gives, or leaves it to that."""

from __future__ import annotations

import copy
import threading
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation

Array = np.ndarray[Any, np.dtype[Any]]

SIZES = ([1, 1], [4, 16, 3], [7, 13, 17, 31, 33], [784, 30, 10], [300, 400, 5])  # the last is above QUICK
DTYPES = ("float32", "float64")


def sample(net: cbp.Network, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(net.sizes[0]).astype(net.dtype)


def quickly(net: cbp.Network, x: object) -> Array | None:
    """What the quick way answers."""
    return net._single.predict(x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("input_activation", ["identity", "logistic"])
@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes)))
def test_one_sample_has_the_bits_it_has_in_a_batch(sizes: list[int], input_activation: str, dtype: str) -> None:
    net = cbp.Network(sizes, "tanh", cost="cross_entropy", input_activation=input_activation, dtype=dtype)
    X = np.random.default_rng(0).standard_normal((5, sizes[0])).astype(dtype)
    batch = net.predict(X)
    for x, a in zip(X, batch, strict=True):
        one, row = quickly(net, x), quickly(net, x.reshape(1, -1))
        assert one is not None
        assert row is not None
        assert (one.shape, row.shape, one.dtype) == ((sizes[-1],), (1, sizes[-1]), net.dtype)
        assert one.tobytes() == row.tobytes() == a.tobytes() == net.predict(x).tobytes()


def big_endian(x: Array) -> Array:
    return x.astype(x.dtype.newbyteorder(">"))


def unaligned(x: Array) -> Array:
    memory = np.zeros(x.nbytes + 1, np.uint8)
    view = memory[1:].view(x.dtype)
    view[...] = x
    return view


class Subclass(np.ndarray[Any, Any]):
    pass


LEFT_TO_THE_GENERAL_WAY = {
    "a list": lambda x: x.tolist(),
    "another precision": lambda x: x.astype(np.float16),
    "integers": lambda x: np.arange(len(x)),
    "another byte order": big_endian,
    "every other number": lambda x: np.repeat(x, 2)[::2],
    "backwards": lambda x: x[::-1],
    "no alignment": unaligned,
    "a subclass": lambda x: x.view(Subclass),
    "a memoryview": memoryview,
    "two samples": lambda x: np.stack([x, x]),
    "a column of a matrix": lambda x: np.stack([x, x], axis=1)[:, 0],
}


@pytest.mark.parametrize("change", LEFT_TO_THE_GENERAL_WAY.values(), ids=LEFT_TO_THE_GENERAL_WAY)
def test_what_is_not_ready_is_left_to_the_general_way(change: Any) -> None:
    net = cbp.Network([4, 16, 3], "tanh")
    given = change(sample(net))
    plain = np.array(given, dtype=np.float32)
    assert quickly(net, given) is None
    assert net.predict(given).tobytes() == net.predict(np.atleast_2d(plain)).tobytes()


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((1, 5)), np.zeros((4, 1)), np.zeros((1, 1, 4)), np.zeros(()),
                               np.zeros((0, 4)), np.zeros(0)], ids=lambda x: str(x.shape))  # fmt: skip
def test_a_wrong_shape_is_refused_as_ever(x: Array) -> None:
    net = cbp.Network([4, 16, 3], dtype="float64")
    assert quickly(net, x) is None
    with pytest.raises(ValueError, match="X: expected"):
        net.predict(x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_number_that_is_not_finite_is_refused_wherever_it_is(place: int, bad: float, dtype: str) -> None:
    net = cbp.Network([4, 16, 3], dtype=dtype)
    x = sample(net)
    x[place] = bad
    assert quickly(net, x) is None
    assert quickly(net, x.reshape(1, -1)) is None
    with pytest.raises(ValueError, match=rf"X: expected finite numbers, got {bad} at \[{place}\]"):
        net.predict(x)


def test_answers_are_arrays_of_their_own_and_the_sample_stays() -> None:
    net = cbp.Network([4, 16, 3], "tanh")
    x = sample(net)
    x.flags.writeable = False
    kept, first, second = x.copy(), net.predict(x), net.predict(x)
    first[...] = 7
    assert (x == kept).all()
    assert (second != 7).all()
    assert net.predict(x).tobytes() == second.tobytes()


def test_parameters_are_read_anew_and_each_copy_has_its_own() -> None:
    net = cbp.Network([4, 16, 3], "tanh")
    x, other = sample(net), copy.deepcopy(net)
    before = net.predict(x)
    assert other.predict(x).tobytes() == before.tobytes()
    net.b[3][...] += 1
    assert net.predict(x).tobytes() == net.predict(np.stack([x, x]))[0].tobytes()
    assert (net.predict(x) != before).all()
    assert other.predict(x).tobytes() == before.tobytes()


def test_a_plugin_that_raises_is_heard_and_the_next_call_is_as_before() -> None:
    fail = False

    def forward(z: Array) -> Array:
        if fail:
            raise OverflowError("too much")
        return z

    net = cbp.Network([4, 3], Activation("fragile", forward=forward, derivative=lambda z, a: np.ones_like(z)))
    x = sample(net)
    before = net.predict(x)
    fail = True
    with pytest.raises(OverflowError, match="too much") as raised:
        net.predict(x)
    assert raised.value.__notes__ == ["raised while computing 'fragile' of layer 2"]
    fail = False
    assert quickly(net, x) is not None
    assert net.predict(x).tobytes() == before.tobytes()


def test_a_plugin_may_predict_while_it_is_asked() -> None:
    inside: list[Array] = []

    def forward(z: Array) -> Array:
        if not inside:
            inside.append(np.empty(0))
            inside.append(net.predict(x))
        return z + 1

    net = cbp.Network([4, 3], Activation("curious", forward=forward, derivative=lambda z, a: np.ones_like(z)))
    x = sample(net)
    assert net.predict(x).tobytes() == inside[1].tobytes() == net.predict(x).tobytes()


@pytest.mark.parametrize("sizes", [[4, 16, 3], [300, 400, 5]], ids=["with the GIL", "without it"])
def test_threads_that_predict_at_once_get_what_each_gets_alone(sizes: list[int]) -> None:
    net = cbp.Network(sizes, "tanh")
    X = [sample(net, seed) for seed in range(4)]
    alone = [net.predict(x).tobytes() for x in X]
    wrong: list[int] = []
    start = threading.Barrier(len(X))

    def repeat(i: int) -> None:
        start.wait()
        wrong.extend(i for _ in range(300) if net.predict(X[i]).tobytes() != alone[i])

    threads = [threading.Thread(target=repeat, args=(i,)) for i in range(len(X))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
