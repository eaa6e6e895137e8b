"""The checks there are, for each kind a fixed tuple. Their names are promises: reports and plugins' tests use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..suggestions import did_you_mean
from . import (
    activation_checks,
    cost_checks,
    derivative_checks,
    file_checks,
    kernel_calls,
    kernel_head,
    kernel_memory,
    kernel_speed,
    kernel_values,
    numpy_checks,
    plugin_checks,
)
from .kinks import kinks
from .registration import registration

__all__ = ["CHECKS", "Check", "named"]


@dataclass(frozen=True)
class Check:
    """One thing that is checked.

    Attributes
    ----------
    name : str
    about : str
        What it says of a good plugin.
    run : callable
        Given what it `takes`, it returns a note, or raises `Failure` or `Skip`.
    takes : ``"spec"`` or ``"kernel"``
        A `Subject` (of a plugin a `PluginSubject`), or a `Caller` of its kernel.
    apart : bool
        Whether it runs in a process of its own, because it calls compiled code.
    gate : bool
        Whether the checks behind it are not run if it fails.
    """

    name: str
    about: str
    run: Callable[[Any], str]
    takes: Literal["spec", "kernel"] = "spec"
    apart: bool = False
    gate: bool = False


def _kernel(name: str, about: str, run: Callable[[Any], str], gate: bool = False) -> Check:
    return Check(f"kernel-{name}", about, run, takes="kernel", apart=True, gate=gate)


_BOTH = (
    Check("registration", "names, parameters and signatures are in order, and cbp finds it", registration),
    Check(
        "shape-and-dtype",
        "answers have the shape and dtype of the block, of any size and layout",
        numpy_checks.shape_and_dtype,
    ),
    Check("inputs-untouched", "nothing is changed in place", numpy_checks.inputs_untouched),
    Check("repeatable", "the same numbers have the same answer", numpy_checks.repeatable),
    Check("silence", "ordinary numbers cause no output and no warning", numpy_checks.silence),
    Check(
        "per-sample", "a sample's answer does not depend on the others, their order or number", numpy_checks.per_sample
    ),
    Check("parameters", "each parameter makes a difference", numpy_checks.parameters),
    Check("float32", "float32 gives what float64 gives", numpy_checks.float32),
)

_HEAD = Check("kernel-head", "its struct is one that this cbp can use", kernel_head.head, apart=True, gate=True)

_KERNEL = (
    _kernel("answers", "every function comes back with CBP_OK", kernel_calls.answers, gate=True),
    _kernel("inputs-untouched", "no input is written", kernel_memory.inputs_untouched),
    _kernel(
        "stays-inside",
        "nothing around a block is written, for lengths 0 to 67 and 4097, and no rows",
        kernel_memory.stays_inside,
    ),
    _kernel("guard-pages", "blocks may begin and end where memory does", kernel_memory.guard_pages),
    _kernel("gaps", "rows may lie apart (ld > cols)", kernel_memory.gaps),
    _kernel("unaligned", "blocks may begin at any number", kernel_memory.unaligned),
    _kernel("fills-output", "the whole output is written, whatever was there", kernel_memory.fills_output),
    _kernel("chunking", "a number does not depend on the block it comes in", kernel_calls.chunking),
    _kernel("repeatable", "the same block has the same answer", kernel_calls.repeatable),
    _kernel("threads", "many threads may call it at once", kernel_calls.threads),
    _kernel(
        "without-gil",
        "it runs in a thread that Python does not know, while another holds the GIL",
        kernel_calls.without_gil,
    ),
    _kernel(
        "floating-point-mode", "rounding and subnormal numbers are left as they were", kernel_calls.floating_point_mode
    ),
    _kernel("silence", "nothing is printed", kernel_calls.silence),
    _kernel("lengths", "vector body and remainder agree with the NumPy tier", kernel_values.lengths),
    _kernel("parameters", "each parameter is heeded, in its place", kernel_values.parameters),
    _kernel(
        "special-values",
        "NaN, infinities and huge numbers are treated as by the NumPy tier",
        kernel_values.special_values,
    ),
)

_LAST = (
    _kernel("speed", "how quick it is; not far slower than NumPy", kernel_speed.speed),
    Check("save-and-load", "a model that is loaded again predicts the same", file_checks.save_and_load, apart=True),
    Check("missing-plugin", "without the plugin, a model names it", file_checks.missing_plugin, apart=True),
)

CHECKS: dict[str, tuple[Check, ...]] = {
    "plugin": (
        Check("requirements", "its requirement of cbp admits no other project", plugin_checks.requirements),
        Check("import", "its module can be imported", plugin_checks.import_),
        Check("hooks", "its hooks are spelt right and return what they should", plugin_checks.hooks),
        Check("names", "the names it gives are its own", plugin_checks.names),
        Check("import-output", "nothing is printed while it is imported", plugin_checks.output),
        Check(
            "import-floating-point-mode",
            "importing it leaves the mode alone",
            plugin_checks.floating_point_mode,
        ),
        Check("import-gil", "the import turns on no GIL where there is none", plugin_checks.gil),
    ),
    "activation": (
        *_BOTH,
        Check("elementwise", "without vjp=, each number is treated alone", activation_checks.elementwise),
        Check("derivative", "σ′ is the slope of σ, by differences", derivative_checks.derivative),
        Check("complex-step", "σ′ is the slope of σ, by a complex step", derivative_checks.complex_step),
        Check("kinks", "σ′ jumps where kinks= says, and nowhere else", kinks),
        Check("vjp", "vjp is g times the whole Jacobian", derivative_checks.vjp),
        Check("special-values", "NaN stays NaN, and no number becomes NaN", activation_checks.special_values),
        Check("saturation", "where σ is constant, it is so at ±∞, and σ′ is 0", activation_checks.saturation),
        _HEAD,
        *_KERNEL,
        _kernel("unread", "bwd reads only what its hints say", kernel_memory.unread),
        _kernel("in-place", "the hint CBP_IN_PLACE holds", kernel_memory.in_place),
        _kernel("forward", "fwd agrees with forward to 8 units in the last place", kernel_values.forward),
        _kernel("backward", "bwd agrees with derivative or vjp to 8 units in the last place", kernel_values.backward),
        *_LAST,
    ),
    "cost": (
        *_BOTH,
        Check("gradient", "∂C/∂a is the slope of C, by differences", cost_checks.gradient),
        Check("complex-step", "∂C/∂a is the slope of C, by a complex step", cost_checks.complex_step),
        Check("chain-rule", "the fused pair is C and ∂C/∂z with the canonical activation", cost_checks.chain_rule),
        Check("squares", "C is squares= times ‖a - λ‖²", cost_checks.squares),
        Check("special-values", "a sample with NaN costs NaN, and no other does", cost_checks.nan),
        Check("saturation", "where the canonical activation saturates, C and ∂C/∂z are finite", cost_checks.saturation),
        _HEAD,
        *_KERNEL,
        _kernel("value", "value agrees with the NumPy tier to 8 units in the last place", kernel_values.value),
        _kernel("gradient", "grad agrees with the NumPy tier to 8 units in the last place", kernel_values.gradient),
        _kernel("fused", "the fused pair agrees with the NumPy tier to 8 units in the last place", kernel_values.fused),
        *_LAST,
    ),
}


def named(kind: str, names: Sequence[str] | None) -> Iterator[Check]:
    """The checks of a kind, all of them or those of these names.

    Raises
    ------
    ValueError
        There is no check of one of the names.
    """
    there = {check.name: check for check in CHECKS[kind]}
    for name in names or ():
        if name not in there:
            hint = did_you_mean(name, there, f"there are {', '.join(there)}")
            raise ValueError(f"no check {name!r} for {kind}s: {hint}")
    return (check for name, check in there.items() if names is None or name in names)
