"""What every test run says first, which is which cbp it tests; and commands in this process."""

from pathlib import Path

import pytest
from commands import Result, Run

import cbp
from cbp.core import isa


def pytest_report_header() -> str:
    """The version, place and instruction set of the cbp under test."""
    return f"cbp {cbp.__version__} in {Path(cbp.__file__).parent}, instruction set {isa.isa}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, in an empty folder."""
    from cbp.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> Result:
        status = main(argv)
        return Result(status, *capsys.readouterr())

    return run
