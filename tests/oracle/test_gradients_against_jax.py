"""cbp's passes against JAX in float64: hundreds of random networks, on every instruction set there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import answers
import drawn_networks
import numpy as np
import pytest
from jax_network import COSTS, SIGMAS, UNITS

import cbp
from cbp.core import cpu

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}

Array = Any

DRAWN = drawn_networks.networks()
every_network = pytest.mark.parametrize("i", range(len(DRAWN)), ids=[f"{i}-{d}" for i, d in enumerate(DRAWN)])
every_isa = pytest.mark.parametrize("isa", cpu.supported())
every_dtype = pytest.mark.parametrize("dtype", answers.DTYPES)


@pytest.fixture(scope="session")
def answers_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Cbp's answers by instruction set."""
    folder = tmp_path_factory.mktemp("answers")
    answers.write_questions(folder / "questions.npz", DRAWN)
    return cache(lambda isa: answers.ask(isa, folder / "questions.npz", folder / f"{isa}.npz"))


def built_in(listing: dict[str, Any]) -> dict[str, Any]:
    return {spec.name: spec for key, spec in listing.items() if key.startswith("cbp:")}


def test_every_built_in_has_its_jax_twin() -> None:
    for listing, twins in ((cbp.activations(), SIGMAS), (cbp.costs(), COSTS)):
        specs = built_in(listing)
        assert set(specs) == set(twins)
        for name, spec in specs.items():
            assert twins[name].default == {key: p.default for key, p in spec.params.items()}
            assert set(twins[name].other) == set(spec.params)


def test_there_are_300_networks_and_none_is_left_out() -> None:
    assert len(DRAWN) >= 300
    assert {(d.net.sigmas[-1][0], d.net.cost[0]) for d in DRAWN} == set(drawn_networks.pairs())
    assert {d.net.cost[0] for d in DRAWN} == set(COSTS)
    for position in (slice(0, 1), slice(1, -1), slice(-1, None)):  # on the input, between, on the output
        assert {name for d in DRAWN for name, _ in d.net.sigmas[position]} == set(SIGMAS)
    assert {len(d.net.sizes) for d in DRAWN} == {2, 3, 4, 5, 6}
    assert {(d.weights is None, d.net.reduction, d.kind) for d in DRAWN} >= {
        (plain, reduction, kind)
        for plain in (True, False)
        for reduction in ("mean", "sum")
        for kind in ("labels", "real")
    }


@cache
def expected(i: int) -> dict[str, Array]:
    """What JAX answers for network i, without the padding."""
    d = DRAWN[i]
    sizes, n = d.net.sizes, len(d.X)
    gradient, inputs = d.net.gradient(d.theta, *d.data)
    found = {"inputs": np.asarray(inputs)[:n, : sizes[0]]}
    a = d.X
    for l in range(1, len(sizes) + 1):
        z = a if l == 1 else a @ d.W[l - 2].T + d.b[l - 2]
        found[f"a{l}"] = a = drawn_networks.passed(d.net, l, z)
    for l, (W, b) in enumerate(gradient, start=2):
        found |= {
            f"W{l}": np.asarray(W)[: sizes[l - 1], : sizes[l - 2]],
            f"b{l}": np.asarray(b)[: sizes[l - 1]],
        }
    return found | {"outputs": found[f"a{len(sizes)}"]}


def per_sample(i: int) -> Array:
    """Each sample's gradient in the layout of ``net.parameters``."""
    d = DRAWN[i]
    sizes, n = d.net.sizes, len(d.X)
    blocks = []
    for l, (W, b) in enumerate(d.net.per_sample(d.theta, *d.data[:2]), start=2):
        block = np.asarray(W)[:n, : sizes[l - 1], : sizes[l - 2]].transpose(0, 2, 1)
        blocks += [block.reshape(n, -1), np.asarray(b)[:n, : sizes[l - 1]]]
    return np.concatenate(blocks, axis=1)


def errors(got: dict[str, Array], want: dict[str, Array]) -> Iterator[tuple[str, float]]:
    """The largest error in each array, relative to its largest number."""
    for what, x in want.items():
        assert got[what].shape == x.shape
        yield what, float(np.abs(got[what] - x).max() / max(np.abs(x).max(), 1e-12))


@every_network
@every_dtype
@every_isa
def test_gradients_and_activations_are_jaxs(i: int, dtype: str, isa: str, answers_of: Any) -> None:
    found = answers_of(isa)
    got = {what: found[f"{i}/{dtype}/{what}"] for what in expected(i)}
    assert {what: error for what, error in errors(got, expected(i)) if not error <= TOLERANCE[dtype]} == {}


@every_network
@every_dtype
@every_isa
def test_costs_are_jaxs(i: int, dtype: str, isa: str, answers_of: Any) -> None:
    d = DRAWN[i]
    costs = np.abs(d.net.costs(d.theta, *d.data[:2]))[: len(d.X)]
    E = float(d.net.E(d.theta, *d.data))
    scale = costs.max() * (d.data[2].sum() if d.net.reduction == "sum" else 1)
    assert np.abs(answers_of(isa)[f"{i}/{dtype}/cost"] - E).max() <= TOLERANCE[dtype] * scale


SMALL = [i for i, d in enumerate(DRAWN) if len(d.X) * sum(W.size + len(W) for W in d.W) <= answers.LARGEST_PER_SAMPLE]


@pytest.mark.parametrize("i", SMALL)
@every_isa
def test_each_samples_gradient_is_jaxs(i: int, isa: str, answers_of: Any) -> None:
    found, want = answers_of(isa), per_sample(i)
    for dtype in answers.DTYPES:
        [(_, error)] = errors({"": found[f"{i}/{dtype}/per_sample"]}, {"": want})
        assert error <= TOLERANCE[dtype]


def test_half_of_the_networks_answer_for_each_sample() -> None:
    assert len(SMALL) > len(DRAWN) / 2
    assert UNITS == 70
