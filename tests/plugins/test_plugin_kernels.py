"""A kernel that cbp cannot use is refused in words, before anything calls it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_calls import kernels_of, struct

import cbp
from cbp.abi import ActivationKernel, CostKernel, capsule_at
from cbp.core.isa import isa
from cbp.plugin import Activation, Cost, KernelWarning

OTHER_NAME = ctypes.c_char_p(b"cbp.kernel.v2")  # a capsule keeps the pointer

KEPT: list[Any] = []  # what capsules point at

capsule_new = ctypes.pythonapi.PyCapsule_New
capsule_new.restype = ctypes.py_object
capsule_new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class Longer(ctypes.Structure):
    """An activation as a later minor version might lay it out."""

    _fields_ = (("first", ActivationKernel), ("more", ctypes.c_void_p * 8))


def copy_of(kind: str, name: str) -> Any:
    kernel = struct(kernels_of(isa).capsule(kind, name))
    return type(kernel).from_buffer_copy(kernel)


def capsule(kernel: Any) -> object:
    return capsule_at(ctypes.addressof(kernel))


def network(kernel: object) -> cbp.Network:
    """A network with an activation called ``mine`` that has this kernel."""
    mine = Activation("mine", forward=np.tanh, derivative=lambda z, a: 1 - a * a, kernel=kernel)
    return cbp.Network([2, 3, 1], activation=mine, output_activation="identity")


def network_with_cost(kernel: object, canonical: str | None = "softmax") -> cbp.Network:
    plain = cbp.costs()["cbp:cross_entropy"]
    mine = Cost("mine", plain.value, plain.gradient, kernel, params=plain.params, canonical=canonical)
    return cbp.Network([2, 3, 2], activation="tanh", output_activation="softmax", cost=mine)


X, LABELS = np.linspace(-1, 1, 10).reshape(5, 2), [0, 1, 0, 1, 1]


def test_a_copy_of_a_struct_is_as_good_as_the_struct() -> None:
    kernel, cost = copy_of("activation", "tanh"), copy_of("cost", "cross_entropy")
    plain = cbp.Network([2, 3, 1], activation="tanh", output_activation="identity")
    assert (network(capsule(kernel)).predict(X) == plain.predict(X)).all()
    plain = cbp.Network([2, 3, 2], activation="tanh", cost="cross_entropy")
    mine = network_with_cost(capsule(cost))
    assert (mine.gradients(X, LABELS).flat == plain.gradients(X, LABELS).flat).all()


WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "magic": (lambda right: 0x12345678, r"does not hold a cbp kernel \(wrong magic number\)"),
    "kind": (lambda right: 3 - right, r"is of kind \d, expected kind \d"),
    "isa": (lambda right: None, r"does not say for which instruction set it was compiled; set isa to CBP_ISA"),
    "struct_size": (lambda right: right - 8, r"has \d+ bytes, expected at least \d+"),
}


@pytest.mark.parametrize("field", WRONG)
@pytest.mark.parametrize(("kind", "name"), [("activation", "tanh"), ("cost", "cross_entropy")])
def test_an_unfit_head_is_refused(kind: str, name: str, field: str) -> None:
    kernel, (wrong, message) = copy_of(kind, name), WRONG[field]
    setattr(kernel.head, field, wrong(getattr(kernel.head, field)))
    with pytest.raises(ImportError, match=f"'mine': .*{message}"):
        (network if kind == "activation" else network_with_cost)(capsule(kernel))


def from_another_cbp(field: str, value: int, name: str) -> Activation:
    """Tanh with a kernel that this cbp must not call."""
    kernel = copy_of("activation", "tanh")
    KEPT.append(kernel)
    setattr(kernel.head, field, value)
    for function in pointers(ActivationKernel):
        replace(kernel, function, lambda *_: 99)
    return Activation(name, np.tanh, lambda z, a: 1 - a * a, kernel=capsule(kernel))


OTHER = {
    "a later major": ("abi_major", 2, r"was built for kernel ABI 2\.0, this cbp \(.*\) reads ABI 1\.x; upgrade cbp"),
    "an earlier major": ("abi_major", 0, r"was built for kernel ABI 0\.0, .* upgrade the plugin, or build it with"),
    "must understand": ("required", 0x20, r"needs features this cbp \(.*\) does not know \(bits 0x20\); upgrade cbp"),
}


@pytest.mark.parametrize("other", OTHER)
def test_a_kernel_of_another_abi_is_never_called_and_gives_way_to_numpy(other: str) -> None:
    field, value, message = OTHER[other]
    spec = from_another_cbp(field, value, other)
    with pytest.warns(KernelWarning) as said:
        nets = [cbp.Network([2, 3, 1], spec, "identity", seed=1) for _ in range(2)]
    (warning,) = said
    assert re.fullmatch(
        f"'{other}': its kernel {message}.*; until then the NumPy implementation takes its place, more slowly",
        str(warning.message),
    )
    plain = cbp.Network([2, 3, 1], Activation("plain", spec.forward, spec.derivative), "identity", seed=1)
    assert (nets[1].predict(X) == plain.predict(X)).all()


def test_the_message_names_the_version_of_cbp() -> None:
    with pytest.warns(KernelWarning, match=re.escape(f"this cbp ({cbp.__version__}) reads ABI 1.x")):
        cbp.Network([2, 2], from_another_cbp("abi_major", 7, "late"))


@pytest.mark.parametrize("kernel", [42, "tanh", b"cbp", np.tanh], ids=repr)
def test_what_is_no_capsule_is_refused(kernel: object) -> None:
    with pytest.raises(TypeError, match=r"'mine': kernel= expected a capsule named 'cbp\.kernel\.v1'"):
        network(kernel)


def test_a_capsule_of_another_name_is_refused() -> None:
    kernel = copy_of("activation", "tanh")
    with pytest.raises(TypeError, match=r"expected a capsule named 'cbp\.kernel\.v1'.*, got .*cbp\.kernel\.v2"):
        network(capsule_new(ctypes.addressof(kernel), OTHER_NAME, None))


def pointers(kernel_type: type[ctypes.Structure]) -> list[str]:
    return [name for name, *_ in kernel_type._fields_ if name != "head"]


def replace(kernel: Any, function: str, *by: Any) -> None:
    """Put a Python function, or without one a hole, in the place of a function."""
    setattr(kernel, function, type(getattr(kernel, function))(*by))


@pytest.mark.parametrize("function", pointers(ActivationKernel))
def test_an_activation_with_a_missing_function_is_refused(function: str) -> None:
    kernel = copy_of("activation", "tanh")
    replace(kernel, function)
    with pytest.raises(ImportError, match="'mine': its kernel lacks a function"):
        network(capsule(kernel))


@pytest.mark.parametrize("function", pointers(CostKernel))
def test_a_cost_with_a_missing_function_is_refused(function: str) -> None:
    kernel = copy_of("cost", "cross_entropy")
    replace(kernel, function)
    with pytest.raises(ImportError, match="'mine': its kernel lacks a function"):
        network_with_cost(capsule(kernel))


def test_a_cost_without_a_fused_pair_is_welcome() -> None:
    kernel = copy_of("cost", "cross_entropy")
    for function in pointers(CostKernel)[4:]:
        replace(kernel, function)
    unfused = network_with_cost(capsule(kernel)).gradients(X, LABELS)
    fused = cbp.Network([2, 3, 2], activation="tanh", cost="cross_entropy").gradients(X, LABELS)
    np.testing.assert_allclose(unfused.flat, fused.flat, rtol=1e-5, atol=1e-7)


def test_a_fused_pair_without_an_activation_to_fuse_with_is_not_used() -> None:
    kernel = copy_of("cost", "cross_entropy")
    for function in ("fused_value_f32", "fused_grad_f32"):
        replace(kernel, function, lambda *_: 99)
    assert np.isfinite(network_with_cost(capsule(kernel), canonical=None).cost(X, LABELS))
    with pytest.raises(RuntimeError, match="the cost 'mine' failed: its kernel answered with status 99"):
        network_with_cost(capsule(kernel)).cost(X, LABELS)


def test_a_later_minor_version_and_unknown_hints_are_welcome() -> None:
    longer = Longer(copy_of("activation", "tanh"))
    longer.first.head.abi_minor = 7
    longer.first.head.struct_size = ctypes.sizeof(Longer)
    longer.first.head.hints |= 0xFF000000
    plain = cbp.Network([2, 3, 1], activation="tanh", output_activation="identity")
    assert (network(capsule(longer)).predict(X) == plain.predict(X)).all()


@pytest.mark.parametrize("function", ["fwd_f32", "bwd_f32"])
def test_a_status_stops_the_pass_and_names_the_layer(function: str) -> None:
    kernel = copy_of("activation", "tanh")
    replace(kernel, function, lambda *_: 5)
    net = network(capsule(kernel))
    before = net.parameters.copy()
    with pytest.raises(RuntimeError, match="'mine' of layer 2 failed: its kernel answered with status 5"):
        net.fit(X, X[:, 0])
    assert (net.parameters == before).all()


def test_no_built_in_is_ever_refused() -> None:
    for name in cbp.activations():
        assert cbp.Network([2, 3, 2], activation=name).predict(X).shape == (5, 2)
    for name in cbp.costs():
        assert np.isfinite(cbp.Network([2, 3, 2], activation="logistic", cost=name).cost(X, LABELS))
