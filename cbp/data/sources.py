"""Which reader a source needs: the one place that knows all formats."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from cbp.data.arrays import read_npy_table, read_npz
from cbp.data.bundled import SETS, read_bundled
from cbp.data.columns import NO_TARGET, Column, choose, default_names
from cbp.data.dataset import Task
from cbp.data.errors import DataError, DataNotFoundError, did_you_mean, listed
from cbp.data.files import suffix
from cbp.data.idx import read_image_folder
from cbp.data.in_file import InFile
from cbp.data.raw import Raw
from cbp.data.table import read_table

__all__ = ["Source", "Target", "read_source"]

Source: TypeAlias = str | os.PathLike[str]
Target: TypeAlias = Column | Sequence[Column] | None

TABLES = {".csv", ".tsv", ".txt", ".data"}


def read_source(
    source: Source,
    target: Target,
    features: Sequence[Column] | None,
    header: bool | None,
    task: Task | None,
    with_targets: bool = True,
    memory_map: bool = False,
) -> Raw:
    """Read ``source`` with the reader for its format; parameters as for `cbp.data.load`.

    ``with_targets=False`` reads samples only; ``target`` then names columns to leave out.
    """
    path = Path(source)
    if suffix(path) in TABLES:
        return read_table(path, target, features, header, task)
    if suffix(path) == ".npy":
        return read_npy_table(path, target, features, memory_map)
    if with_targets and target is not None:
        raise DataError(f"{source}: target= names a column of a table; here the targets are given")
    return _selected(_read_pair(source, path, with_targets, memory_map), features, str(source))


def _read_pair(source: Source, path: Path, with_targets: bool, memory_map: bool) -> Raw:
    """A source that keeps samples and targets apart."""
    if source in SETS:
        return read_bundled(str(source))
    if suffix(path) == ".npz":
        return read_npz(path, with_targets, memory_map)
    if path.is_file() and "images" not in path.name:
        raise DataError(
            f"{path}: expected a .csv, .tsv, .npy or .npz file or an IDX file of images "
            f"(…-images-idx3-ubyte), got {path.suffix or 'no ending'!r}"
        )
    try:
        return read_image_folder(path, with_targets)
    except DataNotFoundError:
        if path.exists():
            raise
        raise DataNotFoundError(
            f"{source}: expected a file, a folder or a built-in data set ({listed(SETS)}), "
            f"found nothing of this name{did_you_mean(str(source), SETS)}"
        ) from None


def _selected(raw: Raw, features: Sequence[Column] | None, what: str) -> Raw:
    """The same source with these columns only."""
    in_file = isinstance(raw.X, InFile)
    if features is None or not (in_file or (raw.X.ndim and raw.X.size)):
        return raw
    rows = raw.X if in_file else raw.X.reshape(len(raw.X), math.prod(raw.X.shape[1:]))
    known = raw.feature_names or default_names(rows.shape[1])
    places = choose(known, NO_TARGET, features, what).features
    if places == list(range(rows.shape[1])):
        return raw
    return replace(
        raw,
        X=rows.chosen(places) if isinstance(rows, InFile) else rows[:, places],
        feature_names=tuple(known[j] for j in places),
        test=None if raw.test is None else _selected(raw.test, features, what),
    )
