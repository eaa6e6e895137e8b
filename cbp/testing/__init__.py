"""The conformance kit: what an activation or cost promises, checked.

In three lines of a plugin's test file::

    from cbp.testing import parametrize_checks

    @parametrize_checks("my-plugin")
    def test_conformance(check): check()

or ``cbp plugins check NAME`` on the command line. ``docs/plugins.md`` lists the checks.
"""

from .checks import CHECKS
from .pytest_checks import parametrize_checks
from .report import ConformanceError, Finding, Report, Result
from .run import check_activation, check_cost

__all__ = [
    "CHECKS",
    "ConformanceError",
    "Finding",
    "Report",
    "Result",
    "check_activation",
    "check_cost",
    "parametrize_checks",
]
