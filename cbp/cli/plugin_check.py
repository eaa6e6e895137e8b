"""``cbp plugins check``: whether a plugin keeps its promises."""

from __future__ import annotations

import argparse
import json

from ..registry.chosen import Chosen
from ..registry.discovery import Installed
from ..suggestions import did_you_mean
from .failures import FAILED
from .tables import printable

SUMMARY = "check an activation, a cost, or all that a distribution provides"
EXAMPLES = """\
  cbp plugins check relu
  cbp plugins check my-plugin            all that it provides
  cbp plugins check snake -k kernel      the checks with "kernel" in their names
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins check``."""
    parser.add_argument("name", metavar="NAME", help="snake, cbp-snake:snake, or a distribution such as cbp-snake")
    parser.add_argument(
        "-k",
        metavar="CHECK",
        dest="checks",
        action="append",
        default=None,
        help="only checks with this in their names; repeatable",
    )
    parser.add_argument("-q", "--quiet", action="store_true", default=False, help="print failures and totals only")


def run(options: argparse.Namespace) -> int:
    """Print the reports; the status is 1 if a check failed."""
    from ..testing.named import found
    from ..testing.run import report_on

    reports = [report_on(subject, _selected(subject, options.checks)) for subject in found(options.name)]
    reports = [report for report in reports if report.results]  # others have no check of these names
    if not reports:
        raise ValueError(f"{options.name}: none of its checks has {' or '.join(options.checks)} in its name")
    if options.json:
        ok = all(report.ok for report in reports)
        print(json.dumps({"ok": ok, "reports": [report.as_json() for report in reports]}, indent=1))
    else:
        for report in reports:
            text = report.brief if options.quiet else str(report)
            print("\n".join(map(printable, text.splitlines())))
    return 0 if all(report.ok for report in reports) else FAILED


def _selected(subject: Chosen | Installed, words: list[str] | None) -> list[str] | None:
    """The names of the checks of its kind that have one of the words in them.

    Raises
    ------
    ValueError
        A word fits none.
    """
    from ..testing import CHECKS
    from ..testing.named import kind_of

    if words is None:
        return None
    everything = {check.name for checks in CHECKS.values() for check in checks}
    for word in words:
        if not any(word in name for name in everything):
            hint = did_you_mean(word, everything, f"there are {', '.join(sorted(everything))}")
            raise ValueError(f"no check has {word!r} in its name: {hint}")
    return [check.name for check in CHECKS[kind_of(subject)] if any(word in check.name for word in words)]
