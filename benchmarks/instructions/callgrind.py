"""Counting under callgrind, and reading what it wrote."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ROOT
from benchmarks.instructions.cases import CASES
from benchmarks.pinning import environment

__all__ = ["count", "read"]

REQUESTS = Path(__file__).with_name("requests.c")


def count(isa: str, objects: Path) -> dict[str, float]:
    """Instructions of each case inside the shared objects below `objects`, by the case's name.

    Raises
    ------
    FileNotFoundError
        valgrind, or its header, is not installed.
    """
    if shutil.which("valgrind") is None:
        raise FileNotFoundError("expected valgrind, found none; install it, for instance with apt-get install valgrind")
    with tempfile.TemporaryDirectory() as folder:
        library, dump = Path(folder, "requests.so"), Path(folder, "dump")
        compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
        subprocess.run([*compiler, "-shared", "-fPIC", str(REQUESTS), "-o", str(library)], check=True)
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={dump}", "--quiet"]
        program = [sys.executable, "-m", "benchmarks.instructions.counted", str(library)]
        subprocess.run([*valgrind, *program], cwd=ROOT, env=environment(1) | {"CBP_ISA": isa}, check=True)
        counted = dict(read(file, objects) for file in sorted(Path(folder).glob("dump.*")))
    return {case.name: counted[case.name] / case.times for case in CASES}


def read(dump: Path, objects: Path) -> tuple[str, int]:
    """The name a dump was given, and the instructions in it of the objects below the folder `objects`."""
    lines = dump.read_text().splitlines()
    trigger = next(line for line in lines if line.startswith("desc: Trigger:"))
    costs = (cost for name, cost in _costs(lines) if Path(name).is_relative_to(objects))
    return trigger.rpartition("Client Request: ")[2], sum(costs)


def _costs(lines: list[str]) -> Iterator[tuple[str, int]]:
    """(shared object, instructions) of each line of costs, without those that a call inherits.

    The format: https://valgrind.org/docs/manual/cl-format.html. A name is written out once, after its number in
    parentheses; later the number stands for it.
    """
    names: dict[str, str] = {}
    current, inherited = "", False
    for line in lines:
        key, equals, value = line.partition("=")
        if key in ("ob", "cob") and equals:
            number, _, name = value.partition(" ")
            names.setdefault(number, name)
            current = names[number] if key == "ob" else current
        elif key == "calls" and equals:
            inherited = True
        elif line[:1] in "+-*0123456789" and line:
            if not inherited:
                yield current, int(line.split()[1])
            inherited = False
