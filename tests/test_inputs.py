"""What users pass in: everything that holds numbers just works, everything else gets one clear sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cbp
from cbp.callbacks import Callback

Array = np.ndarray[Any, Any]


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


# ---- what it accepts ---------------------------------------------------------------------------------------


def unaligned(x: Array) -> Array:
    memory = np.empty(x.nbytes + 1, np.uint8)
    shifted = memory[1:].view(x.dtype).reshape(x.shape)
    shifted[...] = x
    assert not shifted.flags.aligned
    return shifted


SAME: dict[str, Callable[[Array], Any]] = {
    "list": lambda x: x.tolist(),
    "tuple of rows": lambda x: tuple(map(tuple, x)),
    "Fortran order": np.asfortranarray,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "wider rows": lambda x: np.hstack([x, x])[:, : x.shape[1]],
    "big-endian": lambda x: x.astype(">f8"),
    "little-endian": lambda x: x.astype("<f8"),
    "float32": lambda x: x.astype("f4"),
    "float16": lambda x: x.astype("f2"),
    "longdouble": lambda x: x.astype(np.longdouble),
    "int64": lambda x: x.astype("i8"),
    "big-endian int16": lambda x: x.astype(">i2"),
    "int8": lambda x: x.astype("i1"),
    "unaligned": unaligned,
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}


@pytest.mark.parametrize("form", SAME)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_numbers_give_the_same_answers(form: str, dtype: str) -> None:
    """In X, targets and sample_weight: whatever their dtype, order, alignment and container."""
    rng = np.random.default_rng(1)
    X, y, weights = (rng.integers(-3, 4, (9, n)).astype("f8") for n in (3, 2, 1))
    if form == "broadcast":
        X, y, weights = (np.repeat(x[:1], 9, axis=0) for x in (X, y, weights))
    weights = np.abs(weights) + 1
    given = [SAME[form](x) for x in (X, y, weights)]
    w = np.asarray(given[2])[:, 0] if form != "list" else [row[0] for row in given[2]]
    net, other = network(dtype=dtype), network(dtype=dtype)
    for x in given:
        if isinstance(x, np.ndarray):
            x.flags.writeable = False
    assert net.predict(given[0]).tobytes() == net.predict(X).tobytes()
    assert net.cost(given[0], given[1], w) == net.cost(X, y, weights[:, 0])
    assert net.gradients(given[0], given[1], w).flat.tobytes() == net.gradients(X, y, weights[:, 0]).flat.tobytes()
    net.fit(given[0], given[1], epochs=2, batch_size=4, sample_weight=w)
    other.fit(X, y, epochs=2, batch_size=4, sample_weight=weights[:, 0])
    assert net.parameters.tobytes() == other.parameters.tobytes()


def test_a_masked_array_that_masks_nothing_is_an_array() -> None:
    net, (X, y) = network(), data()
    assert net.predict(np.ma.masked_array(X)).tobytes() == net.predict(X).tobytes()
    assert net.cost(X, np.ma.masked_array(y, mask=np.zeros(y.shape, bool))) == net.cost(X, y)


def test_booleans_are_zeros_and_ones() -> None:
    net, X = network(), np.eye(3, dtype=bool)
    assert net.predict(X).tobytes() == net.predict(np.eye(3)).tobytes()
    assert net.cost(X, X[:, :2]) == net.cost(np.eye(3), np.eye(3)[:, :2])


@pytest.mark.parametrize("kind", ["i1", "u1", ">i2", "i4", "u8", list])
def test_labels_are_integers_of_any_kind(kind: Any) -> None:
    net, (X, _), labels = network(cost="cross_entropy"), data(), np.array([0, 1, 1, 0, 1, 0])
    given = labels.tolist() if kind is list else labels.astype(kind)
    assert net.cost(X, given) == net.cost(X, np.eye(2)[labels])
    assert net.cost(X, np.repeat(labels, 2)[::2]) == net.cost(X, labels)


def test_nothing_that_comes_in_is_changed() -> None:
    net, (X, y), weights = network(), data(), np.ones(6)
    before = X.tobytes(), y.tobytes(), weights.tobytes()
    net.gradients(X, y, weights, per_sample=True, inputs=True)
    net.fit(X, y, sample_weight=weights, batch_size=2, validation=0.5)
    assert (X.tobytes(), y.tobytes(), weights.tobytes()) == before


# ---- what it refuses ---------------------------------------------------------------------------------------

X, Y = data()


def with_(x: Array, value: float) -> Array:
    x = x.copy()
    x[4, 1] = value
    return x


class Sparse:
    def toarray(self) -> Array:
        return X


BAD_X = [
    (
        np.ones((6, 4)),
        ValueError,
        r"X: expected samples as rows, shape \(n, 3\), or one sample of shape \(3,\); got shape \(6, 4\)",
    ),
    (np.ones(4), ValueError, r"got shape \(4,\)"),
    (np.ones((6, 3, 1)), ValueError, r"got shape \(6, 3, 1\)"),
    (1.0, ValueError, r"got shape \(\)"),
    ([], ValueError, r"got shape \(0,\)"),
    (np.empty((0, 3)), ValueError, r"X: expected at least one sample, got shape \(0, 3\)"),
    (with_(X, np.nan), ValueError, r"X: expected finite numbers, got nan at \[4, 1\]; remove or replace it"),
    (with_(X, np.inf), ValueError, r"X: expected finite numbers, got inf at \[4, 1\]"),
    (with_(X, -np.inf), ValueError, r"X: expected finite numbers, got -inf at \[4, 1\]"),
    ([[1, 2, 3], [4, 5]], ValueError, "X: expected rows of equal length"),
    (
        X.astype(object),
        TypeError,
        r"X: expected real numbers, got dtype object; convert it first, .* X.astype\('float64'\)",
    ),
    (X.astype(str), TypeError, "X: expected real numbers, got dtype <U"),
    (X.astype(complex), TypeError, "X: expected real numbers, got dtype complex128"),
    (X.astype("M8[s]"), TypeError, "X: expected real numbers, got dtype datetime64"),
    ([[1, 2, None]], TypeError, "X: expected real numbers, got dtype object"),
    ("digits", TypeError, "X: expected real numbers, got dtype <U6"),
    (None, TypeError, "X: expected real numbers, got dtype object"),
    (
        np.ma.masked_array(X, mask=np.arange(18).reshape(6, 3) == 4),
        ValueError,
        "X: expected every number, got a masked array; fill it, or leave these samples out",
    ),
    (Sparse(), TypeError, r"X: expected a dense array, got a sparse matrix; pass X.toarray\(\)"),
]

BAD_TARGETS = [
    (
        np.ones((6, 3)),
        ValueError,
        r"targets: expected shape \(6, 2\) or integer labels of shape \(6,\), got float64 of shape \(6, 3\)",
    ),
    (np.ones((5, 2)), ValueError, r"targets: expected shape \(6, 2\)"),
    (np.ones(6), ValueError, r"got float64 of shape \(6,\)"),
    (np.ones(5, int), ValueError, "targets: expected 6 labels, one for each sample, got 5"),
    ([0, 1, 2, 0, 1, 1], ValueError, "targets: expected labels 0 to 1 for a network with 2 outputs, got 2"),
    ([0, 1, -1, 0, 1, 1], ValueError, "targets: expected labels 0 to 1 .*, got -1"),
    (with_(Y, np.nan), ValueError, r"targets: expected finite numbers, got nan at \[4, 1\]"),
    (with_(Y, -0.1), ValueError, r"targets: binary_cross_entropy expects numbers in \[0, 1\], got -0.1 to "),
    (with_(Y, 1.1), ValueError, r"targets: binary_cross_entropy expects numbers in \[0, 1\]"),
    (["a", "b"] * 3, TypeError, "targets: expected real numbers, got dtype <U1"),
    (Y.astype(object), TypeError, "targets: expected real numbers, got dtype object"),
    (None, TypeError, "targets: expected real numbers"),
    ([], ValueError, "targets: expected shape"),
]

BAD_WEIGHTS = [
    (np.ones(5), ValueError, r"sample_weight: expected shape \(6,\), one weight a sample, got \(5,\)"),
    (np.ones((6, 1)), ValueError, r"got \(6, 1\)"),
    (1.0, ValueError, r"got \(\)"),
    ([1, 1, 1, 1, 1, -1], ValueError, "sample_weight: expected weights >= 0, not all zero; got -1 to 1"),
    (np.zeros(6), ValueError, "sample_weight: expected weights >= 0, not all zero; got 0 to 0"),
    ([1, 1, 1, 1, 1, np.nan], ValueError, r"sample_weight: expected finite numbers, got nan at \[5\]"),
    (["1"] * 6, TypeError, "sample_weight: expected real numbers"),
]

CASES = (
    [({"X": bad}, error, message) for bad, error, message in BAD_X]
    + [({"targets": bad}, error, message) for bad, error, message in BAD_TARGETS]
    + [({"sample_weight": bad}, error, message) for bad, error, message in BAD_WEIGHTS]
)


@pytest.mark.parametrize("method", ["cost", "gradients", "fit"])
@pytest.mark.parametrize(("bad", "error", "message"), CASES)
def test_bad_data_is_refused_and_nothing_is_lost(method: str, bad: Any, error: type, message: str) -> None:
    net = network(cost="binary_cross_entropy")
    net.fit(X, Y, epochs=1)
    before = net.parameters.tobytes(), net.epochs_trained, net.cost(X, Y)
    given = {"X": X, "targets": Y} | bad
    with pytest.raises(error, match=message) as refusal:
        getattr(net, method)(**given)
    assert "\n" not in str(refusal.value)
    assert (net.parameters.tobytes(), net.epochs_trained, net.cost(X, Y)) == before


@pytest.mark.parametrize("n_inputs", [3, 40])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_number_that_is_not_finite_is_found_while_fit_reads(n_inputs: int, bad: float, optimizer: str) -> None:
    """Where X needs no conversion and nobody is told that a training begins, nobody looks before the first epoch."""
    X = np.random.default_rng(1).normal(size=(500, n_inputs))
    X[431, 1] = bad
    net = cbp.Network([n_inputs, 4, 1], "tanh", dtype="float64")
    before = net.parameters.tobytes()
    message = rf"^X: expected finite numbers, got {bad} at \[431, 1\]; remove or replace it$"
    with pytest.raises(ValueError, match=message) as refusal:
        net.fit(X, X[:, :1] * 0 + 0.5, epochs=2, batch_size=9, optimizer=optimizer)
    assert refusal.value.__cause__ is refusal.value.__context__ is None
    assert (net.parameters.tobytes(), net.epochs_trained) == (before, 0)


def test_nobody_hears_of_a_training_that_cannot_begin() -> None:
    heard: list[str] = []

    class Listening(Callback):
        def on_train_begin(self, run: Any) -> None:
            heard.append("begin")

    X = np.zeros((5, 3))
    X[4, 2] = np.nan
    net = cbp.Network([3, 4, 1], "tanh", dtype="float64")
    with pytest.raises(ValueError, match="X: expected finite numbers"):
        net.fit(X, np.zeros((5, 1)), epochs=2, callbacks=Listening())
    assert heard == []


@pytest.mark.parametrize(("bad", "error", "message"), BAD_X)
@pytest.mark.parametrize("method", ["predict", "activations"])
def test_bad_samples_are_refused(method: str, bad: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        getattr(network(), method)(bad)


def test_a_number_too_large_for_float32_is_refused() -> None:
    big = with_(X, 1e39)
    message = "X: its largest number, 1e\\+39, does not fit float32; scale the data or use dtype='float64'"
    with pytest.raises(ValueError, match=message):
        network(dtype="float32").predict(big)
    assert np.isfinite(network().predict(big)).all()


def test_a_failing_activation_is_named_and_nothing_is_lost() -> None:
    from cbp.plugin import Activation

    def broken(z: Array) -> Array:
        raise ArithmeticError("no luck")

    net = network(activation=["tanh", Activation("unlucky", broken, derivative=lambda z, a: a)])
    before = net.parameters.tobytes()
    for call in (lambda: net.predict(X), lambda: net.gradients(X, Y), lambda: net.fit(X, Y)):
        with pytest.raises(ArithmeticError, match="no luck") as failure:
            call()
        assert failure.value.__notes__ == ["raised while computing 'unlucky' of layer 3"]
    assert net.parameters.tobytes() == before
