"""The kernel ABI only grows: what was released stays where it was, and means what it meant."""

from __future__ import annotations

import ctypes
import hashlib
import re
from pathlib import Path

import pytest
from abi_headers import HEAD, RELEASED, altered, constants, declared, measured
from compiling import said_of

from cbp import abi

GROWING = {"sizeof(cbp_activation)", "sizeof(cbp_cost)", "CBP_ABI_MINOR"}

every_release = pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name)


def test_the_first_release_is_kept() -> None:
    assert RELEASED[0].name == "1.0"
    names = declared(RELEASED[0])
    assert {name: len(fields) for name, fields in names.structs.items()} == {
        "cbp_head": 11, "cbp_activation": 5, "cbp_cost": 9,
    }  # fmt: skip
    assert (len(names.functions), len(names.constants)) == (12, 14)


@every_release
def test_a_released_header_is_never_edited(released: Path) -> None:
    lines = (released / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in map(str.split, lines)}
    assert sums == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in released.iterdir() if file.name in sums
    }
    assert {"cbp_kernel.h", "cbp_math.h", "cbp_elementwise.h", "cbp_kernel.pxd"} <= sums.keys()


@every_release
def test_fields_are_only_appended(released: Path) -> None:
    then, now = declared(released), declared(HEAD)
    for struct, fields in then.structs.items():
        assert now.structs[struct][: len(fields)] == fields
    assert now.structs["cbp_head"] == then.structs["cbp_head"]  # the functions come behind it
    assert now.functions == now.functions | then.functions
    assert constants(HEAD) >= constants(released)


@every_release
def test_offsets_sizes_and_values_are_what_they_were(released: Path, tmp_path: Path) -> None:
    names = declared(released)
    then, now = (measured(include, names, tmp_path) for include in (released, HEAD))
    assert then["offsetof(cbp_cost, fused_grad_f64)"] == "112"
    assert then["CBP_CAPSULE"] == "cbp.kernel.v1"
    assert {name: now[name] for name in then.keys() - GROWING} == {name: then[name] for name in then.keys() - GROWING}
    assert [name for name in GROWING if int(now[name]) < int(then[name])] == []


def test_what_is_added_to_the_last_release_has_a_minor_of_its_own(tmp_path: Path) -> None:
    then, now = declared(RELEASED[-1]), declared(HEAD)
    minors = [int(measured(include, then, tmp_path)["CBP_ABI_MINOR"]) for include in (RELEASED[-1], HEAD)]
    assert minors[0] == int(RELEASED[-1].name.partition(".")[2])
    assert (then == now) == (minors[0] == minors[1])


@every_release
@pytest.mark.parametrize("struct", ["cbp_head", "cbp_activation", "cbp_cost"])
def test_a_compiler_refuses_a_header_with_another_layout(released: Path, struct: str, tmp_path: Path) -> None:
    """A field more in front of the last: the header's own assertions see it."""
    source = tmp_path / "empty.c"
    source.write_text('#include "cbp_kernel.h"\n')
    for include in (released, HEAD):
        (folder := tmp_path / include.name).mkdir()
        assert said_of(source, "-fsyntax-only", include=include) == ""
        last = declared(released).structs[struct][-1]
        wider = altered(include, folder, {f"    {last};": f"    void *inserted;\n    {last};"})
        field = last.split()[-1].lstrip("*")
        assert re.search(rf"{struct}\.{field} is frozen at \d+", said_of(source, "-fsyntax-only", include=wider))


CTYPES = {"cbp_head": abi.Head, "cbp_activation": abi.ActivationKernel, "cbp_cost": abi.CostKernel}


def test_python_and_cython_see_the_structs_of_the_header(tmp_path: Path) -> None:
    names = declared(HEAD)
    said = measured(HEAD, names, tmp_path)
    pxd = (HEAD / "cbp_kernel.pxd").read_text(encoding="utf-8")
    for struct, fields in names.structs.items():
        bare = [field.split()[-1].lstrip("*") for field in fields]
        assert [name for name, *_ in CTYPES[struct]._fields_] == bare
        assert [getattr(CTYPES[struct], name).offset for name in bare] == [
            int(said[f"offsetof({struct}, {name})"]) for name in bare
        ]
        assert ctypes.sizeof(CTYPES[struct]) == int(said[f"sizeof({struct})"])
        (body,) = re.findall(rf"ctypedef struct {struct}:\n((?:        .*\n)+)", pxd)
        assert [line.split()[-1].lstrip("*") for line in body.splitlines()] == bare
    assert [name for name in names.constants if not re.search(rf"\b{name}\b", pxd)] == []


def test_python_knows_the_values_of_the_header(tmp_path: Path) -> None:
    said = measured(HEAD, declared(HEAD), tmp_path)
    for name, value in {
        "MAGIC": abi.MAGIC, "ABI_MAJOR": abi.MAJOR, "ABI_MINOR": abi.MINOR, "ACTIVATION": abi.ACTIVATION,
        "COST": abi.COST, "BWD_READS_Z": abi.READS_Z, "BWD_READS_A": abi.READS_A, "IN_PLACE": abi.IN_PLACE,
        "ROWWISE": abi.ROWWISE, "CHUNK_INVARIANT": abi.CHUNK_INVARIANT,
    }.items():  # fmt: skip
        assert int(said[f"CBP_{name}"]) == value
    assert said["CBP_CAPSULE"].encode() == abi.CAPSULE
