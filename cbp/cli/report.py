"""What ``cbp train`` says: before it begins, the score, and how to go on."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from ..data import Dataset
from ..network import Network
from ..preparation import Preparation
from ..scores import NumberScore, Score
from .tables import printable
from .training_data import TrainingData

__all__ = ["announce", "print_each_target", "report", "tell_how_to_use"]

NOT_FROM_HERE = " (started as `python -P`: the cbp/ of this folder is another than the installed one)"


def announce(data: TrainingData, net: Network) -> None:
    """Say what is learned from, and by what."""
    parts = {"to train on": data.train, "to validate on": data.validation, "held out": data.held_out}
    if data.validation is data.held_out:
        del parts["to validate on"]
    said = ", ".join(f"{len(part)} {words}" for words, part in parts.items() if part)
    functions = ", ".join(str(sigma) for sigma in net.layer_activations[1:])
    print(f"{printable(data.all.name)}: {data.all.summary}{f'; {said}' * (',' in said)}", file=sys.stderr)
    print(f"network {'-'.join(map(str, net.sizes))}: {functions}; {net.cost_function}", file=sys.stderr)


def report(score: Score | None, preparation: Preparation, net: Network, seconds: float) -> None:
    """Print the final score."""
    took = f"{net.epochs_trained} epoch{'s' * (net.epochs_trained != 1)} in {seconds:.2f} s"
    print(f"held-out {score}, {took}" if score else f"trained {took}")
    print_each_target(score, preparation)


def print_each_target(score: Score | None, preparation: Preparation) -> None:
    """A line for each target, where there are several."""
    if isinstance(score, NumberScore) and len(score.r2) > 1:
        for j, name in enumerate(preparation.named_outputs(len(score.r2))):
            print(f"  {printable(name)}: {score.line(j)}")


def tell_how_to_use(
    out: Path,
    replaced: bool,
    record: Path,
    net: Network,
    preparation: Preparation,
    source: str,
    scored: Dataset | None,
    newest: str | None,
) -> None:
    """Say where the model is, and print the commands and the lines of Python that use it.

    Of a training that was ended before its time, `newest` is the checkpoint to go on from, if there is one.
    """
    again, going_on = f"  cbp train --config {shlex.quote(str(record))}", f" --resume {shlex.quote(newest or '')}"
    model, option = shlex.quote(str(out)), " --held-out" if scored and scored.test is None else ""
    plain = preparation.features is None and preparation.targets is None
    call = "net.predict(X)" if plain else "Preparation.of(net).predict(net, X)"
    lines = [
        f"wrote {out}{' (replaced the old one)' * replaced}; to use it:",
        f"  cbp predict {model} FILE",
        f"  cbp evaluate {model} {shlex.quote(source) if scored else 'FILE'}{option}",
        *[f"{again}  # the same run again"] * record.exists(),
        *[f"{again}{going_on}  # go on with it"] * (newest is not None and record.exists()),
        f"or in Python{NOT_FROM_HERE if _shadowed() else ''}:",
        "  import cbp" if plain else "  import cbp; from cbp.preparation import Preparation",
        f"  net = cbp.load({str(out)!r})",
        f"  {call}  # X of shape (n, {net.sizes[0]})",
    ]
    print("\n".join(map(printable, lines)))


def _shadowed() -> bool:
    """Whether a Python started in this folder would find another cbp than this one."""
    here = Path("cbp", "__init__.py")
    return here.exists() and not here.samefile(Path(__file__).parents[1] / "__init__.py")
