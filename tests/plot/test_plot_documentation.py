"""docs/pictures.md: its code runs, it shows every picture, and the pictures are there and small."""

from __future__ import annotations

import re
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest

from cbp import plot

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "pictures.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_pages_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(block, names)
    assert (tmp_path / "learning_curves.png").exists()
    assert re.search(r"layer 2: \d+ of 24 units dead", capsys.readouterr().out)


def test_the_page_tells_of_every_function() -> None:
    for name in plot.__all__:
        if isfunction(getattr(plot, name)):
            assert f"plot.{name}(" in PAGE or f"`plot.{name}`" in PAGE, name


def test_every_picture_is_there_shown_and_small() -> None:
    shown = set(re.findall(r"\]\(pictures/(\w+\.png)\)", PAGE))
    there = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert shown == set(there)
    assert max(there.values()) < 60_000
