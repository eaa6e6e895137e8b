"""docs/plugins.md says of each check what the check says of itself, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cbp.testing import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
ROWS = {
    (name, kinds, about)
    for name, kinds, about in re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.*) \|$", PAGE, re.MULTILINE)
}


def test_every_check_is_documented_and_no_other() -> None:
    described = {kind: {(check.name, check.about) for check in checks} for kind, checks in CHECKS.items()}
    both = described["activation"] & described["cost"]
    assert (
        {(name, "both", about) for name, about in both}
        | {(name, "activations", about) for name, about in described["activation"] - both}
        | {(name, "costs", about) for name, about in described["cost"] - both}
        | {(name, "plugins", about) for name, about in described["plugin"]}
    ) == ROWS


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(import cbp\n.*?)```", PAGE, re.DOTALL)
    exec(example, {})
    assert "activation local:arcsinh: 39 checks: " in capsys.readouterr().out
