"""The file that is written beside each model of ``cbp train``, with which the run can be repeated."""

from __future__ import annotations

import argparse
import errno
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from .._version import __version__
from ..core.isa import isa
from ..data import Dataset, InFile, names
from ..files.writing import write_atomically
from ..network import Network
from ..registry.entries import CBP, LOCAL, Entry
from ..scores import Score
from ..training.history import History
from .choices import Value
from .paths import writable
from .run_file import NOTED, keys, noted

__all__ = ["Record"]

MARK = "# Written by cbp train"
NOT_KEPT = ("find-lr", "resume", "quiet")
INSTALL = 'pip install "cbp[cli]"'


class Record:
    """Where the record of a run will be; made before the run, so that nothing stands in the way when it is written.

    Parameters
    ----------
    out : Path
        The model file.
    options : Namespace

    Raises
    ------
    OSError
        The file cannot be written, or somebody else's is there.
    """

    def __init__(self, out: Path, options: argparse.Namespace) -> None:
        plain = out.with_suffix("") if out.suffix == ".safetensors" else out
        self.path = Path(f"{plain}.toml")
        self._options = options
        self.config = Path(options.config) if options.config else None
        self._kept = self._is_config() and not _written_by_train(self.path)
        if self._kept and options.changed:
            raise _refusal("is the --config of this run, with other options than these; name another --out", self.path)
        if not self._kept and self.path.exists() and not _written_by_train(self.path):
            raise _refusal("is there, and not as cbp train writes it; name another --out", self.path)
        if not self._kept:
            writable(self.path)

    def compare(self, data: Dataset, entries: Iterable[Entry]) -> None:
        """Say on stderr what is no longer as it was when the --config was written down.

        Parameters
        ----------
        data : Dataset
        entries : iterable of Entry
            What the run takes from the registry.
        """
        if self.config is None or self._options.changed:
            return
        then, now = noted(self.config), _versions() | _of_data(data) | _of_plugins(entries)
        for name in now:
            if name in then and then[name] != now[name]:
                print(f"{self.config}: {name} was {then[name]} and is {now[name]}", file=sys.stderr)

    def write(
        self,
        resolved: dict[str, Any],
        data: Dataset,
        entries: Iterable[Entry],
        net: Network,
        score: Score | None,
        history: History | None,
    ) -> None:
        """Write the options, `resolved` in the place of those that left it to cbp, and what came of them.

        Where the package for it is missing, say so on stderr.
        """
        if self._kept:
            return
        try:
            import tomli_w
        except ImportError:
            print(f"{self.path} is not written: it needs the package tomli-w ({INSTALL})", file=sys.stderr)
            return
        values = vars(self._options) | resolved
        tables = {title: self._table(values, actions) for title, actions in keys(self._options.parser).items()}
        content = {title: table for title, table in tables.items() if table}
        content[NOTED] = _versions() | _of_data(data) | _outcome(net, score, history) | _of_plugins(entries)
        head = f"{MARK}; to repeat the run: cbp train --config {self.path.name}\n\n"
        write_atomically(self.path, (head + tomli_w.dumps(content)).encode(), "the record of the run")

    def _is_config(self) -> bool:
        return self.config is not None and self.path.exists() and self.path.samefile(self.config)

    def _table(self, values: Mapping[str, Any], actions: Mapping[str, argparse.Action]) -> dict[str, Any]:
        there = {key: values.get(action.dest) for key, action in actions.items() if key not in NOT_KEPT}
        return {key: self._as_toml(value, actions[key]) for key, value in there.items() if value is not None}

    def _as_toml(self, value: Any, action: argparse.Action) -> Any:
        if isinstance(action, argparse._AppendAction):
            return [*chain.from_iterable(value)]
        if isinstance(value, dict):
            return ",".join(f"{key}={each}" for key, each in value.items())
        path = isinstance(action.type, Value) and action.type.path and isinstance(value, str)
        return self._seen_from_here(value) if path and value not in names() else value

    def _seen_from_here(self, name: str) -> str:
        """A file's name as it is from the folder of the record."""
        folder = self.path.parent
        return name if folder == Path() or Path(name).is_absolute() else os.path.relpath(name, folder)


def _written_by_train(path: Path) -> bool:
    """Whether it is as `Record.write` leaves it, without a comment of anybody's."""
    if not path.is_file():
        return False
    first, _, rest = path.read_bytes().partition(b"\n")
    return first.startswith(MARK.encode()) and b"#" not in re.sub(rb'"(\\.|[^"\\])*"', b"", rest)


def _refusal(words: str, path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, words, str(path))


def _versions() -> dict[str, str]:
    """What the bits of a training may depend on beside its options."""
    python = platform.python_version()
    return {"cbp": __version__, "numpy": np.__version__, "python": python, "instruction-set": isa}


def _of_data(data: Dataset) -> dict[str, Any]:
    """What tells whether data is the same."""
    parts = [data, data.test] if data.test else [data]
    checksum = 0
    for array in chain.from_iterable(chain(_blocks(part.X), [part.targets]) for part in parts):
        checksum = crc32(np.ascontiguousarray(array), checksum)
    return {"samples": len(data), "checksum": f"{checksum:08x}"}


def _blocks(X: np.ndarray) -> Iterator[np.ndarray]:
    """All of the samples, from a file in parts."""
    return map(X.__getitem__, X.blocks()) if isinstance(X, InFile) else iter([X])


def _outcome(net: Network, score: Score | None, history: History | None) -> dict[str, Any]:
    found = {
        "parameters": net.n_parameters,
        "epochs": net.epochs_trained,
        "ended": history.stopped if history else "interrupted",
        "score": score and {name: value for name, value in score.summary.items() if value is not None},
    }
    return {name: value for name, value in found.items() if value}


def _of_plugins(entries: Iterable[Entry]) -> dict[str, Any]:
    """The versions of the plugins among these."""
    found = {entry.plugin: entry.version for entry in entries if entry.distribution not in (CBP, LOCAL)}
    return {"plugins": found} if found else {}
