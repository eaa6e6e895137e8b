"""What every test run says first: which cbp it tests."""

from pathlib import Path

import cbp
from cbp.core import isa


def pytest_report_header() -> str:
    """The version, place and instruction set of the cbp under test."""
    return f"cbp {cbp.__version__} in {Path(cbp.__file__).parent}, instruction set {isa.isa}"
