"""Claims about the schematics: the paper's Figures 1 and 2."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import BLUE, VERMILION, called, colours, cut_off, words

import cbp
from cbp import plot
from cbp.plot.columns import Column


def figure_1() -> cbp.Network:
    """The network of the paper's Figure 1, each parameter another number."""
    net = cbp.Network([3, 4, 2], activation="logistic", dtype="float64")
    net.parameters = np.linspace(-2, 3, net.n_parameters)
    return net


def test_figure_1_has_its_nodes_and_edges() -> None:
    ax = plot.schematic([3, 4, 2])
    assert [len(called(ax, f"layer{l}").get_offsets()) for l in (1, 2, 3)] == [3, 4, 2]
    assert [len(called(ax, f"one{l}").get_offsets()) for l in (1, 2)] == [1, 1]
    assert [len(called(ax, name).get_segments()) for name in ("W2", "b2", "W3", "b3")] == [12, 4, 8, 2]
    assert {"$z_{1}^{1}$", "$z_{3}^{1}$", "$a_{4}^{2}$", "$a_{2}^{3}$", "$w_{11}^{2}$", "$b_{2}^{3}$", "1"} <= set(
        words(ax)
    )


def test_layers_stand_from_left_to_right_and_the_1_below() -> None:
    ax = plot.schematic([3, 4, 2])
    layers = [called(ax, f"layer{l}").get_offsets() for l in (1, 2, 3)]
    assert layers[0][:, 0].max() < layers[1][:, 0].min() <= layers[1][:, 0].max() < layers[2][:, 0].min()
    for l in (1, 2):
        assert called(ax, f"one{l}").get_offsets()[0, 1] < layers[l - 1][:, 1].min()


@pytest.mark.parametrize("name", ["W2", "b2", "W3", "b3"])
def test_an_edge_shows_its_own_weight(name: str) -> None:
    """Each line is found by where it begins and ends, and has the colour and width of its w_ij."""
    net = figure_1()
    ax = plot.schematic(net)
    l = int(name[1])
    ends = [tuple(np.round(point, 9)) for point in called(ax, f"layer{l}").get_offsets()]
    before = called(ax, f"layer{l - 1}" if name[0] == "W" else f"one{l - 1}").get_offsets()
    starts = [tuple(np.round(point, 9)) for point in before]
    values = net.W[l] if name[0] == "W" else net.b[l][:, np.newaxis]
    greatest = np.abs(net.parameters).max()
    lines = called(ax, name)
    widths, widest = lines.get_linewidths(), max(called(ax, "b3").get_linewidths())
    for (start, end), colour, width in zip(lines.get_segments(), colours(lines), widths, strict=True):
        w = values[ends.index(tuple(np.round(end, 9))), starts.index(tuple(np.round(start, 9)))]
        assert colour == (BLUE if w > 0 else VERMILION)
        assert width == pytest.approx(0.5 + (widest - 0.5) * abs(w) / greatest)


def test_the_legend_says_the_weight_of_the_widest_line() -> None:
    assert "negative (widest line: 3)" in words(plot.schematic(figure_1()))


def test_sizes_alone_have_edges_of_one_kind_and_no_legend() -> None:
    ax = plot.schematic([3, 4, 2])
    assert len(set(colours(called(ax, "W2")))) == 1
    assert ax.get_legend() is None


def test_large_layers_are_elided_with_dots_and_keep_the_numbers_of_their_units() -> None:
    ax = plot.schematic(cbp.Network([784, 1000, 10]), most=8)
    assert [len(called(ax, f"layer{l}").get_offsets()) for l in (1, 2, 3)] == [7, 7, 7]
    assert len(called(ax, "dots2").get_offsets()) == 3
    assert len(called(ax, "W2").get_segments()) == 7 * 7
    assert {"$z_{1}^{1}$", "$z_{784}^{1}$", "$a_{1000}^{2}$", "$a_{10}^{3}$"} <= set(words(ax))
    assert any("1,000 units" in text for text in words(ax))


@pytest.mark.parametrize("most", [3, 4, 9, 10])
@pytest.mark.parametrize("size", [1, 3, 9, 10, 11, 5000])
def test_a_column_has_at_most_so_many_rows_evenly_spaced(size: int, most: int) -> None:
    column = Column.of(2, size, 1.0, most, one=True)
    rows = sorted([*column.y, *([] if column.dots is None else [column.dots])], reverse=True)
    assert len(rows) == min(size, most)
    assert np.allclose(np.diff(rows), -1)
    assert sum(rows) == pytest.approx(0)
    assert (column.dots is None) == (size <= most)
    assert column.units[0] == 1
    assert column.units[-1] == size
    assert (np.diff(column.units) >= 1).all()


def test_edges_of_an_elided_layer_are_those_of_the_units_shown() -> None:
    net = cbp.Network([20, 2], dtype="float64")
    net.W[2][:] = -1
    net.W[2][:, -1] = 5
    lines = called(plot.schematic(net, most=4), "W2")
    assert sorted(colours(lines)) == [BLUE] * 2 + [VERMILION] * 4


def test_names_stand_beside_the_first_and_last_layer() -> None:
    ax = plot.schematic([2, 3, 1], input_names=["area", "year"], output_names=["price"])
    assert {"area", "year", "price"} <= set(words(ax))


def test_labels_can_be_left_out() -> None:
    assert not any("$" in text for text in words(plot.schematic([3, 4, 2], labels=False)))


def test_captions_name_the_layers_and_their_activations() -> None:
    net = cbp.Network([3, 4, 2], activation="relu", cost="cross_entropy")
    captions = [label.get_text() for label in plot.schematic(net).get_xticklabels()]
    assert [caption.split("\n") for caption in captions] == [
        ["layer 1", "3 inputs", ""],
        ["layer 2", "4 units", "relu"],
        ["layer 3", "2 units", "softmax"],
    ]


def test_figure_2_separates_sums_and_activations() -> None:
    net = figure_1()
    ax = plot.layer_schematic(net, 3)
    assert len(called(ax, "sigma").get_offsets()) == 4
    assert len(called(ax, "sum").get_offsets()) == 2
    assert len(called(ax, "W3").get_segments()) == 8
    assert len(called(ax, "b3").get_segments()) == 2
    written = words(ax)
    assert written.count(r"$\sigma$") == 4
    assert written.count("$+$") == 2
    expected = {f"$z_{{{j}}}^{{2}}$" for j in range(1, 5)} | {f"$a_{{{j}}}^{{2}}$" for j in range(1, 5)}
    expected |= {f"$w_{{{i}{j}}}^{{3}}$" for i in (1, 2) for j in range(1, 5)} | {"$b_{1}^{3}$", "$b_{2}^{3}$"}
    assert expected <= set(written)


def test_figure_2_names_only_the_outer_edges_of_a_large_layer() -> None:
    written = words(plot.layer_schematic([100, 50], 2))
    assert [text for text in written if text.startswith(("$w", "$b"))] == ["$w_{11}^{2}$", "$b_{50}^{2}$"]


@pytest.mark.parametrize("sizes", [[1, 1], [1, 1, 1], [4000, 3000], [5] * 30, [1000, 1, 1000]])
def test_networks_of_any_size_are_drawn(sizes: list[int]) -> None:
    assert not cut_off(plot.schematic(sizes, most=6))
    assert not cut_off(plot.layer_schematic(sizes, 2))


def test_weights_that_are_all_zero_are_drawn() -> None:
    plot.schematic(cbp.Network([3, 4, 2], init="zeros")).figure.canvas.draw()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.schematic([3]), r"net: expected a network or two sizes or more such as \[3, 4, 2\], got \[3\]"),
        (lambda: plot.schematic([3, 0]), r"sizes: expected a whole number >= 1, got 0"),
        (lambda: plot.schematic([3, 20], most=2), r"most: expected a whole number >= 3, got 2"),
        (lambda: plot.schematic([3, 2], input_names=["a"]), r"input_names: expected 3 names, got 1"),
        (lambda: plot.schematic([3, 2], output_names=["a"]), r"output_names: expected 2 names, got 1"),
        (lambda: plot.layer_schematic([3, 2], 1), r"l: expected a layer with weights, 2 to 2, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()  # type: ignore[operator]


def test_a_weight_that_is_not_finite_is_said() -> None:
    net = figure_1()
    net.W[3][1, 2] = np.nan
    with pytest.raises(ValueError, match=r"W\[3\]: expected finite numbers, got nan at \[1, 2\]"):
        plot.schematic(net)
