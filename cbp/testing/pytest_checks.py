"""The checks as pytest's test cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..plugin import Activation
from ..registry.chosen import Choice, Chosen, choose
from ..registry.discovery import Installed
from .checks import CHECKS
from .named import found, kind_of
from .run import SECONDS, report_on

if TYPE_CHECKING:
    import pytest

__all__ = ["OneCheck", "parametrize_checks"]


@dataclass(frozen=True)
class OneCheck:
    """One check of one activation, cost or plugin; calling it runs it."""

    subject: Chosen | Installed
    check: str
    expected_failures: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS

    def __call__(self) -> None:
        """Pass, skip, expect to fail or fail, as pytest's tests do."""
        import pytest

        expected = {name: why for name, why in self.expected_failures.items() if name == self.check}
        report = report_on(self.subject, [self.check], expected, self.seconds)
        (result,) = report.results
        if result.outcome == "skipped":
            pytest.skip(result.note)
        if result.outcome == "expected to fail":
            pytest.xfail(result.note)
        report.require()


def parametrize_checks(
    *what: Choice,
    expected_failures: Mapping[str, Mapping[str, str]] | None = None,
    seconds: float = SECONDS,
) -> pytest.MarkDecorator:
    """Run a test once for each check of each activation, cost and plugin.

    All that a plugin's test file needs::

        from cbp.testing import parametrize_checks

        @parametrize_checks("my-plugin")
        def test_conformance(check): check()

    Parameters
    ----------
    *what : str, Activation, Cost, or what `cbp.activation` and `cbp.cost` return
        A distribution's name means the plugin itself and all it provides.
    expected_failures : mapping of name to mapping of check to reason, optional
        Known failures: ``{"my_activation": {"kernel-chunking": "why"}}``.
    seconds : float
        How long each check of compiled code may take.

    Returns
    -------
    pytest.MarkDecorator
        The test function gets a ``check`` to call.

    Raises
    ------
    ValueError, PluginError
        Unknown name, or a plugin that does not load.
    """
    import pytest

    expected = dict(expected_failures or {})
    subjects = [subject for each in what for subject in _subjects(each)]
    names = {_called(subject) for subject in subjects}
    if unknown := sorted(set(expected) - names):
        raise ValueError(f"expected_failures names {', '.join(unknown)}; checked are {', '.join(sorted(names))}")
    cases = [
        pytest.param(OneCheck(subject, check.name, expected.get(name, {}), seconds), id=f"{name}-{check.name}")
        for subject in subjects
        for name in [_called(subject)]
        for check in CHECKS[kind_of(subject)]
    ]
    return pytest.mark.parametrize("check", cases)


def _subjects(choice: Choice) -> Iterator[Chosen | Installed]:
    if isinstance(choice, str):
        yield from found(choice)
    elif isinstance(choice, Chosen):
        yield choice
    else:
        yield choose("activation" if isinstance(choice, Activation) else "cost", choice)


def _called(subject: Chosen | Installed) -> str:
    return subject.label if isinstance(subject, Installed) else subject.name
