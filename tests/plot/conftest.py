"""Pictures are drawn by Agg, into figures that are closed after each test."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    yield
    plt.close("all")
    mpl.rcdefaults()
