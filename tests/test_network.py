"""The facade: what a Network is made of, how it is made, and what it computes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.builtins.activations import cbp_activations
from cbp.builtins.costs import cbp_costs
from cbp.core.memory import ALIGNMENT
from cbp.initializers import Constant

Array = np.ndarray[Any, Any]

BUILT_IN = {kind: [spec.name for spec in specs()] for kind, specs in (("a", cbp_activations), ("C", cbp_costs))}


def network(**options: Any) -> cbp.Network:
    settings: dict[str, Any] = {
        "sizes": [3, 4, 2],
        "activation": "tanh",
        "dtype": "float64",
        "seed": 1,
    } | options
    return cbp.Network(**settings)


def data(n: int = 6, n_in: int = 3, n_out: int = 2) -> tuple[Array, Array]:
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, n_in)), rng.random((n, n_out))


def names(net: cbp.Network) -> list[str]:
    return [sigma.name for sigma in net.layer_activations]


# ---- what it is made of ------------------------------------------------------------------------------------


def test_the_parameters_are_the_transposed_weights_and_the_biases_layer_by_layer() -> None:
    net = network(sizes=[3, 4, 5, 2])
    start = 0
    for l in range(2, net.L + 1):
        n_in, n_out = net.sizes[l - 2 : l]
        block = net.parameters[start : start + n_in * n_out].reshape(n_in, n_out)
        bias = net.parameters[start + block.size : start + block.size + n_out]
        for view, part in ((net.W[l], block.T), (net.b[l], bias)):
            assert view.shape == part.shape
            assert view.ctypes.data == part.ctypes.data
            assert view.strides == part.strides
            assert np.shares_memory(view, net.parameters)
        start += (n_in + 1) * n_out
    assert start == net.n_parameters == net.parameters.size == 16 + 25 + 12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_parameters_are_one_aligned_vector(dtype: str) -> None:
    net = network(dtype=dtype)
    assert net.parameters.dtype == dtype
    assert net.parameters.flags.c_contiguous
    assert net.parameters.ctypes.data % ALIGNMENT == 0


def test_writing_into_a_view_writes_into_the_network() -> None:
    net, (X, _) = network(), data()
    net.W[2][1, 2] = 5.0
    net.W[3] += 1
    net.b[2] = [1, 2, 3, 4]
    net.b[3][:] = 7
    assert net.parameters[2 * 4 + 1] == 5.0
    assert net.parameters[-2:].tolist() == [7, 7]
    want = np.tanh(np.tanh(X @ net.W[2].T + [1, 2, 3, 4]) @ net.W[3].T + 7)
    np.testing.assert_allclose(net.predict(X), want, rtol=1e-14)


def test_assigning_copies() -> None:
    """`net.W[l] = x` and `net.parameters = x` keep the network's own memory."""
    net, other = network(), network(seed=2)
    memory, W = net.parameters, np.ones((4, 3), order="F")
    net.W[2] = W
    net.parameters = other.parameters
    W[0, 0] = other.parameters[0] = 99
    assert net.parameters is memory
    assert net.parameters.tolist() == [network(seed=2).parameters[0], *other.parameters[1:]]
    net.parameters -= 1
    assert net.parameters is memory
    assert net.W[2].base is not None
    assert net.parameters[1] == other.parameters[1] - 1


@pytest.mark.parametrize(
    ("assign", "error", "message"),
    [
        (
            lambda net: net.W.__setitem__(2, np.ones((3, 4))),
            ValueError,
            r"W\[2\]: expected shape \(4, 3\), got \(3, 4\)",
        ),
        (lambda net: net.b.__setitem__(3, 1.0), ValueError, r"b\[3\]: expected shape \(2,\), got \(\)"),
        (
            lambda net: net.W.__setitem__(1, 0),
            IndexError,
            r"W\[1\]: layers with weights are 2 to 3 \(layer 1 is the input\)",
        ),
        (lambda net: net.b[4], IndexError, r"b\[4\]: layers with weights are 2 to 3"),
        (
            lambda net: net.b.__setitem__(3, ["a", "b"]),
            TypeError,
            r"b\[3\]: expected real numbers, got dtype <U1",
        ),
        (
            lambda net: net.W.__setitem__(2, 1j * np.ones((4, 3))),
            TypeError,
            r"W\[2\]: expected real numbers, got dtype complex",
        ),
        (
            lambda net: setattr(net, "parameters", np.ones(3)),
            ValueError,
            r"parameters: expected shape \(26,\), got \(3,\)",
        ),
        (
            lambda net: net.W.__setitem__(2, np.full((4, 3), np.nan)),
            ValueError,
            r"W\[2\]: expected finite numbers, got nan at \[0, 0\]",
        ),
        (
            lambda net: setattr(net, "parameters", [*np.zeros(25), np.inf]),
            ValueError,
            r"parameters: expected finite numbers, got inf at \[25\]",
        ),
        (lambda net: setattr(net, "W", np.ones((4, 3))), AttributeError, "'W' of 'Network' object has no setter"),
        (lambda net: setattr(net, "b", np.ones(4)), AttributeError, "'b' of 'Network' object has no setter"),
        (lambda net: net.freeze([2, 3]), IndexError, r"W\[\[2, 3\]\]: layers with weights are 2 to 3"),
        (lambda net: net.freeze(1), IndexError, r"W\[1\]: layers with weights are 2 to 3"),
        (lambda net: net.freeze(4), IndexError, r"W\[4\]: layers with weights are 2 to 3"),
    ],
)
def test_a_wrong_assignment_changes_nothing(assign: Callable[[Any], Any], error: type, message: str) -> None:
    net = network()
    before = net.parameters.tobytes()
    with pytest.raises(error, match=message):
        assign(net)
    assert net.parameters.tobytes() == before
    assert net.frozen == ()


def test_a_number_too_large_for_float32_is_refused() -> None:
    net = network(dtype="float32")
    before = net.parameters.tobytes()
    with pytest.raises(ValueError, match=r"b\[3\]: its largest number, 1e\+39, does not fit float32"):
        net.b[3] = [1e39, 0]
    assert net.parameters.tobytes() == before


def test_layers_are_a_mapping_of_layer_numbers() -> None:
    net = network()
    assert list(net.W) == list(net.b) == [2, 3]
    assert len(net.W) == 2
    assert repr(net.W) == "<W {2: (4, 3), 3: (2, 4)}>"
    assert repr(net) == "<cbp.Network 3-4-2 tanh, tanh; squared_error; float64>"


# ---- how it is made ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[3, 4, 2], (3, 4, 2), np.array([3, 4, 2]), [3.0, 4.0, 2.0]])
def test_sizes_are_any_sequence_of_whole_numbers(sizes: Any) -> None:
    net = network(sizes=sizes)
    assert net.sizes == (3, 4, 2)
    assert all(type(n) is int for n in net.sizes)


def test_one_activation_serves_every_layer_unless_the_cost_has_its_own() -> None:
    assert names(network(sizes=[1, 2, 3, 4])) == ["identity", "tanh", "tanh", "tanh"]
    for cost, canonical in (
        ("cross_entropy", "softmax"),
        ("binary_cross_entropy", "logistic"),
        ("poisson", "exponential"),
        ("hinge", "identity"),
        ("kl_divergence", "softmax"),
        ("focal", "softmax"),
    ):
        assert names(network(cost=cost)) == ["identity", "tanh", canonical]
        assert names(network(cost=cost, output_activation="softplus")) == ["identity", "tanh", "softplus"]


def test_a_list_names_the_activation_of_each_layer() -> None:
    leaky = cbp.activation("leaky_relu", alpha=0.25)
    net = network(sizes=[1, 2, 3, 2], activation=[leaky, "sigmoid", "identity"], cost="cross_entropy")
    assert names(net) == ["identity", "leaky_relu", "logistic", "identity"]
    assert net.layer_activations[1].params == {"alpha": 0.25}
    assert names(network(activation=("relu", "tanh"), output_activation="sin"))[1:] == ["relu", "sin"]
    assert names(network(input_activation="logistic"))[0] == "logistic"


def test_parameters_of_an_activation_reach_it() -> None:
    net = network(sizes=[1, 1], activation=cbp.activation("leaky_relu", alpha=0.25), init=Constant(1.0))
    assert net.predict([-8.0]).tolist() == [-2.0]
    huber = network(sizes=[1, 1], activation="identity", init=Constant(1.0), cost=cbp.cost("huber", delta=2))
    assert huber.cost([[5.0]], [[0.0]]) == 2 * (5 - 1)


@pytest.mark.parametrize("name", BUILT_IN["a"])
def test_every_activation_makes_a_network(name: str) -> None:
    X, _ = data()
    assert np.isfinite(network(activation=name, input_activation=name).predict(X)).all()


@pytest.mark.parametrize("name", BUILT_IN["C"])
def test_every_cost_makes_a_network(name: str) -> None:
    X, _ = data()
    assert np.isfinite(network(cost=name, output_activation="softmax").cost(X, np.arange(6) % 2))


def test_the_seed_decides_the_weights() -> None:
    first, again, other = network(seed=5), network(seed=5), network(seed=6)
    assert first.parameters.tobytes() == again.parameters.tobytes()
    assert first.parameters.tobytes() != other.parameters.tobytes()
    drawn = network(seed=None)
    assert drawn.parameters.tobytes() == network(seed=drawn.seed).parameters.tobytes()
    assert drawn.seed != network(seed=None).seed
    assert network(seed=2**64 - 1).seed == 2**64 - 1
    assert network(seed=np.int64(5)).seed == 5


def test_the_number_type_rounds_the_same_draw() -> None:
    double, single = network(), network(dtype=np.float32)
    assert single.dtype == np.float32
    assert single.parameters.tolist() == double.parameters.astype("float32").tolist()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"sizes": [3]},
            ValueError,
            r"sizes: expected at least two whole numbers >= 1, such as \[784, 30, 10\]; got \[3\]",
        ),
        ({"sizes": []}, ValueError, "sizes: expected at least two"),
        ({"sizes": [3, 0, 2]}, ValueError, "sizes: expected .* >= 1"),
        ({"sizes": [3, -4, 2]}, ValueError, "sizes: expected .* >= 1"),
        ({"sizes": [3, 4.5, 2]}, ValueError, "sizes: expected .* whole numbers"),
        ({"sizes": [3, "4"]}, ValueError, "sizes: expected"),
        ({"sizes": "34"}, ValueError, "sizes: expected"),
        ({"sizes": 3}, ValueError, "sizes: expected"),
        ({"sizes": [3, None]}, ValueError, "sizes: expected"),
        ({"sizes": [3, float("nan")]}, ValueError, "sizes: expected"),
        (
            {"sizes": [1, 2**32, 2**32, 1]},
            ValueError,
            "sizes: .* would have 18,446,744,090,889,420,801 parameters, more than any memory holds",
        ),
        ({"sizes": [2**32 - 1, 2**32]}, ValueError, "sizes: .* more than any memory holds"),
        ({"sizes": [2**70, 1]}, ValueError, "sizes: .* more than any memory holds"),
        (
            {"activation": "leaky_relu:alpha=0.2"},  # as on the command line
            ValueError,
            r"unknown activation 'leaky_relu:alpha=0.2': did you mean cbp.activation\('leaky_relu', alpha=0.2\)\?",
        ),
        (
            {"init": "cbp:uniform:low=-1:high=1"},
            ValueError,
            r"did you mean cbp.initializer\('cbp:uniform', low=-1, high=1\)\?",
        ),
        ({"activation": "rellu"}, ValueError, "unknown activation 'rellu': did you mean 'relu'\\?"),
        (
            {"activation": "zzz"},
            ValueError,
            r"unknown activation 'zzz': cbp.activations\(\) lists what there is",
        ),
        (
            {"activation": ["relu"]},
            ValueError,
            "activation: expected 2 entries, one for each of the layers 2 .. 3, got 1",
        ),
        ({"activation": 3}, TypeError, r"activation: expected a name or cbp.activation\(name, ...\), got 3"),
        (
            {"activation": cbp.cost("huber")},
            TypeError,
            r"activation: expected a name or cbp.activation\(name, ...\), got the cost 'huber'",
        ),
        (
            {"output_activation": "softmx"},
            ValueError,
            "unknown activation 'softmx': did you mean 'softmax'\\?",
        ),
        ({"input_activation": "identiti"}, ValueError, "did you mean 'identity'\\?"),
        (
            {"cost": "cross_entropi"},
            ValueError,
            "unknown cost 'cross_entropi': did you mean 'cross_entropy'\\?",
        ),
        ({"cost": None}, TypeError, r"cost: expected a name or cbp.cost\(name, ...\), got None"),
        ({"cost": "relu"}, ValueError, "unknown cost 'relu'"),
        ({"dtype": "float16"}, ValueError, "dtype: expected 'float32' or 'float64', got 'float16'"),
        ({"dtype": "int"}, ValueError, "dtype: expected 'float32' or 'float64', got 'int'"),
        ({"dtype": "single-ish"}, ValueError, "dtype: expected 'float32' or 'float64', got 'single-ish'"),
        ({"dtype": None}, ValueError, "dtype: expected 'float32' or 'float64', got None"),
        ({"dtype": ">f4"}, ValueError, "dtype: expected"),
        ({"reduction": "average"}, ValueError, "reduction: expected 'mean' or 'sum', got 'average'"),
        ({"reduction": None}, ValueError, "reduction: expected 'mean' or 'sum', got None"),
        ({"seed": -1}, ValueError, "seed: expected a whole number from 0 to 18446744073709551615, got -1"),
        ({"seed": 2**64}, ValueError, "seed: expected a whole number"),
        ({"seed": 1.5}, ValueError, "seed: expected a whole number .*, got 1.5"),
        ({"seed": "one"}, ValueError, "seed: expected a whole number .*, got 'one'"),
        (
            {"init": "he_unifrom"},
            ValueError,
            "unknown initializer 'he_unifrom': did you mean 'he_uniform'\\?",
        ),
        (
            {"init": "?"},
            ValueError,
            r"unknown initializer '\?': there are zeros, constant, uniform, .*, orthogonal$",
        ),
        (
            {"init": 3},
            TypeError,
            "init: expected a name or an object with weights, got 3",
        ),
        ({"init": Constant}, TypeError, "init: expected a name or an object"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        network(**options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: cbp.activation("leaky_relu", alfa=1),
            TypeError,
            "'leaky_relu' has no parameter 'alfa': did you mean 'alpha'\\?",
        ),
        (
            lambda: cbp.activation("relu", alpha=1),
            TypeError,
            "'relu' has no parameter 'alpha': it takes none",
        ),
        (
            lambda: cbp.activation("celu", alpha=0),
            ValueError,
            "'celu': alpha must be a number above 0, got 0",
        ),
        (
            lambda: cbp.cost("quantile", q=1),
            ValueError,
            "'quantile': q must be a number above 0 and below 1, got 1",
        ),
        (
            lambda: cbp.cost("huber", delta=float("nan")),
            ValueError,
            "'huber': delta must be a number above 0, got nan",
        ),
    ],
)
def test_a_wrong_parameter_is_named(make: Callable[[], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        make()


# ---- what it computes --------------------------------------------------------------------------------------


def test_a_sample_in_is_a_sample_out() -> None:
    net, (X, y) = network(), data()
    assert net.predict(X).shape == (6, 2)
    assert net.predict(X[0]).shape == (2,)
    assert net.predict(X[0]).tolist() == net.predict(X)[0].tolist()
    assert [a.shape for a in net.activations(X[0]).values()] == [(3,), (4,), (2,)]
    assert [a.shape for a in net.activations(X).values()] == [(6, 3), (6, 4), (6, 2)]
    assert net.cost(X[0], y[0]) == net.cost(X[:1], y[:1])
    got: Any = net.gradients(X[0], y[0], inputs=True, per_sample=True)
    assert got.inputs.shape == (1, 3)
    assert got.per_sample.shape == (1, net.n_parameters)
    label = network(cost="cross_entropy")
    assert label.cost(X[0], 1) == label.cost(X[:1], [1]) == label.cost(X[0], [0.0, 1.0])
    scalar = network(sizes=[3, 1])
    assert scalar.cost(X[0], 0.5) == scalar.cost(X[0], [0.5]) == scalar.cost(X[:1], [0.5])
    assert scalar.cost(X, y[:, 0]) == scalar.cost(X, y[:, :1])


@pytest.mark.parametrize("name", BUILT_IN["a"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_samples_outputs_do_not_depend_on_its_batch(name: str, dtype: str) -> None:
    """Bit for bit, whatever tile, block or chunk of 256 it falls into."""
    net = network(sizes=[5, 37, 11], activation=name, dtype=dtype)
    X, _ = data(600, 5)
    whole = net.predict(X)
    for rows in (slice(0, 1), slice(0, 7), slice(250, 270), slice(590, 600)):
        assert net.predict(X[rows]).tobytes() == whole[rows].tobytes()
        assert net.activations(X[rows])[3].tobytes() == whole[rows].tobytes()


def test_activations_are_each_layers_a() -> None:
    net, (X, _) = network(input_activation="logistic"), data()
    a = net.activations(X)
    np.testing.assert_allclose(a[1], 1 / (1 + np.exp(-X)), rtol=1e-15)
    np.testing.assert_allclose(a[2], np.tanh(a[1] @ net.W[2].T + net.b[2]), rtol=1e-14)
    np.testing.assert_array_equal(a[3], net.predict(X))
    usual = network().activations(X)
    np.testing.assert_array_equal(usual[1], X)
    usual[1][:] = 0
    assert X.any()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_cost_is_a_weighted_mean_or_sum(reduction: str) -> None:
    net, (X, y), weights = network(reduction=reduction), data(), np.array([0, 1, 2, 3, 0.5, 1])
    C = ((net.predict(X) - y) ** 2).sum(axis=1)
    assert net.cost(X, y) == pytest.approx(C.mean() if reduction == "mean" else C.sum(), rel=1e-14)
    want = np.average(C, weights=weights) if reduction == "mean" else (weights * C).sum()
    assert net.cost(X, y, weights) == pytest.approx(want, rel=1e-14)
    assert net.cost(X, y, sample_weight=3 * weights) == pytest.approx(want if reduction == "mean" else 3 * want)


def test_answers_are_new_arrays() -> None:
    net, (X, _) = network(), data()
    first = net.predict(X)
    kept = first.copy()
    first[:] = 0
    assert net.predict(X).tolist() == kept.tolist()
    assert not np.shares_memory(net.predict(X), net.predict(X))


def test_predictions_need_no_memory_but_their_own() -> None:
    net, (X, _) = network(sizes=[3, 200, 2]), data(50_000)
    net.predict(X)
    tracemalloc.start()
    out = net.predict(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < out.nbytes + 100_000


def test_many_threads_may_ask_one_network() -> None:
    net, (X, y) = network(sizes=[3, 50, 2]), data(700)
    want = net.predict(X).tobytes(), net.gradients(X, y).flat.tobytes()

    def ask(_: int) -> tuple[bytes, bytes]:
        return net.predict(X).tobytes(), net.gradients(X, y).flat.tobytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(64))) == {want}


def test_freezing_is_undone_by_freezing_no_more() -> None:
    net = network()
    assert net.freeze(2).freeze(3) is net
    assert net.frozen == (2, 3)
    assert net.freeze(2, False).frozen == (3,)
