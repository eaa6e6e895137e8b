"""What a person sees of a training: in a terminal, in a notebook, in TensorBoard."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt
import pytest
from training_cases import network, samples

from cbp.callbacks import Callback, LivePlot, TensorBoard
from cbp.callbacks.notebook import in_notebook
from cbp.training import progress

X, Y, LABELS = samples()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Notebook:
    """A stand-in for IPython: what is displayed is rendered at once, as there."""

    def __init__(self) -> None:
        self.kernel = self.events = self
        self.shown: list[Any] = []
        self.places = 0

    def register(self, *_: Any) -> None:
        """To be told of events, which matplotlib asks for."""

    def display(self, thing: Any, *, display_id: bool) -> Notebook:
        assert display_id
        self.places += 1
        self.update(thing)
        return self

    def update(self, thing: Any) -> None:
        rich = hasattr(thing, "_repr_mimebundle_")
        self.shown.append(thing._repr_mimebundle_([], [])["text/html"] if rich else thing)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    plt.close("all")  # an older matplotlib warns that it does so itself
    plt.switch_backend("agg")  # before there is a notebook, of which matplotlib would take notice
    made, ipython, display = Notebook(), ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: made  # type: ignore[attr-defined]
    ipython.version_info = (9, 0)  # type: ignore[attr-defined] # matplotlib looks
    display.display = made.display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return made


def words(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", "", html).split())


def test_a_kernel_is_a_notebook_and_ipython_in_a_terminal_is_not(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_notebook()
    monkeypatch.delattr(notebook, "kernel")
    assert not in_notebook()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not in_notebook()


def test_a_notebook_shows_a_bar_that_changes_in_its_place(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    network(cost="cross_entropy").fit(X, LABELS, epochs=4, validation=0.3, progress=True)
    assert notebook.places == 1
    last = words(notebook.shown[-1])
    assert re.search(r"^epoch 4/4 ━+ \S+ cost \S+, validation accuracy \S+% [\d,]+ samples/s$", last)
    assert capsys.readouterr() == ("", "")


def test_the_bar_moves_within_an_epoch(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FRAMES", 1e9)
    moved: list[float] = []

    class Look(Callback):
        def on_batch_end(self, run: Any) -> None:
            bar = next(each for each in run.calls.all if isinstance(each, progress.Progress))
            bar.watch(run)
            moved.append(bar._bar.tasks[0].completed)

    network().fit(X, Y, epochs=2, batch_size=10, callbacks=Look(), progress=True)
    assert moved == pytest.approx([k / 5 for k in range(1, 11)])


def test_a_terminal_shows_the_bar_and_how_fast_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    network().fit(X, Y, epochs=3, validation=0.3, progress=True)
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", terminal.getvalue())
    assert re.search(r"epoch 3/3 ━+ \S+ cost \S+, validation cost \S+ [\d,]+ samples/s", plain)


def test_the_speed_counts_the_samples_since_training_began(notebook: Notebook) -> None:
    speeds: list[tuple[str, float]] = []

    class Look(Callback):
        def on_train_end(self, run: Any) -> None:
            bar = next(each for each in run.calls.all if isinstance(each, progress.Progress))
            bar._before = (50, run.seconds - 2.0)  # two seconds ago, after the first epoch
            speeds.append((bar._speed(run), run.samples))

    network().fit(X, Y, epochs=5, callbacks=Look(), progress=True)
    assert speeds == [("100 samples/s", 250)]


def test_where_nobody_watches_a_few_lines_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(X, Y, epochs=200, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 11
    network().fit(X, Y, epochs=200)
    assert capsys.readouterr() == ("", "")


def test_the_live_plot_draws_the_curves_again_in_their_place(notebook: Notebook) -> None:
    history = network().fit(X, Y, epochs=5, validation=0.3, callbacks=LivePlot(seconds=0.0))
    assert notebook.places == 1
    assert 2 <= len(notebook.shown) <= 5  # a drawing takes longer than an epoch
    (panel,) = notebook.shown[-1].axes
    assert list(panel.lines[0].get_ydata()) == history["cost"]
    assert list(panel.lines[1].get_ydata()) == history["validation_cost"]


def test_the_live_plot_draws_what_it_is_asked_for_and_seldom(notebook: Notebook) -> None:
    network().fit(X, Y, epochs=50, validation=0.3, metrics="r2", callbacks=LivePlot("r2", seconds=1000))
    first, last = notebook.shown
    assert [len(figure.axes) for figure in (first, last)] == [1, 1]
    assert [len(figure.axes[0].lines[0].get_xdata()) for figure in (first, last)] == [1, 50]


def test_the_live_plot_needs_a_notebook() -> None:
    net = network()
    with pytest.raises(
        RuntimeError, match=re.escape("LivePlot: expected a notebook to draw in; elsewhere, history.plot()")
    ):
        net.fit(X, Y, callbacks=LivePlot())
    assert net.epochs_trained == 0


class Writer:
    """A stand-in for tensorboardX's."""

    written: list[tuple[str, str, float, int]] = []  # noqa: RUF012 (emptied by the fixture)
    closed = 0

    def __init__(self, folder: str, filename_suffix: str = "") -> None:
        self.folder = folder

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.written.append((Path(self.folder).name, tag, value, step))

    def flush(self) -> None: ...

    def close(self) -> None:
        Writer.closed += 1


@pytest.mark.parametrize(("package", "name"), [("tensorboardX", "SummaryWriter"), ("tensorboard.summary", "Writer")])
def test_tensorboard_is_given_every_column(
    package: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "written", [])
    monkeypatch.setattr(Writer, "closed", 0)
    for known in ("tensorboardX", "tensorboard.summary"):
        monkeypatch.setitem(sys.modules, known, None)
    module = ModuleType(package)
    setattr(module, name, Writer)
    monkeypatch.setitem(sys.modules, package.split(".", maxsplit=1)[0], ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, package, module)
    history = network().fit(X, Y, epochs=2, validation=0.3, metrics="r2", callbacks=TensorBoard(tmp_path))
    columns = {
        "cost": "training",
        "seconds": "training",
        "validation_cost": "validation",
        "validation_r2": "validation",
    }
    expected = {
        (run, column.removeprefix("validation_"), history[column][epoch], epoch + 1)
        for column, run in columns.items()
        for epoch in range(2)
    }
    assert set(Writer.written) == expected
    assert len(Writer.written) == len(expected)
    assert Writer.closed == 2


def test_without_a_writer_tensorboard_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for known in ("tensorboardX", "tensorboard", "tensorboard.summary"):
        monkeypatch.setitem(sys.modules, known, None)
    net = network()
    with pytest.raises(ImportError, match=r"got none \(.*\); install one with pip install tensorboardX"):
        net.fit(X, Y, callbacks=TensorBoard(tmp_path))
    assert net.epochs_trained == 0
