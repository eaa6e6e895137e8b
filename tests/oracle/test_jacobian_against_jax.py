"""`Network.jacobian` against JAX's reverse mode, in float64."""

from __future__ import annotations

from typing import Any

import drawn_networks
import jax
import numpy as np
import pytest

import cbp

DRAWN = list({d.net.sigmas[-1][0]: d for d in drawn_networks.networks()}.values())  # each activation once on the output
SAMPLES = 2


@pytest.mark.parametrize("i", range(len(DRAWN)), ids=map(str, DRAWN))
def test_it_is_jaxs(i: int) -> None:
    d = DRAWN[i]
    sizes, X = d.net.sizes, d.X[:SAMPLES]
    net = cbp.Network(
        list(sizes),
        [cbp.activation(name, **params) for name, params in d.net.sigmas[1:]],
        input_activation=cbp.activation(d.net.sigmas[0][0], **d.net.sigmas[0][1]),
        dtype="float64",
    )
    for l, (W, b) in enumerate(zip(d.W, d.b, strict=True), start=2):
        net.W[l], net.b[l] = W, b
    padded: Any = d.data[0][: len(X)]
    found = jax.jacrev(lambda theta: d.net.outputs(theta, padded)[:, : sizes[-1]])(d.theta)
    blocks = []
    for l, (of_W, of_b) in enumerate(found, start=2):
        block = np.asarray(of_W)[:, :, : sizes[l - 1], : sizes[l - 2]].swapaxes(2, 3)
        blocks += [block.reshape(len(X), sizes[-1], -1), np.asarray(of_b)[:, :, : sizes[l - 1]]]
    want = np.concatenate(blocks, axis=2)
    np.testing.assert_allclose(net.jacobian(X), want, atol=1e-11 * np.abs(want).max(), rtol=0)


def test_every_activation_is_on_the_output_once() -> None:
    built_in = {spec.name for key, spec in cbp.activations().items() if key.startswith("cbp:")}
    assert {d.net.sigmas[-1][0] for d in DRAWN} == built_in
