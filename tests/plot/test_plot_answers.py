"""Claims about the pictures of what a network answers: confusion matrix, decision boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from pictures import MOONS, cut_off, trained, words

import cbp
from cbp import plot


def counts(ax: Axes, k: int) -> np.ndarray:
    """The numbers in the squares."""
    found = np.zeros((k, k), int)
    for text in ax.texts:
        j, i = text.get_position()
        found[int(i), int(j)] = int(text.get_text().replace(",", ""))
    return found


def shares(ax: Axes) -> np.ndarray:
    return np.asarray(ax.images[0].get_array())


def test_the_matrix_is_scikit_learns() -> None:
    net, test, _ = trained()
    outputs = net.predict(test.X)
    ax = plot.confusion_matrix(test.targets, outputs, test.class_names)
    theirs = sklearn.metrics.confusion_matrix(test.targets, outputs.argmax(axis=1), labels=range(10))
    assert (counts(ax, 10) == theirs).all()
    normal = sklearn.metrics.confusion_matrix(test.targets, outputs.argmax(axis=1), labels=range(10), normalize="true")
    assert np.allclose(shares(ax), normal)
    score = sklearn.metrics.accuracy_score(test.targets, outputs.argmax(axis=1))
    assert ax.get_title().startswith(f"{score:.1%} right (")


@pytest.mark.parametrize(
    ("right", "predicted"),
    [([3, 1, 3, 3], [1, 1, 3, 3]), (["cat", "dog", "cat"], ["dog", "dog", "cat"]), ([True, False], [True, True])],
)
def test_classes_may_be_labels_or_names(right: list[Any], predicted: list[Any]) -> None:
    ax = plot.confusion_matrix(right, predicted)
    assert (counts(ax, 2) == sklearn.metrics.confusion_matrix(right, predicted)).all()
    assert [label.get_text() for label in ax.get_yticklabels()] == [str(each) for each in sorted(set(right))]


def test_class_names_give_the_order_of_named_classes() -> None:
    ax = plot.confusion_matrix(["cat", "dog", "cat"], ["dog", "dog", "cat"], ["dog", "cat", "cow"])
    assert counts(ax, 3).tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("k", [2, 25, 300])
def test_any_number_of_classes_can_be_read(k: int) -> None:
    labels = np.arange(3 * k) % k
    ax = plot.confusion_matrix(labels, labels, [f"class {i}" for i in range(k)])
    assert len(ax.get_xticks()) <= 25
    assert len(ax.texts) == (k if k <= 25 else 0)
    assert not cut_off(ax)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0]), r"predicted: expected a class, or a row of outputs, for each of the targets"),
        (([], []), r"predicted: expected a class"),
        (([0, 2], [[1, 0], [0, 1]]), r"class_names: expected a name for each label 0 to 2, got 2"),
        (([0, -1], [0, 0], ["a", "b"]), r"class_names: expected a name for each label -1 to 0, got 2"),
        ((["a", "c"], ["a", "a"], ["a", "b"]), r"class_names: expected every class that occurs, but 'c' is not"),
    ],
)
def test_predictions_that_do_not_fit_are_said(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot.confusion_matrix(*arguments)


def surface(ax: Axes) -> tuple[np.ndarray, np.ndarray]:
    """The points (n, 2) of the coloured plane, and what is shown there (n,)."""
    (mesh,) = (each for each in ax.collections if isinstance(each, QuadMesh))
    corners = np.asarray(mesh.get_coordinates())
    middles = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    return middles.reshape(-1, 2), np.ravel(np.asarray(mesh.get_array()))


def boundary(ax: Axes) -> np.ndarray:
    """The points (n, 2) of the lines."""
    lines = [each for each in ax.collections if type(each).__name__ == "QuadContourSet"]
    return np.concatenate([path.vertices for line in lines for path in line.get_paths()])


def classifier() -> cbp.Network:
    net = cbp.Network([2, 8, 3], activation="tanh", cost="cross_entropy", dtype="float64", seed=3)
    net.fit(MOONS, np.digitize(MOONS.sum(axis=1), [-0.5, 0.5]), epochs=60, optimizer=cbp.Adam(lr=0.02))
    return net


def one_output() -> cbp.Network:
    net = cbp.Network([2, 8, 1], activation="tanh", cost="binary_cross_entropy", dtype="float64", seed=3)
    net.fit(MOONS, MOONS.prod(axis=1) > 0, epochs=60, optimizer=cbp.Adam(lr=0.02))
    return net


def test_each_point_is_in_the_region_of_its_largest_output() -> None:
    net = classifier()
    points, shown = surface(plot.decision_boundary(net, MOONS, resolution=40))
    assert (shown == net.predict(points).argmax(axis=1)).all()
    assert set(shown) == {0, 1, 2}


def test_on_the_boundary_the_two_largest_outputs_are_equal() -> None:
    net = classifier()
    outputs = np.sort(net.predict(boundary(plot.decision_boundary(net, MOONS))), axis=1)
    assert np.allclose(outputs[:, -1], outputs[:, -2], atol=0.01)


def test_a_single_output_is_one_half_on_its_boundary() -> None:
    net = one_output()
    ax = plot.decision_boundary(net, MOONS, MOONS.prod(axis=1) > 0)
    assert np.allclose(net.predict(boundary(ax)), 0.5, atol=0.01)
    points, shown = surface(ax)
    assert np.allclose(shown, net.predict(points)[:, 0], atol=1e-6)


def test_numbers_as_targets_have_no_boundary() -> None:
    net = one_output()
    ax = plot.decision_boundary(net, MOONS, MOONS[:, 0])
    assert [type(each).__name__ for each in ax.collections] == ["QuadMesh", "PathCollection"]
    assert np.allclose(boundary(plot.decision_boundary(net, MOONS, MOONS[:, 0], threshold=0.3)).shape[1], 2)


def test_samples_are_drawn_where_they_are_with_the_names_of_their_classes() -> None:
    labels = np.arange(60) % 3
    ax = plot.decision_boundary(classifier(), MOONS, labels, class_names=["a", "b", "c"])
    of_class = [each for each in ax.collections if each.get_label() in ("a", "b", "c")]
    for label, each in enumerate(of_class):
        assert np.allclose(each.get_offsets(), MOONS[labels == label])
    one_hot = plot.decision_boundary(classifier(), MOONS, np.eye(3)[labels])
    assert {"class 0", "class 1", "class 2"} <= set(words(one_hot))


def test_one_output_of_several_can_be_drawn() -> None:
    net = classifier()
    points, shown = surface(plot.decision_boundary(net, MOONS, np.arange(60) % 3, output=2, resolution=30))
    assert np.allclose(shown, net.predict(points)[:, 2], atol=1e-6)


def test_a_function_may_stand_for_the_network_and_limits_for_samples() -> None:
    ax = plot.decision_boundary(lambda X: X[:, :1] - X[:, 1:], limits=((0, 2), (5, 6)), threshold=-4, resolution=9)
    assert ax.get_xlim() == (0, 2)
    assert ax.get_ylim() == (5, 6)
    points, shown = surface(ax)
    assert np.allclose(shown, points[:, 0] - points[:, 1])
    assert np.allclose(boundary(ax) @ [1, -1], -4)


def test_a_network_that_says_the_same_everywhere_is_drawn() -> None:
    for net in (cbp.Network([2, 1], init="zeros"), cbp.Network([2, 2], init="zeros", cost="cross_entropy")):
        plot.decision_boundary(net, [[1.0, 1.0]], [1]).figure.canvas.draw()


def test_many_classes_are_named_in_their_regions() -> None:
    net = cbp.Network([2, 12], cost="cross_entropy", init=cbp.initializer("normal", std=4.0), seed=0)
    ax = plot.decision_boundary(net, MOONS)
    shown = {text.get_text() for text in ax.texts}
    assert shown == {f"class {label}" for label in np.unique(surface(ax)[1]).astype(int)}
    for text in ax.texts:
        assert net.predict(np.array(text.get_position())).argmax() == int(text.get_text().split()[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((cbp.Network([3, 2]), MOONS), "net: expected a network of 2 inputs, got one of 3"),
        ((cbp.Network([2, 2]), np.ones((5, 3))), r"X: expected samples as rows, shape \(n, 2\)"),
        ((cbp.Network([2, 2]),), "limits: expected .* where there are no samples, got none"),
        ((cbp.Network([2, 2]), MOONS, [0, 1]), "targets: expected a label, or a row, for each of 60 samples"),
        ((cbp.Network([2, 2]), MOONS, [2] * 60), "targets: expected labels 0 to 1, got 2 to 2"),
    ],
)
def test_a_plane_that_cannot_be_drawn_is_said(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(*arguments)


def test_options_that_do_not_fit_are_said() -> None:
    net = cbp.Network([2, 2])
    with pytest.raises(ValueError, match="class_names: expected 2 names, got 1"):
        plot.decision_boundary(net, MOONS, class_names=["a"])
    with pytest.raises(ValueError, match="output: expected a whole number from 0 to 1, got 2"):
        plot.decision_boundary(net, MOONS, output=2)
