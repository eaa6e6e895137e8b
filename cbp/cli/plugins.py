"""``cbp plugins``: what there is, built in and installed, and whether it keeps its promises.

An action is a module of this package with a SUMMARY, EXAMPLES, ``add_arguments(parser)`` and ``run(options)``.
"""

from __future__ import annotations

import argparse

from . import plugin_check, plugin_list, plugin_new, plugin_speed, plugin_why

SUMMARY = (
    "list activations, costs, optimisers and initialisers, built in and from plugins; check, time and write plugins"
)
EXAMPLES = f"{plugin_list.EXAMPLES}{plugin_check.EXAMPLES}{plugin_speed.EXAMPLES}{plugin_new.EXAMPLES}"

ACTIONS = {"list": plugin_list, "why": plugin_why, "check": plugin_check, "speed": plugin_speed, "new": plugin_new}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp plugins``; without an action it lists."""
    parser.usage = "%(prog)s [-h] [--json] [--load] [--why NAME] [ACTION ...]"
    parser.set_defaults(act=plugin_list.run)
    _add_json(parser)
    plugin_list.add_arguments(parser)
    actions = parser.add_subparsers(prog=parser.prog, metavar="ACTION", title="actions")
    for name, action in ACTIONS.items():
        about = f"{action.SUMMARY[0].upper()}{action.SUMMARY[1:]}."
        each = actions.add_parser(
            name,
            help=action.SUMMARY,
            description=about,
            examples=action.EXAMPLES,
            argument_default=argparse.SUPPRESS,  # what was given before the action counts
        )
        _add_json(each)
        action.add_arguments(each)
        each.set_defaults(act=action.run)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON (default: text)")


def run(options: argparse.Namespace) -> int | None:
    """Do what the action says."""
    status: int | None = options.act(options)
    return status
