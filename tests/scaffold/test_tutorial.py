"""docs/tutorial-plugin.md is followed word by word: its commands are run, its edits made, its outputs compared."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "tutorial-plugin.md"
BLOCK = re.compile(r"^```(sh|diff|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(cbp-\w+/[\w/]+\.\w+)`")
NUMBER = re.compile(r"(?<![\w.-])\d[\d.,]*(?![\w-])")
DECIMAL = re.compile(r"(?<!\w)\d+\.\d+(?:e[+-]\d+)?")


class Block(NamedTuple):
    """What is between two fences: commands, an edit of the file named last, or what the commands before it print."""

    kind: str
    text: str
    file: str


def blocks() -> list[Block]:
    page = PAGE.read_text(encoding="utf-8")
    return [Block(each[1], each[2], (FILE.findall(page[: each.start()]) or [""])[-1]) for each in BLOCK.finditer(page)]


def edit(path: Path, diff: str) -> None:
    """Replace the lines with - by those with +."""
    old, new = ("".join(f"{line[1:]}\n" for line in diff.splitlines() if line[0] == sign) for sign in "-+")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} does not have\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def says(commands: str, folder: Path) -> tuple[int, str]:
    """What a terminal shows of commands, without what pip says; and the status of the last."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("CBP_", "TOX_", "PYTEST_"))}
    quiet = {"PIP_QUIET": "2", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    script = f"set -e\n[ -d .venv ] && . .venv/bin/activate\n{commands}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder, env=outer | quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def lines(text: str) -> list[str]:
    """Those of an output, without what differs from run to run, or from one machine to the next."""
    measured = "instruction set" in text
    text = re.sub(r"instruction set \w+", "instruction set #", (NUMBER if measured else DECIMAL).sub("#", text))
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def require_shown(printed: str, shown: str) -> None:
    """All that was printed is shown, but for lines that … stands for."""
    rest = lines(printed)
    left_out = False
    for line in lines(shown):
        if line == "…":
            left_out = True
            continue
        at = rest.index(line) if left_out and line in rest else 0
        assert rest[at : at + 1] == [line], printed
        rest, left_out = rest[at + 1 :], False
    assert left_out or not rest, printed


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    page = blocks()
    assert [block.kind for block in page].count("sh") >= 8
    wheel, printed = os.environ["TOX_PACKAGE"], ""
    for block, after in zip(page, [*page[1:], Block("", "", "")], strict=True):
        if block.kind == "diff":
            edit(tmp_path / block.file, block.text)
        elif block.kind == "sh":
            status, printed = says(block.text.replace("../cbp", wheel), tmp_path)
            assert status == (after.kind == "" and "1 failed" in after.text), printed
        else:
            require_shown(printed, block.text)
