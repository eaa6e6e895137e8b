"""What plugins cost: a hundred that nobody asks for, the first name that is not built in, and a kernel from outside.

python -m benchmarks.plugins [--dummies 100] [--rounds 21] [--measure names,clones]

Names: `import cbp` in a new Python, and in it the first look-up of a name that is not built in, with so many dummy
distributions, behind all else on ``sys.path`` as site-packages is, and with none. A short name imports every plugin, a
full one that of its distribution. Clones: training with logistic and cross_entropy, and with the
same headers compiled by a plugin's setup.py; the bits must be the same. What is compared takes turns.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import ROOT
from benchmarks.pinning import environment, pin

MEASUREMENTS = ("names", "clones")

DUMMY = """import numpy as np
from cbp.plugin import Activation, hookimpl


@hookimpl
def cbp_activations():
    return [Activation("dummy{i}", forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)]
"""
LOOK_UP = """
import json, sys, time

folder, name = sys.argv[1:]
sys.path.append(folder)
start = time.perf_counter()
import cbp
imported = time.perf_counter()
try:
    cbp.activation(name)
except ValueError:  # there are none
    pass
found = time.perf_counter()
dummies = sum(name.startswith("dummy") for name in sys.modules)
print(json.dumps([1e3 * (imported - start), 1e3 * (found - imported), dummies]))
"""
TRAIN = """
import json, sys
import numpy as np
import cbp
from cbp.timing.rounds import interleaved

rounds, seconds, dtype = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
rng = np.random.default_rng(0)
X, labels = rng.normal(size=(6400, 64)).astype(dtype), rng.integers(0, 10, 6400)


def net(activation, output, cost):
    return cbp.Network([64, 100, 10], activation, output, cost, dtype=dtype, seed=1)


nets = {
    "built in": net("logistic", "softmax", "cross_entropy"),
    "clone": net("clone_logistic", "clone_softmax", "clone_cross_entropy"),
}
for each in nets.values():
    each.fit(X, labels, epochs=2, batch_size=32, threads=1)
same = len({each.parameters.tobytes() for each in nets.values()}) == 1


def run(net):
    return lambda epochs: net.fit(X, labels, epochs=epochs, batch_size=32, threads=1)


runs = {name: run(each) for name, each in nets.items()}
print(json.dumps([same, interleaved(runs, rounds, seconds, lambda: None, "cpu")]))
"""


def put_dummies(folder: Path, count: int) -> None:
    """So many distributions, each with a plugin that provides one activation."""
    for i in range(count):
        info = folder / f"dummy_{i}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"dummy_{i}.py").write_text(DUMMY.format(i=i))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dummy-{i}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[cbp]\ndummy-{i} = dummy_{i}\n")


def put_clones(work: Path) -> Path:
    """A folder with the clone of cbp's own kernels that `tests/plugins/clone` builds."""
    source = shutil.copytree(ROOT / "tests" / "plugins" / "clone", work / "clone")
    for header in (ROOT / "cbp" / "core").glob("*.h"):
        shutil.copy(header, source)
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--target", str(work / "site")]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], cwd=work, check=True)
    return work / "site"


def said(code: str, *arguments: str, cwd: str, path: str = "") -> Any:
    """What a new Python prints, with `path` before the path it has."""
    paths = os.pathsep.join(filter(None, (path, os.environ.get("PYTHONPATH", ""))))
    env = {k: v for k, v in environment(1).items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": paths}
    command = [sys.executable, "-c", code, *arguments]
    return json.loads(subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True, text=True).stdout)


def names(dummies: int, rounds: int) -> None:
    """Print the milliseconds of an import and of the first name, short and full, that is not built in."""
    times: dict[tuple[int, str], list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as work:
        put_dummies(Path(work, "dummies"), dummies)
        for r in range(rounds + 1):
            for count, folder in ((0, "none"), (dummies, "dummies")):
                for name, imports in (("dummy0", count), ("dummy-0:dummy0", min(count, 1))):
                    *took, loaded = said(LOOK_UP, str(Path(work, folder)), name, cwd=work)
                    assert loaded == imports, f"expected {imports} dummies to be imported, got {loaded}"
                    if r > 0:  # the first writes the bytecode, as pip does when it installs
                        times.setdefault((count, name), []).append(took)
    print(f"{'plugins installed':22} {'import cbp':>12} {'first short name':>18} {'first full name':>18}")
    for count in (0, dummies):
        short, full = (list(zip(*times[count, name], strict=True)) for name in ("dummy0", "dummy-0:dummy0"))
        each = (median(short[0] + full[0]), median(short[1]), median(full[1]))
        print(f"{count:<22} {each[0]:>9.1f} ms {each[1]:>15.1f} ms {each[2]:>15.1f} ms")


def clones(rounds: int, seconds: float) -> None:
    """Print how long training takes with cbp's own kernels and with a plugin's copies of them."""
    with tempfile.TemporaryDirectory() as folder:
        site = put_clones(Path(folder))
        print(f"{'64-100-10, batch 32':22} {'built in':>12} {'clone':>12} {'clone/built in':>16}")
        for dtype in ("float32", "float64"):
            same, times = said(TRAIN, str(rounds), str(seconds), dtype, cwd=folder, path=str(site))
            assert same, f"{dtype}: expected the bits of the built-in kernels from their clones"
            step = {name: 1e6 * median(each) / 200 for name, each in times.items()}
            ratio = median(b / a for a, b in zip(times["built in"], times["clone"], strict=True))
            each = "".join(f" {took:>9.2f} µs" for took in step.values())
            print(f"{dtype:22}{each} {ratio:>16.4f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", type=lambda text: text.split(","), default=MEASUREMENTS, metavar="NAMES")
    parser.add_argument("--dummies", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each sample of a training")
    asked = parser.parse_args()
    if unknown := set(asked.measure) - set(MEASUREMENTS):
        parser.error(f"--measure: expected some of {','.join(MEASUREMENTS)}, got {','.join(sorted(unknown))}")
    pin(1)
    if "names" in asked.measure:
        names(asked.dummies, asked.rounds)
    if "clones" in asked.measure:
        clones(asked.rounds, asked.seconds)


if __name__ == "__main__":
    main()
