"""scikit-learn's own tests of its MLP, from the installed package, with nothing but the import replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
import sklearn.neural_network

IMPORT = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
FILE = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
LEFT_OUT = {
    "test_gradient": "calls _loss_grad_lbfgs with lists of work arrays; ours is checked by finite differences "
    "in test_lbfgs.py",
}
if FILE.read_text(encoding="utf-8").count("assert_allclose(pred_64, pred_32, rtol=1e-04)"):  # before 1.7
    LEFT_OUT["test_mlp_regressor_dtypes_casting"] = "asks float32 for more digits than scikit-learn does by now: 5e-4"

pytestmark = pytest.mark.filterwarnings("default")  # scikit-learn's own tests let warnings pass


@pytest.fixture
def global_random_seed() -> int:
    """What scikit-learn's conftest.py gives these tests unless it is told otherwise."""
    return 42


def adapted() -> str:
    """The file's text with one line replaced."""
    text = FILE.read_text(encoding="utf-8")
    assert text.count(IMPORT) == 1
    return text.replace(IMPORT, IMPORT.replace("sklearn.neural_network", "cbp.sklearn"))


exec(compile(adapted(), str(FILE), "exec"), globals())
THEIRS = [name for name in globals() if name.startswith("test_")]
for name in LEFT_OUT:
    del globals()[name]


def test_all_but_a_few_are_run_and_those_have_a_reason() -> None:
    assert len(THEIRS) - len(LEFT_OUT) >= 30
    assert all(text for text in LEFT_OUT.values())
    assert len(LEFT_OUT) <= 5
