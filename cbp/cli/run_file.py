"""A run of ``cbp train`` as a TOML file: read with --config, written beside each model.

Its tables are the groups of options that ``cbp train --help`` shows, its keys the options. What is given on the
command line goes before what the file says. File names in it are seen from its folder.
"""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..data import names
from ..suggestions import did_you_mean
from .choices import Value

__all__ = ["NOTED", "keys", "noted", "settled"]

NOTED = "noted"  # the table of what a run left behind, which asks for nothing
NO_KEYS = ("help", "config")
CHANGE_NOTHING = ("resume", "quiet", "threads")  # of what is learned
DATA = ("source", "validation")  # may name a built-in set


def keys(parser: argparse.ArgumentParser) -> dict[str, dict[str, argparse.Action]]:
    """The tables with the options that their keys stand for."""
    groups = {group.title or "": group._group_actions for group in parser._action_groups}
    tables = {title: {_key(action): action for action in actions} for title, actions in groups.items()}
    return {title: found for title, actions in tables.items() if (found := _without(actions))}


def _key(action: argparse.Action) -> str:
    return action.dest.replace("_", "-")


def _without(actions: dict[str, argparse.Action]) -> dict[str, argparse.Action]:
    return {key: action for key, action in actions.items() if key not in NO_KEYS}


def settled(options: argparse.Namespace) -> argparse.Namespace:
    """The options of a command line, with those of its --config between them and the defaults.

    It has one more, ``changed``: whether the command line asks for anything that changes the run of the file.

    Raises
    ------
    ValueError, OSError
        As `read`, or there is no data.
    """
    asked = _asked(options.parser, options.words)
    of_file = read(Path(options.config), options.parser) if options.config else {}
    found = argparse.Namespace(**vars(options) | of_file | asked)
    found.changed = bool(asked.keys() - {"config", *CHANGE_NOTHING})
    if not hasattr(found, "source"):
        raise ValueError("expected DATA to train on, or a --config that names it as source in [data]")
    return found


def _asked(parser: argparse.ArgumentParser, words: list[str]) -> dict[str, Any]:
    """The options among the words of a command line, without defaults."""
    names = [action.dest for action in parser._actions]
    found = vars(parser.parse_args(words, argparse.Namespace(**dict.fromkeys(names))))
    return {name: found[name] for name in names if found[name] is not None}


def read(path: Path, parser: argparse.ArgumentParser) -> dict[str, Any]:
    """The options that a file gives, under the names that `parser` gives them.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is not TOML, has a table or a key that does not exist, or a value that the key does not take.
    """
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except ValueError as error:
        raise ValueError(f"{path}: expected TOML, got none: {error}") from None
    try:
        return dict(_options(content, keys(parser), path.parent))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def noted(path: Path) -> dict[str, Any]:
    """What the run behind a file that `read` has read left behind; empty for one written by hand."""
    found = tomllib.loads(path.read_text(encoding="utf-8")).get(NOTED)
    return found if isinstance(found, dict) else {}


def _options(
    content: dict[str, Any], tables: dict[str, dict[str, argparse.Action]], folder: Path
) -> Iterator[tuple[str, Any]]:
    where = {key: title for title, actions in tables.items() for key in actions}
    for title, entries in content.items():
        if title == NOTED:
            continue
        if title not in tables or not isinstance(entries, dict):
            raise ValueError(_no_table(title, tables, where))
        for key, value in entries.items():
            action = tables[title].get(key.replace("_", "-"))
            if action is None:
                raise ValueError(_no_key(title, key, tables, where))
            try:
                yield action.dest, _value(action, value, folder)
            except ValueError as error:
                raise ValueError(f"[{title}] {key}: {error}") from None


def _no_table(title: str, tables: dict[str, Any], where: dict[str, str]) -> str:
    if (key := title.replace("_", "-")) in where:
        return f"{title!r} belongs in the table [{where[key]}]"
    near = did_you_mean(title, tables, f"there are {', '.join(tables)}")
    return f"there is no table [{title}]: {near}"


def _no_key(title: str, key: str, tables: dict[str, Any], where: dict[str, str]) -> str:
    if (name := key.replace("_", "-")) in where:
        return f"{key!r} belongs in the table [{where[name]}], not in [{title}]"
    near = did_you_mean(name, where, f"it has {', '.join(tables[title])}")
    return f"[{title}] has no key {key!r}: {near}"


def _value(action: argparse.Action, value: Any, folder: Path) -> Any:
    """What the command line would have made of it; ValueError if it is not of the option's kind."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ValueError(f"expected true or false, got {value!r}")
        return value
    if action.choices is not None:
        if value not in action.choices:
            raise ValueError(f"expected {' or '.join(map(repr, action.choices))}, got {value!r}")
        return value
    assert isinstance(action.type, Value)
    found = action.type.of_toml(value)
    if action.type.path and isinstance(found, str) and not (action.dest in DATA and found in names()):
        found = _from_folder(found, folder)
    return [found] if isinstance(action, argparse._AppendAction) else found


def _from_folder(name: str, folder: Path) -> str:
    """A file's name as seen from `folder`, as it is from here."""
    if folder == Path():
        return name
    whole = os.path.normpath(folder / name)
    return whole if Path(whole).is_absolute() else os.path.relpath(whole)
