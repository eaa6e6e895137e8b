"""Claims about every function of cbp.plot: how it takes and gives axes, and that its pictures can be read."""

from __future__ import annotations

import subprocess
import sys
from inspect import isfunction

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from pictures import MOONS, Case, cases, cut_off, words

import cbp
from cbp import plot

CASES = cases()
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def test_every_function_that_draws_has_a_case() -> None:
    functions = {name for name in plot.__all__ if isfunction(getattr(plot, name))}
    assert functions - {"flatness"} == set(CASES)


@EACH
def test_a_figure_of_its_own_is_made_and_not_shown(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("it showed the figure"))
    axes = np.ravel(case.draw())
    assert len(axes) == case.panels
    assert all(isinstance(ax, Axes) for ax in axes)
    assert plt.get_fignums() == [axes[0].figure.number]
    assert all(ax.get_title() for ax in axes)


@EACH
def test_nothing_is_cut_off(case: Case) -> None:
    assert not cut_off(np.ravel(case.draw())[0])


@EACH
@pytest.mark.parametrize(
    ("size", "style"), [((2.5, 2.0), "dark_background"), ((14.0, 9.0), "default")], ids=["small, dark", "large"]
)
def test_it_draws_into_the_axes_it_is_given(case: Case, size: tuple[float, float], style: str) -> None:
    with plt.style.context(style):
        figure, given = plt.subplots(1, case.panels, squeeze=False, figsize=size)
        drawn = case.draw(ax=given[0, 0] if case.panels == 1 else given[0])
        assert list(np.ravel(drawn)) == list(given[0])
        assert len(plt.get_fignums()) == 1
        figure.canvas.draw()


def test_names_may_have_dollars_in_them() -> None:
    names = ["price ($", "tax $ ^", "$$"]
    small = cbp.Network([2, 3], cost="cross_entropy")
    labels = np.arange(60) % 3
    for ax in (
        plot.schematic(small, output_names=names),
        plot.confusion_matrix(labels, labels, names),
        plot.decision_boundary(small, MOONS, labels, class_names=names),
    ):
        ax.figure.canvas.draw()
        assert set(names) <= set(words(ax))


@EACH
def test_another_number_of_axes_is_refused(case: Case) -> None:
    if case.panels > 1:
        with pytest.raises(ValueError, match=rf"ax: expected {case.panels} axes, one for each panel, got 1"):
            case.draw(ax=plt.subplots()[1])


def test_importing_it_does_not_import_matplotlib() -> None:
    code = "import cbp.plot, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_without_matplotlib_drawing_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import cbp\n"
        "try:\n    cbp.plot.schematic([3, 4, 2])\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "cbp.plot draws with matplotlib" in done.stdout
    assert "pip install 'cbp[plot]'" in done.stdout
