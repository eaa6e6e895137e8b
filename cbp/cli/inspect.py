"""``cbp inspect``: what is in a model file. Nothing is looked up that the file can say itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..files.model import ModelError, read
from ..registry import registry
from ..registry.entries import Kind
from .tables import print_pairs, print_table, printable

SUMMARY = "show what is in a model file"
EXAMPLES = """\
  cbp inspect digits.safetensors
"""

TITLES = ("layer", "size", "activation", "a =", "parameters", "W mean", "std", "min", "max")
RIGHT = ("layer", "size", "parameters", "W mean", "std", "min", "max")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``cbp inspect``."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a model file or a checkpoint, with --ema its mean; plugins it names need not be installed",
    )


def run(options: argparse.Namespace) -> None:
    """Print its layers, its cost, and where it comes from."""
    description, tensors = read(options.model)
    try:
        rows = _layers(description, tensors)
        pairs = _pairs(description)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as damage:
        raise ModelError(f"{options.model}: its description is damaged ({type(damage).__name__}: {damage})") from damage
    count = sum(tensor.size for tensor in tensors.values())
    sizes = "-".join(map(str, description["sizes"]))
    print(f"{printable(options.model)}: {sizes}, {count:,} parameters, {description['dtype']}\n")
    print_table(TITLES, rows, RIGHT, folded="a =")
    print()
    print_pairs(pairs)


def _layers(description: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> list[list[str]]:
    rows = []
    layers = zip(description["sizes"], description["activations"], strict=True)
    for l, (size, sigma) in enumerate(layers, start=1):
        numbers = [""] * 5 if l == 1 else _numbers(tensors[f"W{l}"], tensors[f"b{l}"])
        rows.append([str(l), str(size), _called(sigma), _formula("activation", sigma), *numbers])
    return rows


def _numbers(W: np.ndarray, b: np.ndarray) -> list[str]:
    W64 = W.astype(np.float64)
    return [f"{W.size + b.size:,}", *(f"{v:.3g}" for v in (W64.mean(), W64.std(), W64.min(), W64.max()))]


def _called(described: Mapping[str, Any]) -> str:
    """``leaky_relu(alpha=0.1)``, and its distribution where that is another than cbp."""
    params = ", ".join(f"{key}={value:g}" for key, value in described["params"].items())
    name = f"{described['name']}({params})" if params else described["name"]
    return name if described["distribution"] == "cbp" else f"{described['distribution']}:{name}"


def _formula(kind: Kind, described: Mapping[str, Any]) -> str:
    try:
        return str(registry.find(kind, f"{described['distribution']}:{described['name']}").spec.formula)
    except (ValueError, ImportError):
        return f"({described['distribution']} {described['version']} is not installed)".replace("  ", " ")


def _pairs(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    cost, extra = description["cost"], description["extra"]
    found = [
        ("cost", f"{_called(cost)}: {_formula('cost', cost)}; {description['reduction']} over the samples"),
        ("task", extra.get("task")),
        ("classes", _some(extra.get("class_names"))),
        ("targets", _some(extra.get("target_names"))),
        ("features", _some(extra.get("feature_names"))),
        ("scaling", _scaling(extra["scaling"]) if "scaling" in extra else None),
        ("data", _data(extra["data"]) if "data" in extra else None),
        ("held-out", _said(extra.get("score"))),
        ("training", f"{_said(extra.get('training'))}, epochs {description['epochs_trained']}".lstrip(", ")),
        ("seed", str(description["seed"])),
        ("frozen", ", ".join(f"layer {l}" for l in description["frozen"])),
        ("made with", f"cbp {extra['cbp_version']}" if "cbp_version" in extra else None),
    ]
    return [(name, value) for name, value in found if value]


def _some(names: list[str] | None, most: int = 8) -> str:
    """How many names there are, and the first of them."""
    if not names:
        return ""
    return f"{len(names)} ({', '.join(names[:most])}{', …' * (len(names) > most)})"


def _scaling(scaling: Mapping[str, Any]) -> str:
    done = [name for name in ("features", "targets") if scaling.get(name)]
    return f"{' and '.join(done)} standardised" if done else "none"


def _data(data: Mapping[str, Any]) -> str:
    part = data["held_out"]
    drawn = isinstance(part, Mapping)
    held_out = f"{part['fraction']:g} of them held out, seed {part['seed']}" if drawn else "own test part"
    return f"{data['name']}, {data['samples']} samples, {held_out}"


def _said(values: Mapping[str, Any] | None) -> str:
    """``accuracy 0.98, samples 359``."""
    return ", ".join(f"{key} {_short(value)}" for key, value in (values or {}).items() if value is not None)


def _short(value: Any) -> str:
    several = value if isinstance(value, list) else [value]
    return ", ".join(f"{each:.4g}" if isinstance(each, float) else str(each) for each in several)
