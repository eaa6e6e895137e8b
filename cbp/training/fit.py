"""`Network.fit`: checks what it is given, puts a training together, and runs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from .. import inputs
from ..callbacks.calls import Calls
from ..core.threads import available
from ..optimizers import SupportsIterate, SupportsUpdate
from ..plugin.makers import Optimizer
from ..registry.made import optimizer as make_optimizer
from ..schedules import Schedule
from ..shown import shown
from .checkpoints import resume as take_up
from .feeds import Whole
from .history import History
from .iterating import Iterating
from .objective import ROWS
from .rates import scheduled
from .regularization import Regularization
from .run import Run
from .samples import Samples, parts
from .scoring import Scoring
from .stepping import Stepping

if TYPE_CHECKING:
    from ..network import Network

__all__ = ["train"]


def train(
    net: Network,
    X: ArrayLike,
    targets: ArrayLike,
    *,
    epochs: int,
    batch_size: int,
    optimizer: str | Optimizer | SupportsUpdate | SupportsIterate,
    schedule: str | Schedule | None,
    validation: float | tuple[ArrayLike, ...] | None,
    metrics: Any,
    train_metrics: bool,
    shuffle: bool,
    seed: int | None,
    sample_weight: ArrayLike | None,
    class_weight: Mapping[int, float] | str | None,
    callbacks: Any,
    regularization: Regularization,
    threads: int | None,
    progress: bool | Callable[[History], None],
    resume: str | os.PathLike[str] | None,
) -> History:
    """Train `net`; see `Network.fit`."""
    epochs = inputs.as_whole(epochs, "epochs")
    batch_size = inputs.as_whole(batch_size, "batch_size")
    seed = net.seed if seed is None else inputs.as_whole(seed, "seed", 0, inputs.LARGEST_SEED)
    threads = available() if threads is None else inputs.as_whole(threads, "threads")
    samples, held_out = Samples.checked(net, X, targets, sample_weight, class_weight), None
    if isinstance(validation, Real):
        samples, held_out = samples.split(float(validation), seed)
    elif validation is not None:
        held_out = Samples.checked(net, *parts(validation))
    scoring = Scoring(held_out, samples if train_metrics else None, metrics)
    scoring.check(net)
    made, rule, lr = scheduled(make_optimizer(optimizer), schedule)
    calls = Calls(callbacks, *_told(progress))
    in_steps = not hasattr(made, "iterate")
    feed = Whole(samples, batch_size, shuffle, seed) if in_steps else Whole(samples, ROWS, False, seed)
    settings = _settings(net, made, rule, lr) | {"regularization": repr(regularization), "seed": seed} | feed.settings()
    run = Run(net, made, rule, lr, epochs, seed, scoring, regularization, calls, settings)
    run.solver = Stepping(run, feed, threads) if in_steps else Iterating(run, feed, threads)
    if resume is not None:
        take_up(resume, run)
    run.drive()
    return run.history


def _settings(net: Network, optimizer: Any, schedule: Schedule, lr: float) -> dict[str, Any]:
    """What must be the same for a training that is resumed."""
    kind = type(optimizer)
    return {
        "sizes": list(net.sizes),
        "activations": [str(sigma) for sigma in net.layer_activations],
        "cost": str(net.cost_function),
        "dtype": net.dtype.name,
        "reduction": net.reduction,
        "frozen": list(net.frozen),
        "optimizer": repr(optimizer) if is_dataclass(optimizer) else f"{kind.__module__}.{kind.__qualname__}",
        "schedule": repr(schedule),
        "lr": lr,
    }


def _told(progress: bool | Callable[[History], None]) -> list[Any]:
    """The callbacks that show how far it is; TypeError if it is not known how."""
    if not callable(progress) and progress not in (True, False):
        raise TypeError(f"progress: expected True, False, or a function to call each epoch; got {shown(progress)}")
    if not progress:
        return []
    from .progress import Progress, Tell

    return [Tell(progress) if callable(progress) else Progress()]
