"""Claims about the pictures of single layers: weight images, histograms, dead and saturated units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from pictures import trained

import cbp
from cbp import plot


def sheet(ax: Axes) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(ax.images[0].get_array()), np.nan)


def tiles(ax: Axes, height: int, width: int) -> list[np.ndarray]:
    """The images of a sheet, row by row."""
    whole = sheet(ax)
    corners = [(y, x) for y in range(1, whole.shape[0], height + 1) for x in range(1, whole.shape[1], width + 1)]
    images = [whole[y : y + height, x : x + width] for y, x in corners]
    return [image for image in images if not np.isnan(image).any()]


@pytest.mark.parametrize("shape", [(8, 8), (4, 16), (64,), (2, 32)])
def test_the_images_are_the_rows_of_the_weights(shape: tuple[int, ...]) -> None:
    net = cbp.Network([64, 7, 10])
    images = tiles(plot.weight_images(net, shape), *((1, *shape)[-2:]))
    assert len(images) == 7
    for image, row in zip(images, net.W[2], strict=True):
        assert (image.ravel() == row).all()


def test_an_image_is_a_square_by_default_and_any_layer_can_be_drawn() -> None:
    net = cbp.Network([5, 49, 3])
    assert np.array_equal(tiles(plot.weight_images(net, l=3), 7, 7)[2].ravel(), net.W[3][2])


def test_channels_stand_side_by_side() -> None:
    net = cbp.Network([2 * 4 * 3, 1])
    (image,) = tiles(plot.weight_images(net, (2, 4, 3)), 2, 12)
    cube = net.W[2][0].reshape(2, 4, 3)
    assert np.array_equal(image, np.hstack([cube[..., 0], cube[..., 1], cube[..., 2]]))


def test_only_so_many_units_are_drawn_and_the_title_says_so() -> None:
    net = cbp.Network([16, 300])
    ax = plot.weight_images(net)
    assert len(tiles(ax, 4, 4)) == 100
    assert ax.get_title() == "Weights of layer 2, the first 100 of 300"
    assert len(tiles(plot.weight_images(net, most=300), 4, 4)) == 300


def test_zero_is_white_and_in_the_middle_of_the_scale() -> None:
    image = plot.weight_images(cbp.Network([16, 3])).images[0]
    low, high = image.get_clim()
    assert low == -high
    assert image.to_rgba(np.zeros((1, 1)))[0, 0, :3] == pytest.approx((1, 1, 1), abs=0.01)


def test_weights_that_are_all_zero_are_drawn() -> None:
    plot.weight_images(cbp.Network([16, 3], init="zeros")).figure.canvas.draw()


def test_a_layer_without_weights_is_said() -> None:
    with pytest.raises(ValueError, match="l: expected a layer with weights, 2 to 3, got 4"):
        plot.weight_images(cbp.Network([4, 4, 4]), l=4)


@pytest.mark.parametrize(
    ("shape", "message"),
    [(None, "which is no square"), ((3, 4), "which is not 3 × 4"), ((2, 5, 1, 1), "which is not 2 × 5 × 1 × 1")],
)
def test_rows_that_are_no_such_image_are_said(shape: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"shape: expected \(height, width\) of an image of 10 numbers, {message}"):
        plot.weight_images(cbp.Network([10, 2]), shape)


def with_dead_and_saturated_units() -> cbp.Network:
    """Layer 2, relu: units 1 and 4 are off for every sample, unit 5 for some. Layer 3: unit 2 is far out."""
    net = cbp.Network([3, 6, 4, 2], activation=["relu", "logistic", "softmax"], cost="cross_entropy", seed=0)
    net.b[2][:] = 5
    net.b[2][[1, 4]] = -50
    net.b[2][5] = 0
    net.W[3][:] *= 0.01
    net.b[3][2] = 8
    return net


SAMPLES = np.random.default_rng(1).uniform(-1, 1, (50, 3))


def test_dead_and_saturated_units_are_counted() -> None:
    net = with_dead_and_saturated_units()
    off = net.activations(SAMPLES)[2] == 0
    assert 0 < off[:, 5].mean() < 1
    found = plot.flatness(net, SAMPLES)
    assert list(found) == [2, 3]  # softmax is not elementwise
    assert found[2].dead.tolist() == [False, True, False, False, True, False]
    assert not found[2].saturated.any()
    assert found[2].share == pytest.approx(off.mean())
    assert not found[3].dead.any()
    assert found[3].saturated.tolist() == [False, False, True, False]
    assert str(found[3]).startswith("layer 3: 0 of 4 units dead (σ′ = 0 for all 50 samples), 1 saturated")


def test_flatness_is_of_every_sample_by_the_activations_own_derivative() -> None:
    net = cbp.Network([3, 5, 1], activation="tanh", cost="squared_error", init=cbp.initializer("normal", std=3.0))
    slopes = 1 - net.activations(SAMPLES)[2].astype(np.float64) ** 2
    found = plot.flatness(net, SAMPLES)[2]
    assert found.share == pytest.approx((slopes < 0.01).mean())
    assert 0 < found.share < 1


def heights(ax: Axes) -> np.ndarray:
    return np.array([bar.get_height() for bar in ax.patches])  # type: ignore[attr-defined]


def test_the_histogram_of_a_layer_is_of_its_activations() -> None:
    net, test, _ = trained()
    for l, ax in enumerate(plot.activation_histograms(net, test.X), start=2):
        a = net.activations(test.X)[l]
        expected, _ = np.histogram(a, bins=len(ax.patches))
        assert np.allclose(heights(ax), expected / a.size)


def test_the_panels_say_how_many_units_are_dead_and_saturated() -> None:
    axes = plot.activation_histograms(with_dead_and_saturated_units(), SAMPLES)
    assert [ax.get_title() for ax in axes] == [
        "layer 2: relu\nof 6 units 2 dead, 0 saturated",
        "layer 3: logistic\nof 4 units 0 dead, 1 saturated",
        "layer 4: softmax\n2 units",
    ]


def test_the_gradients_histogram_is_of_every_weights_that_gets_one() -> None:
    net, test, _ = trained()
    axes = plot.gradient_histograms(net, test.X, test.targets)
    gradients = net.gradients(test.X, test.targets).W
    assert len({ax.get_xlim() for ax in axes}) == 1
    for l, ax in enumerate(axes, start=2):
        size = np.abs(gradients[l].astype(float))
        assert heights(ax).sum() == pytest.approx(1)
        edges = [bar.get_x() for bar in ax.patches]
        assert edges[0] <= size[size > 0].min()
        assert ax.get_title().startswith(f"layer {l}: median {np.median(size):.1e}\n")


def test_units_without_a_gradient_are_counted() -> None:
    net = with_dead_and_saturated_units()
    first, *_ = plot.gradient_histograms(net, SAMPLES, np.arange(50) % 2)
    assert "2 of 6 units get none" in first.get_title()


def test_gradients_that_vanish_are_said() -> None:
    net = cbp.Network([3] + [6] * 10 + [2], activation="logistic", cost="cross_entropy", dtype="float64", seed=1)
    gradients = net.gradients(SAMPLES, np.arange(50) % 2).W
    medians = {l: float(np.median(np.abs(gradients[l]))) for l in gradients}
    largest = max(medians, key=lambda l: medians[l])
    title = plot.gradient_histograms(net, SAMPLES, np.arange(50) % 2)[0].get_title()
    (part,) = [words for words in title.split("\n")[1].split("; ") if words.startswith("1/")]
    ratio, layer = part.removesuffix("'s").removeprefix("1/").split(" of layer ")
    assert int(layer) == largest
    assert float(ratio.replace(",", "")) == pytest.approx(medians[largest] / medians[2], rel=0.06)


def test_frozen_layers_are_said() -> None:
    net, test, _ = trained()
    for l in net.W:
        net.freeze(l)
    axes = plot.gradient_histograms(net, test.X, test.targets)
    assert [ax.get_title() for ax in axes] == [f"layer {l}\nfrozen" for l in (2, 3, 4)]
    axes[0].figure.canvas.draw()
