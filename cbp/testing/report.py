"""What a check says, and the report of all of them.

A check that finds something wrong raises `Failure`: what was expected, what came, where, and what the author
should do. A check that does not apply raises `Skip` with the reason. Nothing else ends a check early.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal, TypeAlias

__all__ = ["ConformanceError", "Failure", "Finding", "Outcome", "Report", "Result", "Skip"]

Outcome: TypeAlias = Literal["passed", "failed", "expected to fail", "skipped"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "expected to fail", "skipped")
WIDTH = 100


@dataclass(frozen=True)
class Finding:
    """Something wrong with a plugin.

    Attributes
    ----------
    expected, got : str
        What should have come, and what came.
    where : str
        Function, dtype, arguments.
    remedy : str
        What the author should do.
    """

    expected: str
    got: str
    where: str
    remedy: str

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if not text:
                raise ValueError(f"a finding needs to say {name!r}")

    def __str__(self) -> str:
        parts = {"expected": self.expected, "got": self.got, "where": self.where, "to do": self.remedy}
        return "\n".join(_folded(f"{name:10}", text) for name, text in parts.items())


def _folded(start: str, text: str) -> str:
    indent = " " * len(start)
    return "\n".join(
        textwrap.fill(line, WIDTH, initial_indent=start if i == 0 else indent, subsequent_indent=indent)
        for i, line in enumerate(text.splitlines())
    )


class Failure(AssertionError):
    """Raised by a check; see `Finding`."""

    def __init__(self, expected: str, got: str, where: str, remedy: str) -> None:
        self.finding = Finding(expected, got, where, remedy)
        super().__init__(f"\n{self.finding}")


class Skip(Exception):
    """Raised by a check that does not apply, with the reason."""


@dataclass(frozen=True)
class Result:
    """How one check ended.

    Attributes
    ----------
    check : str
    outcome : ``"passed"``, ``"failed"``, ``"expected to fail"`` or ``"skipped"``
    note : str
        What a passed check counted or measured; why another was skipped or expected to fail.
    finding : Finding or None
        What is wrong.
    """

    check: str
    outcome: Outcome
    note: str = ""
    finding: Finding | None = None

    def __post_init__(self) -> None:
        if self.outcome in ("skipped", "expected to fail") and not self.note:
            raise ValueError(f"check {self.check!r} cannot be {self.outcome} without a reason")
        if (self.outcome in ("failed", "expected to fail")) != (self.finding is not None):
            raise ValueError(f"check {self.check!r}: a finding belongs to a failure, and to nothing else")

    def __str__(self) -> str:
        line = f"{self.outcome:8}  {self.check}" + (f": {self.note}" if self.note else "")
        return f"{line}\n{textwrap.indent(str(self.finding), ' ' * 10)}" if self.finding else line


@dataclass(frozen=True)
class Report:
    """Every check of one activation, cost or plugin.

    Attributes
    ----------
    subject : str
        Its full name.
    kind : ``"activation"``, ``"cost"`` or ``"plugin"``
    results : tuple of Result
        One for each check of the kind (or of those chosen), in the order of ``cbp.testing.CHECKS[kind]``.
    """

    subject: str
    kind: str
    results: tuple[Result, ...]

    @property
    def failures(self) -> tuple[Result, ...]:
        """The results of the checks that failed."""
        return tuple(result for result in self.results if result.outcome == "failed")

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.failures

    @property
    def counts(self) -> dict[str, int]:
        """How many checks there were (``"checks"``), and how many ended with each outcome."""
        ended = Counter(result.outcome for result in self.results)
        return {"checks": len(self.results)} | {outcome: ended[outcome] for outcome in OUTCOMES}

    def __getitem__(self, check: str) -> Result:
        """The result of the check of that name."""
        return next(result for result in self.results if result.check == check)

    @property
    def total(self) -> str:
        """``activation cbp:tanh: 37 checks: 34 passed, 3 skipped``."""
        counts = self.counts
        ended = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
        checks = "1 check" if counts["checks"] == 1 else f"{counts['checks']} checks"
        return f"{self.kind} {self.subject}: {checks}: {ended or 'none'}"

    @property
    def brief(self) -> str:
        """The total and what failed."""
        return "\n".join([self.total, *(textwrap.indent(str(result), "  ") for result in self.failures)])

    def __str__(self) -> str:
        return "\n".join([self.total, *(textwrap.indent(line, "  ") for line in self._lines())])

    def _lines(self) -> Iterator[str]:
        """One for each result; those skipped for one reason, one after the other, share theirs."""
        for (_, reason), group in groupby(self.results, lambda result: (result.outcome == "skipped", result.note)):
            results = list(group)
            if results[0].outcome == "skipped" and len(results) > 2:
                names = f"{results[0].check} … {results[-1].check}"
                yield f"{'skipped':8}  {names} ({len(results)} checks): {reason}"
            else:
                yield from map(str, results)

    def as_json(self) -> dict[str, Any]:
        """What `str` shows, for programs."""
        return {
            "subject": self.subject,
            "kind": self.kind,
            "ok": self.ok,
            "counts": self.counts,
            "results": [asdict(result) for result in self.results],
        }

    def require(self) -> None:
        """Raise unless `ok`.

        Raises
        ------
        ConformanceError
        """
        if not self.ok:
            raise ConformanceError(self)


class ConformanceError(AssertionError):
    """A plugin failed a check; `report` has all of them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(report.brief)
