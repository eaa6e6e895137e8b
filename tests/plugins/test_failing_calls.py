"""Calls of one network from many threads at once: without the GIL, and each with its own failure or none."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from compiling import built

import cbp
from cbp.abi import capsule_at
from cbp.plugin import Activation

THREADS = 4

# σ(z) = z, but a sample of code `c` (its first number) stops at the layer it names, with status 100 + layer; and
# code 99 waits until Python says go on, which it cannot while this call holds the GIL.
SOURCE = """
#include "cbp_kernel.h"
#include <time.h>
volatile int go_on, arrived;
static int wait_for_python(void) {
    arrived = 1;
    for (int i = 0; i < 20000 && !go_on; i++) nanosleep(&(struct timespec){0, 1000000}, NULL);
    return go_on ? CBP_OK : 77;
}
#define LAYER(L) \\
    static int fwd_f64_##L(const double *z, double *a, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t ld, \\
                           const void *ctx) { \\
        for (ptrdiff_t i = 0; i < rows * ld; i++) a[i] = z[i]; \\
        if (z[0] == 99) return wait_for_python(); \\
        return z[0] == L ? 100 + L : CBP_OK; \\
    } \\
    static int bwd_f64_##L(const double *z, const double *a, const double *g, double *out, ptrdiff_t rows, \\
                           ptrdiff_t cols, ptrdiff_t ld, const void *ctx) { \\
        for (ptrdiff_t i = 0; i < rows * ld; i++) out[i] = g[i]; \\
        return z[0] == -L ? 200 + L : CBP_OK; \\
    } \\
    cbp_activation kernel_##L = { \\
        CBP_HEAD(CBP_ACTIVATION, cbp_activation, "stops", "tests", CBP_BWD_READS_Z), \\
        (cbp_fwd_f32)fwd_f64_##L, (cbp_bwd_f32)bwd_f64_##L, fwd_f64_##L, bwd_f64_##L}; \\
    cbp_activation *kernel_of_##L(void) { return &kernel_##L; }
LAYER(2)
LAYER(3)
LAYER(4)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("kernels")
    (folder / "stops.c").write_text(SOURCE)
    flags = [*cbp.get_compile_args(), "-fvisibility=default"]
    return ctypes.CDLL(str(built(folder / "stops.c", folder / "stops.so", *flags)))


@pytest.fixture
def net(library: ctypes.CDLL) -> cbp.Network:
    """Layers 2, 3 and 4 are the identity, but for what `SOURCE` says."""

    def stops(l: int) -> Activation:
        address = library[f"kernel_of_{l}"]
        address.restype = ctypes.c_void_p
        kernel = capsule_at(address())
        return Activation(f"stops_{l}", lambda z: z, derivative=lambda z, a: np.ones_like(z), kernel=kernel)

    net = cbp.Network([1, 1, 1, 1], [stops(l) for l in (2, 3, 4)], dtype="float64", init="zeros")
    for l in net.W:
        net.W[l] = [[1.0]]
    return net


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(function: Callable[[int], Any]) -> list[Any]:
    start = threading.Barrier(THREADS)

    def run(i: int) -> Any:
        start.wait()
        return function(i)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


CALLS: dict[str, Callable[[cbp.Network, float], Any]] = {
    "predict": lambda net, x: net.predict([x]),
    "cost": lambda net, x: net.cost([x], [0.0]),
    "gradients": lambda net, x: net.gradients([x], [0.0]),
    "activations": lambda net, x: net.activations([x]),
    "trace": lambda net, x: net.trace([x], [0.0]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_does_without_the_gil(
    net: cbp.Network, library: ctypes.CDLL, call: Callable[[cbp.Network, float], Any]
) -> None:
    """The kernel waits for what another Python thread says."""
    arrived, go_on = (ctypes.c_int.in_dll(library, name) for name in ("arrived", "go_on"))
    arrived.value = go_on.value = 0
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call, net, 99.0)
        while not arrived.value and not called.done():
            pass
        go_on.value = 1
        called.result()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_failure_names_the_layer_it_happened_in(net: cbp.Network, call: Callable[[cbp.Network, float], Any]) -> None:
    """Thread 0 gets through; threads 1 to 3 are stopped by layers 2 to 4, all in the same network."""

    def work(i: int) -> set[str]:
        said = set()
        for _ in range(200):
            try:
                call(net, [0.0, 2.0, 3.0, 4.0][i])
                said.add("nothing")
            except RuntimeError as error:
                said.add(str(error))
        return said

    failures = [f"'stops_{l}' of layer {l} failed: its kernel answered with status {100 + l}" for l in (2, 3, 4)]
    assert at_once(work) == [{"nothing"}, *({failure} for failure in failures)]


@pytest.mark.usefixtures("impatient")
def test_of_four_predictions_one_fails() -> None:
    """A NumPy implementation raises for one thread's sample; the three others are answered."""

    def forward(z: Any) -> Any:
        if z[0, 0] == 3:
            raise ZeroDivisionError("three")
        return 2 * z

    picky = Activation("picky", forward, derivative=lambda z, a: 2 * np.ones_like(z))
    net = cbp.Network([1, 1, 1], [picky, "identity"], init="zeros", dtype="float64")
    for l in net.W:
        net.W[l] = [[1.0]]

    def work(i: int) -> Any:
        answers: set[Any] = set()
        for _ in range(300):
            try:
                answers.add(float(net.predict([float(i)])[0]))
            except ZeroDivisionError as error:
                answers.add((str(error), *error.__notes__))
        return answers

    said = ("three", "raised while computing 'picky' of layer 2")
    assert at_once(work) == [{0.0}, {2.0}, {4.0}, {said}]


@pytest.mark.parametrize("x", [2.0, 4.0, -3.0])
def test_training_names_it_too(net: cbp.Network, x: float) -> None:
    before = net.parameters.copy()
    status = 100 + x if x > 0 else 200 - x
    message = f"'stops_{abs(x):.0f}' of layer {abs(x):.0f} failed: its kernel answered with status {status:.0f}"
    for fit in (net.fit, net.gradients):
        with pytest.raises(RuntimeError, match=message):
            fit([[x]], [[0.0]])
    assert (net.parameters == before).all()
