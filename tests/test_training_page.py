"""docs/training.md: its code runs, one block after another, and it tells of all there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cbp import callbacks, metrics, schedules
from cbp.schedules.choosing import NAMED

PAGE = (Path(__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_pages_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    assert len(BLOCKS) >= 10
    for block in BLOCKS:
        exec(block, names)
    assert names["net"].evaluate(names["test"].X, names["test"].targets)["accuracy"] >= 0.85
    assert len(names["loudest"].sizes) == len((tmp_path / "iris.csv").read_text().splitlines()) - 1
    assert capsys.readouterr().out.endswith("['setosa']\n")


def test_the_page_tells_of_every_schedule_with_its_constants() -> None:
    for name, kind in NAMED.items():
        (row,) = re.findall(rf"^\| `{name}` \| `(\w+)\((.*?)\)` \|", PAGE, re.MULTILINE)
        assert getattr(schedules, row[0]) is kind
        constants = set(row[1].split(", ")) - {"", "..."}
        assert constants <= set(kind.__dataclass_fields__)


def test_the_page_tells_of_every_callback_and_metric() -> None:
    for name in set(callbacks.__all__) - {"Callback"}:
        assert f"| `{name}(" in PAGE, name
    for name in (*metrics._OWN, *metrics._SCIKIT_LEARNS):
        assert f"`{name}`" in PAGE, name
