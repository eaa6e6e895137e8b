"""Every built-in activation and cost passes the kit that plugins pass, on every instruction set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kernel_calls import ISAS, kernels_of

import cbp
from cbp.core.isa import isa
from cbp.registry.chosen import Chosen, choose
from cbp.testing import CHECKS, Report
from cbp.testing.run import report_on

CHOICES = [
    *(choose("activation", name) for name in cbp.activations() if name.startswith("cbp:")),
    *(choose("cost", name) for name in cbp.costs() if name.startswith("cbp:")),
]
every_built_in = pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)

# Not a check may go missing, and none be skipped, unnoticed.
NUMPY = (
    "registration", "shape-and-dtype", "inputs-untouched", "repeatable", "silence", "per-sample", "parameters",
    "float32",
)  # fmt: skip
KERNEL = (
    "kernel-head", "kernel-answers", "kernel-inputs-untouched", "kernel-stays-inside", "kernel-guard-pages",
    "kernel-gaps", "kernel-unaligned", "kernel-fills-output", "kernel-chunking", "kernel-repeatable", "kernel-threads",
    "kernel-without-gil", "kernel-floating-point-mode", "kernel-silence", "kernel-lengths", "kernel-parameters",
    "kernel-special-values",
)  # fmt: skip
MODELS = ("save-and-load", "missing-plugin")
NAMES = {
    "plugin": (
        "requirements", "import", "hooks", "names", "import-output", "import-floating-point-mode", "import-gil",
    ),
    "activation": (
        *NUMPY, "elementwise", "derivative", "complex-step", "kinks", "vjp", "special-values", "saturation",
        *KERNEL, "kernel-unread", "kernel-in-place", "kernel-forward", "kernel-backward", "kernel-speed", *MODELS,
    ),
    "cost": (
        *NUMPY, "gradient", "complex-step", "chain-rule", "squares", "special-values", "saturation",
        *KERNEL, "kernel-value", "kernel-gradient", "kernel-fused", "kernel-speed", *MODELS,
    ),
}  # fmt: skip
ELEMENTWISE_ONLY = {"elementwise", "derivative", "complex-step", "kinks", "saturation"}
SKIPPED = {
    "complex-step": {
        "logistic", "gelu", "mish", "softplus", "softsign", "log_sigmoid", "squareplus", "gelu_tanh", "silu",
        "absolute_error", "huber", "log_cosh",
    },
    "saturation": {
        "identity", "leaky_relu", "sin", "squareplus", "softsign",
        "squared_error", "quadratic", "absolute_error", "huber", "log_cosh", "quantile",
    },
    "kernel-unread": {"gaussian"},
}  # fmt: skip


def skipped(choice: Chosen) -> set[str]:
    """The checks that do not apply to a built-in."""
    spec = choice.spec
    names = {check for check, where in SKIPPED.items() if spec.name in where} | {"missing-plugin"}
    names |= set() if spec.params else {"parameters", "kernel-parameters"}
    if choice.entry.kind == "cost":
        names |= set() if spec.squares else {"squares"}
        return names | (set() if spec.fused else {"chain-rule", "kernel-fused"})
    return names | (ELEMENTWISE_ONLY if spec.rowwise else {"vjp"})


def outcomes(report: Report, outcome: str) -> set[str]:
    return {result.check for result in report.results if result.outcome == outcome}


@pytest.mark.parametrize("kind", NAMES)
def test_the_checks_are_these(kind: str) -> None:
    assert set(CHECKS) == set(NAMES)
    assert tuple(check.name for check in CHECKS[kind]) == NAMES[kind]
    assert all(check.about for check in CHECKS[kind])


@every_built_in
def test_a_built_in_passes_every_check_that_applies(choice: Chosen) -> None:
    report = report_on(choice)
    assert report.ok, str(report)
    assert tuple(result.check for result in report.results) == NAMES[choice.entry.kind]
    assert outcomes(report, "skipped") == skipped(choice)
    assert outcomes(report, "passed") == set(NAMES[choice.entry.kind]) - skipped(choice)


@pytest.mark.parametrize("other", [each for each in ISAS if each != isa])
@every_built_in
def test_a_built_in_passes_with_every_instruction_set(choice: Chosen, other: str) -> None:
    kind = choice.entry.kind
    spec = replace(choice.spec, kernel=kernels_of(other).capsule(kind, choice.name))
    names = [name for name in NAMES[kind] if name.startswith("kernel-")]
    report = report_on(choose(kind, spec), names)
    assert report.ok, str(report)
    assert outcomes(report, "passed") == set(names) - skipped(choice)
