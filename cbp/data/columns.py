"""Which columns of a table are features and which are targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cbp.data.errors import DataError, did_you_mean, listed

__all__ = ["NO_TARGET", "Choice", "Column", "choose", "default_names"]

Column: TypeAlias = str | int
NO_TARGET: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Choice:
    """Places of the chosen columns, from 0."""

    features: list[int]
    targets: list[int]


def default_names(count: int) -> tuple[str, ...]:
    """x1, x2, …: the names of columns that have none."""
    return tuple(f"x{number}" for number in range(1, count + 1))


def choose(
    names: Sequence[str],
    target: Column | Sequence[Column] | None,
    features: Sequence[Column] | None,
    what: str,
) -> Choice:
    """Find the columns asked for.

    Parameters
    ----------
    names : sequence of str
        Names of all columns. An empty first name marks a column that only numbers the rows, as
        pandas writes it; it is never a feature unless asked for.
    target : str, int, sequence of them, or None
        The target's name or index (from 0, negative from the end), several for several outputs;
        `NO_TARGET` for a table without one. None is the last column.
    features : sequence of str or int, or None
        The features' names or indices; None is every column that is no target. Names are taken as
        places where one side has none, neither the table nor (x1, x2, …) the names asked for.
    what : str
        What the table is, for error messages.
    """
    targets = _places(names, -1 if target is None else target, what)
    numbering = [0] if names and names[0] == "" else []
    others = [j for j in range(len(names)) if j not in targets + numbering]
    if features is None:
        chosen = others
    elif _nameless(names, features):
        chosen = _counted(others, len(features), what)
    else:
        chosen = _places(names, features, what)
    if not chosen:
        raise DataError(
            f"{what}: expected features beside the target, got {len(names)} column"
            f"{'s' if len(names) != 1 else ''} in all; columns are separated by , ; or tab"
        )
    if both := set(chosen) & set(targets):
        raise DataError(f"{what}: column {names[min(both)]!r} is both a feature and a target")
    return Choice(chosen, targets)


def _nameless(names: Sequence[str], features: Sequence[Column]) -> bool:
    asked = tuple(features)
    words = bool(asked) and all(isinstance(column, str) for column in asked)
    nothing_fits = not set(asked) <= set(names)
    return words and nothing_fits and (tuple(names) == default_names(len(names)) or asked == default_names(len(asked)))


def _counted(others: list[int], count: int, what: str) -> list[int]:
    if len(others) != count:
        raise DataError(
            f"{what}: expected {count} feature columns, got {len(others)}; say which column is the "
            "target (target=), or which are the features (features=)"
        )
    return others


def _places(names: Sequence[str], columns: Column | Sequence[Column], what: str) -> list[int]:
    several = [columns] if isinstance(columns, (str, int)) else list(columns)
    return list(dict.fromkeys(_place(names, column, what) for column in several))


def _place(names: Sequence[str], column: Column, what: str) -> int:
    if column in names:
        return list(names).index(str(column))
    try:
        place = int(column)
    except ValueError:
        raise DataError(
            f"{what}: there is no column {column!r}{did_you_mean(str(column), names)}; the columns are {listed(names)}"
        ) from None
    if not -len(names) <= place < len(names):
        raise DataError(f"{what}: there is no column {place}, only 0 to {len(names) - 1}")
    return place % len(names)
