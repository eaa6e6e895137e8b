"""Whether cbp's promises are kept: `cbp plugins check cbp-tweedie` runs the same checks."""

from __future__ import annotations

from collections.abc import Callable

from cbp.testing import parametrize_checks


@parametrize_checks("cbp-tweedie")
def test_conformance(check: Callable[[], None]) -> None:
    check()
