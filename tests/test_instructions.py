"""Claims about `benchmarks/instructions/`: how counts are read, and which differences are none."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import cbp.core
from cbp.core.isa import isa

ROOT = Path(__file__).resolve().parents[1]
CORE = Path("/site/cbp/core")

DUMP = """\
version: 1
creator: callgrind-3.19.0
desc: Trigger: Client Request: digits, adam
positions: line
events: Ir

ob=(1) /site/cbp/core/v3/tiles.so
fl=(1) ???
fn=(1) 0x0000000000001000
0 100
+1 20
cob=(2) /usr/lib/libc.so.6
cfn=(2) memcpy
calls=3 0
0 5000
* 7

ob=(2)
fn=(2)
0 5000

ob=(3) /site/cbp/core/epoch.so
fn=(3) 0x2000
cob=(1)
cfn=(1)
calls=1 0
0 127
-1 1000
totals: 6127
"""


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)


def test_a_dump_counts_what_the_cores_own_objects_did_and_nothing_twice(tmp_path: Path) -> None:
    from benchmarks.instructions.callgrind import read

    (tmp_path / "dump.1").write_text(DUMP)
    assert read(tmp_path / "dump.1", CORE) == ("digits, adam", 100 + 20 + 7 + 1000)
    assert read(tmp_path / "dump.1", CORE / "v3") == ("digits, adam", 127)


@pytest.mark.parametrize(
    ("compiler", "n", "wrong"),
    [
        ("gcc 12.2", 1029, False),
        ("gcc 12.2", 971, False),
        ("gcc 12.2", 1031, True),
        ("gcc 12.2", 969, True),  # a gain is recorded too: or the next loss would hide behind it
        ("gcc 14.1", 1249, False),
        ("gcc 14.1", 1251, True),
    ],
)
def test_a_count_may_differ_by_3_percent_and_with_another_compiler_by_25(compiler: str, n: float, wrong: bool) -> None:
    from benchmarks.instructions.record import Record, compared

    lines, found = compared({"iris": n, "wide": 5.0}, Record({"gcc 12.2": {"iris": 1000.0, "wide": 5.0}}), compiler)
    assert found is wrong
    assert [line.startswith("iris") and line.endswith("<--") for line in lines].count(True) == wrong
    assert ("--record" in lines[-1]) is wrong


def test_a_case_that_is_not_on_record_is_not_let_through() -> None:
    from benchmarks.instructions.record import Record, compared

    assert compared({"new": 10.0}, Record({"gcc 12.2": {"iris": 1000.0}}), "gcc 12.2")[1]
    assert compared({"iris": 10.0}, Record({}), "gcc 12.2")[1]


def test_a_case_that_is_on_record_and_was_not_counted_is_missed() -> None:
    from benchmarks.instructions.record import Record, compared

    assert compared({"iris": 10.0}, Record({"gcc 12.2": {"iris": 10.0, "wide": 5.0}}), "gcc 12.2")[1]


def test_recording_replaces_one_compilers_counts(tmp_path: Path) -> None:
    from benchmarks.instructions.record import Record

    record = Record({"gcc 12.2": {"iris": 1.0, "old": 2.0}, "gcc 14.1": {"iris": 3.0}})
    record.with_counts("gcc 12.2", {"iris": 4.04}).write(tmp_path / "recorded.json")
    assert Record.read(tmp_path / "recorded.json").counts == {"gcc 12.2": {"iris": 4.0}, "gcc 14.1": {"iris": 3.0}}


def test_every_case_is_on_record() -> None:
    from benchmarks.instructions.__main__ import FILE
    from benchmarks.instructions.cases import CASES
    from benchmarks.instructions.record import Record

    counts = Record.read(FILE).counts
    assert counts
    assert all(set(of_one) == {case.name for case in CASES} for of_one in counts.values())


@pytest.mark.skipif(sys.platform != "linux", reason="only ELF files are signed by their compiler")
def test_the_compiler_is_read_from_what_it_made(tmp_path: Path) -> None:
    from benchmarks.instructions.record import compiler_of

    folder = Path(cbp.core.__file__).parent / isa
    assert re.fullmatch(r"(gcc|clang) \d+\.\d+( and (gcc|clang) \d+\.\d+)*", compiler_of(folder))
    (tmp_path / "tiles.cpython-311.so").write_bytes(b"\0GCC: (Ubuntu 13.2.0-23ubuntu4) 13.2.0\0.shstrtab\0")
    assert compiler_of(tmp_path) == "gcc 13.2"
    assert compiler_of(tmp_path / "empty") == "an unknown compiler"
