"""The repository's plugins, built and installed as any user would: found by name, trained with, saved."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

from kernel_calls import ISAS, needs_python

Run = Callable[..., str]

BUILT = ("base",) if ISAS == ("base",) else ("v2", "v3", "v4")


BY_NAME = """
import numpy as np
import cbp

X = np.linspace(-1, 1, 64)[:, None]
for snake, von_mises in (("snake", "von_mises"), ("cbp-snake:snake", "cbp-circular:von_mises")):
    chosen = cbp.activation(snake, alpha=8), cbp.cost(von_mises, kappa=4)
    for activation, cost in ((snake, von_mises), chosen):
        net = cbp.Network([1, 32, 1], activation=activation, cost=cost, seed=1)
        history = net.fit(X, 3 * np.sin(9 * X), epochs=300, batch_size=16, optimizer="adam")
        print(net, history.epochs, net.cost(X, 3 * np.sin(9 * X)) < net.cost(X, 0 * X))
net.save("waves.safetensors")
"""

LOAD = """
import cbp
try:
    print(cbp.load("waves.safetensors"))
except ValueError as error:
    print(error)
"""


def test_they_are_found_by_short_and_full_name_trained_and_saved(run: Run, site: Path) -> None:
    lines = run(BY_NAME, site).splitlines()
    plain = "<cbp.Network 1-32-1 snake(alpha=0.5), identity; von_mises(kappa=1); float32> 300 True"
    chosen = "<cbp.Network 1-32-1 snake(alpha=8), identity; von_mises(kappa=4); float32> 300 True"
    assert lines[:4] == [plain, chosen] * 2
    assert run(LOAD, site).strip() == chosen.removesuffix(" 300 True")
    assert "install cbp-snake==0.1.0" in run(LOAD)


LISTED = """
import cbp
print(sorted(name for name in (*cbp.activations(), *cbp.costs()) if not name.startswith("cbp:")))
"""


def test_all_that_they_provide_is_listed(run: Run, site: Path) -> None:
    assert ast.literal_eval(run(LISTED, site)) == [
        "cbp-circular:direction", "cbp-circular:von_mises", "cbp-snake:snake",
        "cbp-sparsemax:sparsemax", "cbp-sparsemax:sparsemax_loss",
        "cbp-survival:log_logistic_aft", "cbp-survival:weibull_aft", "cbp-tweedie:tweedie",
    ]  # fmt: skip


TWO_CLASSES = """
import numpy as np
import cbp

X = np.random.default_rng(0).normal(size=(200, 2))
labels = (X[:, 0] * X[:, 1] > 0).astype(int)
scores = cbp.Network([2, 16, 2], "tanh", cost="sparsemax_loss", seed=1)
shares = cbp.Network([2, 16, 2], ["tanh", "sparsemax"], cost="squared_error", seed=1)
for net in (scores, shares):
    net.fit(X, labels, epochs=200, batch_size=20, optimizer=cbp.Adam(lr=1e-2))
    print(net, (net.predict(X).argmax(axis=1) == labels).mean() > 0.95)
a = shares.predict(X)
print((a == 0).any(), np.allclose(a.sum(axis=1), 1, atol=1e-6))
"""


def test_sparsemax_and_its_loss_tell_classes_apart(run: Run, site: Path) -> None:
    """With warnings as errors: the shared library is there and is called."""
    assert run(TWO_CLASSES, site, PYTHONWARNINGS="error").splitlines() == [
        "<cbp.Network 2-16-2 tanh, identity; sparsemax_loss; float32> True",
        "<cbp.Network 2-16-2 tanh, sparsemax; squared_error; float32> True",
        "True True",
    ]


def test_the_library_of_sparsemax_is_one_for_every_python(site: Path) -> None:
    (wheel,) = site.glob("cbp_sparsemax-*.dist-info/WHEEL")
    assert re.search(r"^Tag: py3-none-(?!any)", wheel.read_text(), re.MULTILINE)
    names = {path.name for path in (site / "cbp_sparsemax").iterdir() if path.suffix != ".pyc"}
    assert names - {"__init__.py", "__pycache__"} == {f"kernel_{isa}.so" for isa in BUILT}
    for isa in BUILT:
        assert not needs_python(site / "cbp_sparsemax" / f"kernel_{isa}.so")
