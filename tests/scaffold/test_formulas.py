"""The formula tier: what is written from a formula is that formula and its derivative, and passes every check."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from formulas import by_mpmath, imported, read

from cbp.cli import main
from cbp.scaffold.formula.grammar import FormulaError
from cbp.scaffold.formula.parameters import parameters
from cbp.scaffold.formula.stable import stable
from cbp.scaffold.formula.vocabulary import FUNCTIONS
from cbp.testing import check_activation, check_cost

ACTIVATIONS = [
    "z*tanh(log(1+exp(z)))",
    "z/(1+exp(-beta*z))",
    "1/(1+exp(-beta*z))",
    "(exp(z)-exp(-z))/(exp(z)+exp(-z))",
    "exp(z)/(1+exp(z))",
    "z if z > 0 else beta*(exp(z)-1)",
    "max(0, z)",
    "min(max(z, -1), 1)",
    "max(z, beta*z)",
    "max(min(z, 6), 0)*z/6",
    "z if -pi/4 < z < pi/4 else 16*z**3/pi**2",
    "exp(-exp(-z))",
    "log(cosh(z))",
    "log(exp(2*z)+3)",
    "z*(1+erf(z/sqrt(2)))/2",
    "0.5*z*(1+tanh(sqrt(2/pi)*(z+0.044715*z**3)))",
    "(z + sqrt(z**2+4))/2",
    "sqrt(1+z**2)-1",
    "asinh(beta*z)",
    "z/sqrt(1+beta*z**2)",
    "z/(1+abs(z)**1.5)",
    "z*sqrt(abs(z))",
    "sign(z)*log(1+abs(z))",
    "z**2*exp(-z**2)",
    "cos(beta*z)",
    "1-cos(beta*z)",
    "tanh(z)-z",
    "cosh(z)-1",
    "beta*z-sin(beta*z)",
    "log(1+exp(z))-log(2)",
    "z/2+sqrt(z**2/4+1)-1",
    "1/(1+z**2)-1/(1+2*z**2)",
    "sin(beta*z)/z",
    "(1-cos(z))/z**2",
    "sin(z-1)/(z-1)",
    "sin(2*z)/sin(z)",
    "z/(exp(z)-1)",
    "log(1+z*z)/z",
    "sin(z)*tanh(z)/z**2",
    "log(z) if z > 1 else z-1",
    "z if z < pi/4 else pi/4",
    "exp(-1/z**2)",
    "z+exp(-1/z**4)",
    "exp(-1/z) if z > 0 else 0",
    "z^3",
    "z",
]
COSTS = [
    "(a-y)**4",
    "abs(a-y)",
    "log(cosh(a-y))",
    "beta**2*(sqrt(1+((a-y)/beta)**2)-1)",
    "0.5*(a-y)**2 if abs(a-y) < 1 else abs(a-y)-0.5",
    "log(1+exp(-a*y))",
    "exp(a)-y*a",
]
SETTINGS = {True: {"beta": 0.7}, False: {}}


def require_close(got: Any, want: list[Any], size: float = 1e-13) -> None:
    np.testing.assert_allclose(np.ravel(got), [float(each) for each in want], rtol=size, atol=size)


@pytest.mark.parametrize(("i", "text"), [*enumerate(ACTIVATIONS)])
def test_an_activations_formula_becomes_a_plugin_that_passes_every_check(i: int, text: str, tmp_path: Path) -> None:
    given, params = read("activation", text), SETTINGS["beta" in text]
    assert not given.doubts
    module = imported(given, tmp_path, f"formula_{i}")
    (spec,) = module.cbp_activations()
    z, formula = np.array([-5.3, -1.7, -0.6, -0.01, 0.02, 0.4, 2.9, 7.1]), by_mpmath(text)
    with mpmath.workdps(40):
        values = [formula(z=mpmath.mpf(x), **params) for x in z]
        slopes = [mpmath.diff(lambda x: formula(z=x, **params), x) for x in z]
    require_close(spec.forward(z, **params), values)
    require_close(spec.derivative(z, spec.forward(z, **params), **params), slopes)
    report = check_activation(spec)
    assert {result.outcome for result in report.results if result.check.startswith("kernel-")} <= {"passed", "skipped"}
    assert report["kernel-forward"].outcome == report["kernel-backward"].outcome == "passed"


@pytest.mark.parametrize(("i", "text"), [*enumerate(COSTS)])
def test_a_costs_formula_becomes_a_plugin_that_passes_every_check(i: int, text: str, tmp_path: Path) -> None:
    given, params = read("cost", text), SETTINGS["beta" in text]
    assert not given.doubts
    module = imported(given, tmp_path, f"cost_{i}")
    (spec,) = module.cbp_costs()
    a, y, formula = np.array([[-5.3], [-0.6], [0.4], [2.9]]), np.array([[1.0], [0.0], [0.1], [2.0]]), by_mpmath(text)
    with mpmath.workdps(40):
        pairs = [(mpmath.mpf(float(p)), mpmath.mpf(float(q))) for p, q in zip(a[:, 0], y[:, 0], strict=True)]
        values = [formula(a=p, y=q, **params) for p, q in pairs]
        slopes = [mpmath.diff(lambda x, q=q: formula(a=x, y=q, **params), p) for p, q in pairs]
    require_close(spec.value(a, y, **params), values)
    require_close(spec.gradient(a, y, **params), slopes)
    report = check_cost(spec)
    assert report["kernel-value"].outcome == report["kernel-gradient"].outcome == "passed"


Z, BETA = sympy.Symbol("z", real=True), sympy.Symbol("beta", positive=True)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("z*tanh(log(1+exp(z)))", "z*tanh(softplus(z))"),
        ("beta*log(1+exp(z/beta))", "beta*softplus(z/beta)"),
        ("1/(1+exp(-beta*z))", "logistic(beta*z)"),
        ("z*exp(z)/(1+exp(z))", "z*logistic(z)"),
        ("z*exp(z)/(1+exp(z))**2", "z*logistic(-z)*logistic(z)"),
        ("1-1/(1+exp(z))", "logistic(z)"),
        ("2/(1+exp(-z))-1", "tanh(z/2)"),
        ("sinh(z)/cosh(z)", "tanh(z)"),
        ("1/cosh(z)", "sech(z)"),
        ("log(cosh(z))", "log_cosh(z)"),
        ("beta*(exp(z)-1)", "beta*expm1(z)"),
        ("1-exp(-z**2)", "-expm1(-z**2)"),
        ("log(z+sqrt(1+z**2))", "asinh(z)"),
        ("log(1+abs(z))", "log1p(Abs(z))"),
        ("1+tanh(z)", "2*logistic(2*z)"),
        ("1-cos(beta*z)", "2*sin(beta*z/2)**2"),
        ("1-1/cosh(z)", "tanh(z/2)*tanh(z)"),
        ("log(1+exp(z))-z", "softplus(-z)"),
        ("z + sqrt(z**2+4)", "Piecewise((4/(-z + sqrt(z**2 + 4)), z < 0), (z + sqrt(z**2 + 4), True))"),
    ],
)
def test_what_overflows_or_cancels_is_rewritten(text: str, written: str) -> None:
    given = read("activation", text).given
    assert str(stable(given)) == written


@pytest.mark.parametrize(
    ("text", "slope", "reads"),
    [
        ("tanh(beta*z)", "beta*(1 - a**2)", "a"),
        ("1/(1+exp(-z))", "a*(1 - a)", "a"),
        ("exp(z)", "a", "a"),
        ("z/(1+abs(z))", "(Abs(z) + 1)**(-2)", "z"),
        ("log(1+exp(z))", "logistic(z)", "z"),
        ("z/sqrt(1+z**2)", "(z**2 + 1)**(-3/2)", "z"),
        ("3*z", "3", ""),
    ],
)
def test_the_slope_is_written_in_the_shortest_way_that_is_right(text: str, slope: str, reads: str) -> None:
    given = read("activation", text)
    assert str(given.slope.expr) == slope
    assert "".join(name for name in "za" if given.slope.reads(name)) == reads


@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("max(0, z)", (0.0,)),
        ("min(max(z, -1), 1)", (-1.0, 1.0)),
        ("abs(z-0.5)", (0.5,)),
        ("z*abs(z)", ()),
        ("z if z > 0 else exp(z)-1", ()),
        ("abs(tanh(z)-0.5)", (0.549306144,)),
        ("max(z, beta*z)", (0.0,)),
        ("1/(3+sin(z)*log(z)) if z > 0 else 1/3", (0.0,)),
    ],
)
def test_kinks_are_found_and_declared(text: str, kinks: tuple[float, ...]) -> None:
    assert read("activation", text).kinks == kinks


@pytest.mark.parametrize(
    ("text", "hole", "value", "slope"),
    [
        ("sin(beta*z)/z", 0, 0.7, 0),
        ("z/(exp(z)-1)", 0, 1, -0.5),
        ("(1-cos(z))/z**2", 0, 0.5, 0),
        ("sin(z-1)/(z-1)", 1, 1, 0),
        ("(z**3-1)/(z-1)", 1, 3, 3),
        ("(z**4-1)/(z**2-1)", 1, 2, 2),
    ],
)
def test_a_hole_is_filled_with_what_is_beside_it(text: str, hole: float, value: float, slope: float) -> None:
    given, params = read("activation", text), SETTINGS["beta" in text]
    assert not given.doubts
    z = np.array([hole, np.nextafter(hole, -1), np.nextafter(hole, 2)])
    a = given.value.function(z, **params)
    arguments = {"z": z, "a": a}
    found = given.slope.function(*(arguments[name] for name in given.slope.arguments), **params)
    np.testing.assert_allclose([a, found], [[value] * 3, [slope] * 3], rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("sin(z)/z", "np.where(z == 0, 1, np.sin(z) / z)"),
        ("z if pi/4 > z else pi/4", "np.where(z >= 0.7853981633974483, 0.7853981633974483, z)"),
    ],
)
def test_cases_are_written_as_one_reads_them(text: str, written: str) -> None:
    assert read("activation", text).value.numpy("forward", "").strip().endswith(f" return {written}")


def test_what_loses_digits_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", "lost", "--activation", "sin(beta*z) - tanh(z)", "--param", "beta=1"]) == 0
    said = capsys.readouterr().out
    assert "note: the value at z = " in said
    assert "in float32, expected" in said
    assert "note: digits are lost there, and `cbp plugins check` may fail" in said
    assert "Digits are lost all the same: the value at z = " in Path("cbp-lost", "README.md").read_text(
        encoding="utf-8"
    )
    assert main(["plugins", "new", "kept", "--activation", "tanh(z) + z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["doubts"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2z", "cannot be read"),
        ("", "cannot be read"),
        ("foo(z)", "unknown function 'foo'; there are exp, "),
        ("sigmod(z)", "did you mean 'sigmoid'?"),
        ("z + x", "unknown name 'x'; it has z, "),
        ("z + x", "--param x=1"),
        ("a*z", "unknown name 'a'; an activation is a function of z"),
        ("atan(z)", "did you mean 'tan'? there are exp, "),
        ("sqrt(z)", "there is none at z = -1.5; make cases, such as sqrt(z) if z > 0 else 0"),
        ("tanh", "write tanh(z)"),
        ("z(2)", "'z' is no function; write z*(…)"),
        ("max(z)", "max takes two arguments"),
        ("z.real", "cannot use 'z.real'"),
        ("__import__('os')", "unknown function '__import__'"),
        ("[z for z in z]", "cannot use"),
        ("z if z else 1", "cannot use 'z' as a condition"),
        ("z/0", "'z / 0' is no real number"),
        ("3", "expected it to depend on z"),
        ("log(z)", "expected a real number everywhere, and there is none at z = -"),
        ("1/z", "none at z = 0"),
        ("1/z**2", "none at z = 0"),
        ("z*log(abs(z))", "none at z = 0"),
        ("abs(sin(z))/z", "none at z = 0"),
        ("1/(z**2-2)", "none at z = -1.41421"),
        ("tan(z)", "none at z = -10.9956"),
        ("1/(3+z*tan(z)/10)", "none at z = -11.3575"),
        ("tan(z)/z", "none at z = -10.9956"),
        ("z**2/(1-cos(z))", "none at z = -6.28319"),
        ("sin(z-beta)/(z-beta)", "no number where parameters say, as at z = 0.3, 0.7"),
        ("exp(-beta/z**2)", "it has a limit, but is no number as it stands"),
        ("exp(-1/abs(z)**0.25)", "and no way to write it was found that is nearer; make cases"),
        ("(tanh(z)-tanh(z+0.000001))*1000000", "in float32, expected -0.49"),
        ("1 if z > 0 else 0", "σ itself jumps at z = 0"),
        ("max(z, beta)", "σ′ jumps where beta says, as at z = 0.3, 0.7"),
    ],
)
def test_a_formula_that_cannot_be_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(FormulaError) as refused:
        read("activation", text)
    assert words in str(refused.value)


def test_a_power_with_many_digits_is_no_polynomial_to_be_solved() -> None:
    (doubt,) = {each.partition(",")[0] for each in read("activation", "log(exp(z)+exp(-beta*z)+1)").doubts}
    assert doubt == "the value at z = 100"


def test_a_cost_has_a_value_where_the_output_is_the_target() -> None:
    assert read("cost", "sqrt((a-y)**2)").slope.function(np.ones(1), np.ones(1)) == 0
    with pytest.raises(FormulaError, match=r"at a = -1\.3, y = -1\.3 it has a limit, but is no number as it stands"):
        read("cost", "(exp(a-y)-1)/(a-y)")
    with pytest.raises(FormulaError, match=r"there is none at a = -1\.3, y = -1\.3"):
        read("cost", "log(abs(a-y))")


def test_a_cost_depends_on_outputs_and_targets() -> None:
    with pytest.raises(FormulaError, match="expected it to depend on y"):
        read("cost", "a**2")
    with pytest.raises(FormulaError, match="unknown name 'z'"):
        read("cost", "z*y")


def test_the_documentation_names_the_functions() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page[page.index("There are `exp`") : page.index("and `pi`")]))
    assert named == set(FUNCTIONS) - {"ln", "sigmoid"}  # log and logistic by other names


def test_parameters_have_ranges() -> None:
    found = parameters(["beta=1.5", "0<b=2", "-1<=c=0.5<=1", "d=3<4"])
    assert [*found] == ["beta", "b", "c", "d"]
    assert [param.describe() for param in found.values()] == [
        "a number", "a number above 0", "a number at least -1 and at most 1", "a number below 4",
    ]  # fmt: skip
    assert [param.default for param in found.values()] == [1.5, 2, 0.5, 3]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["beta"], "such as beta=1.5"),
        (["0<beta=-1"], "expected a number above 0, got -1"),
        (["z=1"], "z cannot be the name of a parameter"),
        (["lambda=1"], "lambda cannot be"),
        (["exp=1"], "exp cannot be"),
        (["b=1", "b=2"], "b is given twice"),
        (["b=1", "c=1", "d=1", "f=1", "h=1"], "at most 4 parameters, got 5"),
    ],
)
def test_parameters_that_cannot_be_are_refused(words: list[str], complaint: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parameters(words)
    assert complaint in str(refused.value)
