"""A kernel that cbp cannot use is refused in words, before anything calls it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_calls import kernels_of, struct

import cbp
from cbp.abi import ActivationKernel, CostKernel
from cbp.core.isa import isa
from cbp.plugin import Activation, Cost

NAME = ctypes.c_char_p(b"cbp.kernel.v1")  # a capsule keeps the pointer
OTHER_NAME = ctypes.c_char_p(b"cbp.kernel.v2")

capsule_new = ctypes.pythonapi.PyCapsule_New
capsule_new.restype = ctypes.py_object
capsule_new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class Longer(ctypes.Structure):
    """An activation as a later minor version might lay it out."""

    _fields_ = (("first", ActivationKernel), ("more", ctypes.c_void_p * 8))


def copy_of(kind: str, name: str) -> Any:
    kernel = struct(kernels_of(isa).capsule(kind, name))
    return type(kernel).from_buffer_copy(kernel)


def capsule(kernel: Any, name: ctypes.c_char_p = NAME) -> object:
    return capsule_new(ctypes.addressof(kernel), name, None)


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
    "abi_major": (lambda right: right + 1, r"built for kernel ABI 2\.0, this cbp reads ABI 1\.x; rebuild"),
    "kind": (lambda right: 3 - right, r"is of kind \d, expected kind \d"),
    "required": (lambda right: 0x20, r"needs features this cbp does not know \(bits 0x20\); upgrade cbp"),
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


@pytest.mark.parametrize("kernel", [42, "tanh", b"cbp", np.tanh], ids=repr)
def test_what_is_no_capsule_is_refused(kernel: object) -> None:
    with pytest.raises(TypeError, match=r"'mine': kernel= expected a capsule named 'cbp\.kernel\.v1'"):
        network(kernel)


def test_a_capsule_of_another_name_is_refused() -> None:
    kernel = copy_of("activation", "tanh")
    with pytest.raises(TypeError, match=r"expected a capsule named 'cbp\.kernel\.v1', got .*cbp\.kernel\.v2"):
        network(capsule(kernel, OTHER_NAME))


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
