"""Runs the checks of an activation, a cost or a plugin and makes the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..registry.chosen import Choice, Chosen, choose
from ..registry.discovery import Installed
from ..registry.entries import Kind
from .apart import run_apart
from .checks import Check, named
from .named import kind_of
from .plugin_subject import PluginSubject
from .report import Finding, Report, Result
from .subject import Subject
from .verdict import verdict

__all__ = ["SECONDS", "check_activation", "check_cost", "report_on"]

SECONDS = 30.0  # a check may take; none of cbp's own takes one


def check_activation(
    activation: Choice,
    *,
    checks: Sequence[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Report:
    """Check an activation: its derivative, its kernel, everything a plugin promises.

    Parameters
    ----------
    activation : Activation, or str, or what `cbp.activation` returns
        An `Activation` need not be registered; a name is looked up.
    checks : sequence of str, optional
        Only these (``cbp.testing.CHECKS["activation"]`` has all).
    expected_failures : mapping of check to reason, optional
        Checks that are known to fail. One that passes all the same is a failure.
    seconds : float
        How long each check of compiled code may take.

    Returns
    -------
    Report

    Raises
    ------
    ConformanceError
        A check failed; the message says what was expected, what came, where, and what to do.
    ValueError, PluginError
        Unknown name, or check.
    """
    return _required("activation", activation, checks, expected_failures, seconds)


def check_cost(
    cost: Choice,
    *,
    checks: Sequence[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Report:
    """Check a cost: its gradient, its fused pair, its kernel; as `check_activation`.

    Parameters
    ----------
    cost : Cost, or str, or what `cbp.cost` returns
    checks, expected_failures, seconds
        As for `check_activation`.

    Returns
    -------
    Report

    Raises
    ------
    ConformanceError
        A check failed.
    ValueError, PluginError
        Unknown name, or check.
    """
    return _required("cost", cost, checks, expected_failures, seconds)


def _required(
    kind: Kind,
    choice: Choice,
    checks: Sequence[str] | None,
    expected_failures: Mapping[str, str] | None,
    seconds: float,
) -> Report:
    report = report_on(choose(kind, choice), checks, expected_failures, seconds)
    report.require()
    return report


def report_on(
    choice: Chosen | Installed,
    checks: Sequence[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Report:
    """The report on an activation, a cost or a plugin, whatever is in it."""
    subject = PluginSubject(choice, seconds) if isinstance(choice, Installed) else Subject(choice)
    kind = kind_of(choice)
    expected = expected_failures or {}
    named(kind, [*expected])  # an unknown name is an error
    results = _results(subject, list(named(kind, checks)), seconds)
    return Report(_title(choice), kind, tuple(_as_expected(result, expected) for result in results))


def _title(choice: Chosen | Installed) -> str:
    if isinstance(choice, Installed):
        return f"{choice.label} {choice.version}"
    return f"{choice.entry.id} {choice.entry.version}".strip()


def _results(subject: Subject | PluginSubject, checks: Sequence[Check], seconds: float) -> Iterator[Result]:
    """In the order of `checks`: those in this process come first, then those apart."""
    yield from (verdict(check, subject) for check in checks if not check.apart)
    if isinstance(subject, PluginSubject):
        return
    apart = [check for check in checks if check.apart]
    if subject.spec.kernel is None:
        yield from (Result(check.name, "skipped", NO_KERNEL) for check in apart if check.name.startswith("kernel-"))
        apart = [check for check in apart if not check.name.startswith("kernel-")]
    yield from run_apart(apart, subject, seconds)


NO_KERNEL = "it has no kernel: cbp calls its NumPy functions"


def _as_expected(result: Result, expected: Mapping[str, str]) -> Result:
    if result.check not in expected or result.outcome == "skipped":
        return result
    if result.outcome == "failed":
        return replace(result, outcome="expected to fail", note=expected[result.check])
    finding = Finding(
        f"a failure, because {expected[result.check]}",
        "it passed",
        result.check,
        "take it out of expected_failures",
    )
    return Result(result.check, "failed", finding=finding)
