"""What ``cbp plugins new`` writes is built and passes its own tests, by its own tox, as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from cbp.scaffold.plan import KINDS, TIERS


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What a command prints; it must succeed."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("CBP_", "TOX_", "PYTEST_"))}
    done = subprocess.run(
        command, cwd=cwd, env=outer | environment, capture_output=True, text=True, timeout=290, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel() -> str:
    """The wheel of cbp that is tested, which the new plugin is to be built and tested with."""
    return os.environ["TOX_PACKAGE"]


CASES = [
    *(("--tier", tier, "--kind", kind) for tier, kind in product(TIERS, KINDS) if tier != "formula"),
    ("--activation", "z*tanh(log(1+exp(beta*z)))", "--param", "0<beta=1"),
    ("--cost", "(a-y)**4"),
]


@pytest.mark.parametrize("options", CASES, ids=" ".join)
def test_a_new_plugins_tox_is_green(options: tuple[str, ...], wheel: str, tmp_path: Path) -> None:
    run(sys.executable, "-m", "cbp", "plugins", "new", "mine", *options, cwd=tmp_path)
    env = f"py3{sys.version_info.minor}"
    said = run(sys.executable, "-m", "tox", "-e", env, cwd=tmp_path / "cbp-mine", CBP_SOURCE=wheel)
    assert re.search(rf"^  {env}: OK", said, re.MULTILINE)
    assert re.search(r"=+ \d\d passed(, \d+ skipped)? in .*=+", said)
    assert ("it has no kernel" in said) == ("numpy" in options)
