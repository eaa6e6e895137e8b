"""A plugin that is broken as a whole is caught by the check meant for it, which tells its author what to do."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import cbp
from cbp.registry import Registry
from cbp.registry.chosen import choose
from cbp.registry.discovery import installed
from cbp.testing import CHECKS, Report, parametrize_checks
from cbp.testing.run import report_on

Code = Callable[..., str]
Distribution = Callable[..., Path]

BIT = 22 if platform.machine() in ("aarch64", "arm64") else 14  # of the direction of rounding
START = "import numpy as np\nfrom cbp.plugin import Activation, Cost, hookimpl\n"
FINE = 'Activation("fine", np.tanh, lambda z, a: 1 - a * a)'


def hook(returns: str = f"[{FINE}]", name: str = "cbp_activations", more: str = "") -> str:
    return f"{START}\n{more}\n@hookimpl\ndef {name}():\n    return {returns}\n"


class Animal(NamedTuple):
    """The code of a plugin, what finds its fault, and what must be said about it."""

    code: str
    check: str
    words: tuple[str, ...]


ZOO = {
    "misses a module": Animal(
        "import no_such_module_at_all", "import", ("ModuleNotFoundError: No module named", "among its dependencies")
    ),
    "does not parse": Animal("def", "import", ("SyntaxError",)),
    "exits": Animal("raise SystemExit('usage: tool')", "import", ("SystemExit: usage: tool",)),
    "exits at once": Animal("import os; os._exit(3)", "import", ("exit status 3", "import plugin alone")),
    "crashes": Animal("import ctypes; ctypes.string_at(0)", "import", ("signal SIGSEGV", "built for this Python")),
    "never ends": Animal("while True: pass", "import", ("no end within 3 s",)),
    "misspells its hook": Animal(
        hook(name="cbp_activation"), "hooks", ("unknown hook 'cbp_activation'", "hooks named cbp_activations")
    ),
    "forgets hookimpl": Animal(
        f"{START}def cbp_activations(): return [{FINE}]", "hooks", ("it has no hook", "@cbp.plugin.hookimpl")
    ),
    "raises in its hook": Animal(hook("1 / 0"), "hooks", ("ZeroDivisionError", "plugin.py, line 7: return 1 / 0")),
    "returns no list": Animal(hook(FINE), "hooks", ("expected a list of cbp.plugin.Activation",)),
    "declares nonsense": Animal(hook(f"[{FINE[:-1]}, kinks='0')]"), "hooks", ("kinks= expected a tuple of numbers",)),
    "steals a name": Animal(
        hook(f"[{FINE}, {FINE.replace('fine', 'relu')}]"), "names", ("'relu' is built in", "rename")
    ),
    "has a name twice": Animal(hook(f"[{FINE}, {FINE}]"), "names", ("there twice", "none twice")),
    "prints": Animal(hook(more="print('welcome')"), "import-output", ("'welcome'", "every plugin")),
    "writes to stderr itself": Animal(
        hook(more="import os; os.write(2, b'hello from C')"), "import-output", ("hello from C",)
    ),
    "rounds upwards": Animal(
        hook(more=f"import cbp.core.sentinel as s; s.set_floating_point_mode(s.floating_point_mode() ^ (1 << {BIT}))"),
        "import-floating-point-mode",
        ("the direction of rounding", "-ffast-math"),
    ),
}


@pytest.fixture(autouse=True)
def no_choice(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("testing.named", "testing.plugin_checks"):
        monkeypatch.setattr(f"cbp.{module}.registry", registry)


def report(seconds: float = 30) -> Report:
    (plugin,) = installed()[0]
    return report_on(plugin, seconds=seconds)


@pytest.mark.parametrize("animal", ZOO.values(), ids=ZOO)
def test_an_animal_is_caught(distribution: Distribution, animal: Animal) -> None:
    distribution("plugin", animal.code)
    said = report(seconds=3 if animal.code.startswith("while") else 30)
    assert said[animal.check].outcome == "failed", str(said)
    text = " ".join(str(said[animal.check]).split())
    assert [words for words in animal.words if words not in text] == [], text
    assert [result.check for result in said.failures] == [animal.check]


def test_every_check_has_an_animal() -> None:
    """But for the GIL, which is turned on where there is none, and requirements, which have animals below."""
    assert {animal.check for animal in ZOO.values()} == {check.name for check in CHECKS["plugin"]} - {
        "import-gil",
        "requirements",
    }
    assert len(ZOO) >= 16


def test_a_distribution_without_a_version_is_caught(distribution: Distribution) -> None:
    """Of a model that is loaded without it, nobody could tell what to install."""
    (distribution("plugin", hook()) / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\n")
    result = report_on(choose("activation", "fine"), ["missing-plugin"])["missing-plugin"]
    assert result.outcome == "failed"
    assert "give it a version" in str(result)


FAST_MATH = """
#if defined(__x86_64__)
#include <xmmintrin.h>
__attribute__((constructor)) static void start(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
#else
#include <fenv.h>
__attribute__((constructor)) static void start(void) { fesetround(FE_UPWARD); }
#endif
"""


def test_a_library_linked_for_fast_math_is_caught(distribution: Distribution, tmp_path: Path) -> None:
    """What -ffast-math links into a library, whatever this compiler makes of the option."""
    (tmp_path / "fast.c").write_text(FAST_MATH)
    library = tmp_path / "fast.so"
    subprocess.run(["cc", "-shared", "-fPIC", str(tmp_path / "fast.c"), "-o", str(library), "-lm"], check=True)
    distribution("plugin", hook(more=f"import ctypes; ctypes.CDLL({str(library)!r})"))
    result = report()["import-floating-point-mode"]
    assert result.outcome == "failed"
    assert "plugin.py" in str(result)
    assert "flushes subnormal numbers to zero" in " ".join(str(result).split())


def test_a_requirement_that_admits_another_project_is_caught(distribution: Distribution) -> None:
    info = distribution("plugin", hook())
    with (info / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: cbp>=0.1\n")
    result = report()["requirements"]
    assert result.outcome == "failed"
    assert "cbp>=0.1,<1" in str(result)
    assert "another project" in str(result)


@pytest.mark.parametrize("requirement", ["cbp>=0.1,<1", "cbp (>=0.1,<1.0)", "cbp~=0.1", "cbp-snake", "cbp.x>=2"])
def test_a_requirement_that_is_bounded_passes(distribution: Distribution, requirement: str) -> None:
    info = distribution("plugin", hook())
    with (info / "METADATA").open("a") as metadata:
        metadata.write(f"Requires-Dist: {requirement}\n")
    assert report()["requirements"].outcome == "passed"


def test_a_tame_plugin_passes(distribution: Distribution) -> None:
    distribution("plugin", hook())
    said = report()
    assert said.ok, str(said)
    assert [result.outcome for result in said.results[:-1]] == ["passed"] * 6
    assert "it provides activation plugin:fine" in str(said)


def test_a_shared_name_is_told(distribution: Distribution, activation_plugin: Code, registry: Registry) -> None:
    distribution("other", activation_plugin("fine"))
    distribution("plugin", hook())
    registry.entries("activation")
    plugin = next(plugin for plugin in installed()[0] if plugin.distribution == "plugin")
    note = report_on(plugin, ["names"])["names"].note
    assert "other:fine" in note
    assert "write them in full" in note


def test_a_broken_plugins_cases_are_collected_all_the_same(distribution: Distribution) -> None:
    distribution("plugin", "import no_such_module_at_all")
    cases = parametrize_checks("plugin").args[1]
    assert [case.id for case in cases][:3] == [
        "plugin:plugin-requirements",
        "plugin:plugin-import",
        "plugin:plugin-hooks",
    ]
    with pytest.raises(cbp.testing.ConformanceError, match="no_such_module_at_all"):
        cases[1].values[0]()
    with pytest.raises(pytest.skip.Exception, match="not run, because 'import' failed"):
        cases[2].values[0]()


def test_a_plugin_that_is_left_out_cannot_be_checked(
    distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution("plugin", hook())
    monkeypatch.setenv("CBP_PLUGINS", "-plugin")
    with pytest.raises(ValueError, match="CBP_PLUGINS leaves out plugin:plugin: let it in to check it"):
        parametrize_checks("plugin")
