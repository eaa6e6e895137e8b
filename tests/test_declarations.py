"""What an activation, a cost or a parameter is declared with: a slip is named when it is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cbp
from cbp.plugin import Activation, Cost, Initializer, Optimizer, Param
from cbp.shown import shown

ACTIVATION: dict[str, Any] = {"name": "mine", "forward": np.sin, "derivative": lambda z, a: np.cos(z)}
COST: dict[str, Any] = {"name": "mine", "value": lambda a, y: a[:, 0], "gradient": lambda a, y: a}

NAMES = r"a tuple of names without a colon, such as \('swish',\)"
OF_BOTH: list[tuple[str, Any, type, str]] = [
    ("name", "", ValueError, "a name without a colon, got ''"),
    ("name", "cbp:mine", ValueError, "a name without a colon, got 'cbp:mine'"),
    ("name", 5, ValueError, "a name without a colon, got 5"),
    ("aliases", "swish", TypeError, f"{NAMES}, got 'swish'"),
    ("aliases", ("a", 5), ValueError, rf"{NAMES}, got \('a', 5\)"),
    ("aliases", ("a:b",), ValueError, rf"{NAMES}, got \('a:b',\)"),
    ("aliases", None, TypeError, f"{NAMES}, got None"),
    ("params", "alpha", ValueError, "a mapping of names to numbers or cbp.plugin.Param, got 'alpha'"),
    ("params", {"alpha": "x"}, TypeError, "a mapping of names to numbers or cbp.plugin.Param"),
    ("params", {1: 2.0}, TypeError, "a mapping of names to numbers or cbp.plugin.Param"),
    ("params", None, TypeError, "a mapping of names"),
    ("formula", None, TypeError, "a str, got None"),
    ("summary", 5, TypeError, "a str, got 5"),
    ("spec_version", 0, ValueError, "a whole number >= 1, got 0"),
    ("spec_version", "1", TypeError, "a whole number >= 1, got '1'"),
]
OF_ACTIVATIONS: list[tuple[str, Any, type, str]] = [
    ("forward", None, TypeError, "a function, got None"),
    ("derivative", 3.0, TypeError, "a function or None, got 3.0"),
    ("kinks", 0.0, TypeError, r"a tuple of numbers, such as \(0.0,\), got 0.0"),
    ("kinks", "0", TypeError, "a tuple of numbers"),
    ("kinks", ("0",), TypeError, "a tuple of numbers"),
    ("init", None, TypeError, "a str, got None"),
]
OF_COSTS: list[tuple[str, Any, type, str]] = [
    ("value", "mean", TypeError, "a function, got 'mean'"),
    ("gradient", None, TypeError, "a function, got None"),
    ("fused", 1, TypeError, "a function or None, got 1"),
    ("canonical", np.tanh, TypeError, "the name of an activation or None, got <ufunc 'tanh'>"),
    ("labels", "01", TypeError, r"a pair of numbers, such as \(0.0, 1.0\), got '01'"),
    ("labels", (0, 1, 2), ValueError, r"a pair of numbers, such as \(0.0, 1.0\), got \(0, 1, 2\)"),
    ("target_range", 1.0, TypeError, "a pair of numbers"),
    ("target_range", (None, None), TypeError, "a pair of numbers"),
    ("squares", 0.0, ValueError, "a number above 0 or None"),
    ("squares", "1", TypeError, "a number above 0 or None"),
]


@pytest.mark.parametrize(("field", "wrong", "error", "message"), OF_BOTH + OF_ACTIVATIONS)
def test_a_wrong_field_of_an_activation_is_named(field: str, wrong: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=rf"^activation .*: {field}= expected {message}"):
        Activation(**ACTIVATION | {field: wrong})


@pytest.mark.parametrize(("field", "wrong", "error", "message"), OF_BOTH + OF_COSTS)
def test_a_wrong_field_of_a_cost_is_named(field: str, wrong: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=rf"^cost .*: {field}= expected {message}"):
        Cost(**COST | {field: wrong})


@pytest.mark.parametrize("kind", [Optimizer, Initializer])
@pytest.mark.parametrize(
    ("field", "wrong", "error", "message"),
    [case for case in OF_BOTH if case[0] in ("name", "aliases", "formula", "summary")]
    + [("make", 3, TypeError, "a callable that makes one, got 3")],
)
def test_a_wrong_field_of_what_makes_one_is_named(kind: Any, field: str, wrong: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=rf"^{kind.__name__.lower()}.*: {field}= expected {message}"):
        kind(**{"name": "mine", "make": object} | {field: wrong})


def test_lists_will_do_for_tuples_and_numbers_for_parameters() -> None:
    given: Any = {"aliases": ["a", "b"], "kinks": [0, np.float32(1)], "params": {"k": 2}}
    sigma = Activation(**ACTIVATION, **given)
    assert (sigma.aliases, sigma.kinks, sigma.params) == (("a", "b"), (0.0, 1.0), {"k": Param(2.0)})
    cost = Cost(**COST, labels=[-1, 1], target_range=[-1, 10**400])  # type: ignore[arg-type]
    assert (cost.labels, cost.target_range) == ((-1.0, 1.0), (-1.0, np.inf))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"default": "x"}, "Param: default= expected a number, got 'x'"),
        ({"default": True}, "Param: default= expected a number, got True"),
        ({"default": 1.0, "above": "0"}, "Param: above= expected a number, got '0'"),
        ({"default": 0.0, "above": 0.0}, "Param: default= expected a number above 0, got 0"),
        ({"default": np.nan}, "Param: default= expected a number, got nan"),
    ],
)
def test_a_wrong_parameter_is_named(fields: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        Param(**fields)


@pytest.mark.parametrize(
    "wrong",
    ["x", None, True, np.True_, [0.5], np.ones(3), np.ones((40, 2)), 1j, object],
    ids=shown,
)
def test_a_parameter_that_is_no_number_is_named(wrong: Any) -> None:
    for choose, name, param in ((cbp.activation, "elu", "alpha"), (cbp.cost, "huber", "delta")):
        with pytest.raises(TypeError) as refusal:
            choose(name, **{param: wrong})
        message = str(refusal.value)
        assert message.startswith(f"{choose.__name__} '{name}': {param} must be a number a")
        assert message.endswith(f", got {shown(wrong)}")
        assert "\n" not in message
        assert len(message) < 200


def test_numbers_of_every_kind_are_parameters() -> None:
    numbers: list[Any] = [2, 2.0, np.float32(2), np.int8(2), np.float16(2)]
    for number in numbers:
        assert cbp.activation("elu", alpha=number).params == {"alpha": 2.0}
    with pytest.raises(ValueError, match="'elu': alpha must be a number at least 0, got 1000"):
        cbp.activation("elu", alpha=10**400)


def test_parameters_of_what_was_chosen_before_are_changed_not_ignored() -> None:
    silu = cbp.activation("silu", beta=2)
    assert cbp.activation(silu).params == {"beta": 2.0}  # type: ignore[arg-type]
    assert cbp.activation(silu, beta=3).params == {"beta": 3.0}  # type: ignore[arg-type]


def test_what_is_no_activation_is_named_with_its_article() -> None:
    wrongs: list[Any] = [(cbp.cost("huber"), "the cost 'huber'"), (Cost(**COST), "the cost 'mine'"), (3, "3")]
    for wrong, got in wrongs:
        with pytest.raises(TypeError, match=rf"^activation: expected a name or .*, got {got}$"):
            cbp.Network([2, 1], activation=wrong)
    with pytest.raises(TypeError, match=r"^cost: .*, got the activation 'relu'$"):
        cbp.Network([2, 1], cost=cbp.activation("relu"))


def test_a_message_shows_a_value_in_one_short_line() -> None:
    assert shown("it's") == '"it\'s"'
    assert shown([1, 2.5, None]) == "[1, 2.5, None]"
    for long in (np.ones((100, 100)), list(range(10**5)), "x" * 10**5, {"a": "\n" * 500}, 10**1000):
        assert len(shown(long)) < 100
        assert "\n" not in shown(long)
