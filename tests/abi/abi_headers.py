"""What a ``cbp_kernel.h`` declares: read from its text, and asked of the compiler."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from compiling import said_of

import cbp

__all__ = ["HEAD", "RELEASED", "Declared", "altered", "constants", "declared", "measured"]

HEAD = Path(cbp.get_include())
RELEASED = sorted(path for path in Path(__file__).parent.iterdir() if re.fullmatch(r"\d+\.\d+", path.name))

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\} \1;", re.DOTALL)
FUNCTION = re.compile(r"typedef int \(\*(\w+)\)\((.*?)\);", re.DOTALL)
CONSTANT = re.compile(r'^#define (CBP_\w+) ((?:0x)?[0-9a-f]+u?|"[^"]*"|\(offsetof.*\)) *$', re.MULTILINE)


@dataclass(frozen=True)
class Declared:
    """The structs' fields, the functions' arguments, and the names of the constants."""

    structs: dict[str, list[str]]
    functions: dict[str, str]
    constants: set[str]


def declared(include: Path) -> Declared:
    """What the text says."""
    text = COMMENT.sub("", (include / "cbp_kernel.h").read_text(encoding="utf-8"))
    return Declared(
        {name: [" ".join(field.split()) for field in body.split(";")[:-1]] for name, body in STRUCT.findall(text)},
        {name: " ".join(arguments.split()) for name, arguments in FUNCTION.findall(text)},
        {name for name, _ in CONSTANT.findall(text)} - {"CBP_ISA"},  # which is of the compiler's flags
    )


def constants(include: Path) -> set[str]:
    """The names that the text defines, whatever as."""
    return set(re.findall(r"^#define (\w+)", (include / "cbp_kernel.h").read_text(encoding="utf-8"), re.MULTILINE))


def measured(include: Path, names: Declared, folder: Path) -> dict[str, str]:
    """The offsets, sizes and values of these names with the header in `include`, by its compiler."""
    asked = [f"sizeof({struct})" for struct in names.structs]
    asked += [
        f"offsetof({struct}, {field.split()[-1].lstrip('*')})"
        for struct, fields in names.structs.items()
        for field in fields
    ]
    lines = [f'    printf("{each} %llu\\n", (unsigned long long){each});' for each in (*asked, *_numbers(names))]
    lines += ['    printf("CBP_CAPSULE %s\\n", CBP_CAPSULE);']
    source = folder / "measured.c"
    source.write_text('#include <stdio.h>\n#include "cbp_kernel.h"\nint main(void) {\n' + "\n".join(lines) + "\n}\n")
    assert said_of(source, "-Wall", f"-o{folder / 'measured'}", include=include) == ""
    said = subprocess.run([folder / "measured"], capture_output=True, text=True, check=True).stdout
    return dict(line.rsplit(" ", 1) for line in said.splitlines())


def _numbers(names: Declared) -> set[str]:
    return names.constants - {"CBP_CAPSULE"}


def altered(include: Path, folder: Path, changes: dict[str, str]) -> Path:
    """A folder with the headers in `include`, with these changes of ``cbp_kernel.h``."""
    for header in include.glob("*.h"):
        (folder / header.name).write_bytes(header.read_bytes())
    text = (folder / "cbp_kernel.h").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "cbp_kernel.h").write_text(text, encoding="utf-8")
    return folder
