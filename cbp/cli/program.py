"""The program ``cbp``: which commands there are, and how one of them is run.

A command is a module of this package with a SUMMARY, EXAMPLES, ``add_arguments(parser)`` and
``run(options)``, and its name in COMMANDS. It prints its result on stdout and everything else on stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from .._version import __version__
from ..suggestions import did_you_mean
from .failures import WRONG, status_of

__all__ = ["main"]

COMMANDS = (
    "train",
    "predict",
    "evaluate",
    "inspect",
    "plot",
    "plugins",
    "bench",
)

ABOUT = "Train and use fully connected neural networks."
EXAMPLES = """\
  cbp train digits                       train on handwritten digits that come with cbp
  cbp train houses.csv --target price    train on a table of your own
  cbp predict houses.safetensors new.csv
  cbp COMMAND --help
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cbp`` with the arguments `argv`, by default those of the process.

    Returns
    -------
    int
        The exit status: 0; 1 if it failed at work; 2 for wrong arguments or data; 130 if interrupted; 141 if
        whoever read its output has gone.
    """
    return status_of("cbp", lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> int:
    parser = _parser()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        options, unknown = parser.parse_known_args(words)
        if unknown:
            options.parser.refuse(unknown)
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    if options.command is None:
        parser.print_help()
        return WRONG
    options.words = words[1:]
    return status_of(f"cbp {options.command}", lambda: options.run(options))


class _Parser(argparse.ArgumentParser):
    """Keeps the lines of its examples, takes no abbreviated options, and complains in one line."""

    def __init__(self, *, examples: str = "", **fields: Any) -> None:
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=f"examples:\n{examples}" if examples else None,
            allow_abbrev=False,
            **fields,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: error: {message} (see {self.prog} --help)\n")

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Complain of arguments that the command does not take, and name the option that may have been meant."""
        first = unknown[0].partition("=")[0]
        near = did_you_mean(first, self._option_string_actions, "") if first.startswith("-") else ""
        self.error(f"unrecognized arguments: {' '.join(unknown)}{near and '; '}{near}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cbp", description=ABOUT, examples=EXAMPLES)
    parser.set_defaults(parser=parser)
    parser.add_argument("--version", action="version", version=f"cbp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        command = import_module(f"{__package__}.{name}")
        about = f"{command.SUMMARY[0].upper()}{command.SUMMARY[1:]}."
        each = commands.add_parser(name, help=command.SUMMARY, description=about, examples=command.EXAMPLES)
        command.add_arguments(each)
        each.set_defaults(run=command.run, parser=each)
    return parser
