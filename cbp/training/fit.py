"""`Network.fit`: checks what it is given, puts a training together, and runs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .. import inputs
from ..callbacks.calls import Calls
from ..core.epoch import Unfit
from ..core.threads import available
from ..optimizers import SupportsIterate, SupportsUpdate
from ..plugin.makers import Optimizer
from ..registry.made import optimizer as make_optimizer
from ..schedules import Schedule
from ..shown import shown
from .batches import Batches, Source
from .checkpoints import resume as take_up
from .feeds import Feed, Parts, Whole
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
    X: ArrayLike | Source,
    targets: ArrayLike | None,
    *,
    epochs: int,
    batch_size: int,
    batches_per_epoch: int | None,
    optimizer: str | Optimizer | SupportsUpdate | SupportsIterate,
    schedule: str | Schedule | None,
    validation: float | tuple[ArrayLike, ...] | None,
    metrics: Any,
    train_metrics: bool,
    shuffle: bool | Literal["blocks"],
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
    made, rule, lr = scheduled(make_optimizer(optimizer), schedule)
    in_steps = not hasattr(made, "iterate")
    samples: Samples | None = None
    held_out: Samples | None = None
    feed: Feed
    calls = Calls(callbacks, *_told(progress))
    if targets is None:
        _refuse_for_batches(validation, sample_weight, train_metrics)
        feed = _batches(net, X, batches_per_epoch, epochs, class_weight)
        if not feed.again and (resume is not None or not in_steps):
            raise ValueError(
                f"X: expected batches that can be begun again, got {shown(X)}: pass a function that makes them"
            )
    else:
        if batches_per_epoch is not None:
            raise ValueError(
                "batches_per_epoch: expected none with samples and targets, which make batches of batch_size"
            )
        # Reading X takes as long as an epoch of a small network, which can look while it learns: where nobody is told
        # that a training begins, nobody is told too early.
        later = in_steps and resume is None and validation is None and not (calls.all or train_metrics)
        samples = Samples.checked(net, X, targets, sample_weight, class_weight, later=later)  # type: ignore[arg-type]
        if isinstance(validation, Real):
            samples, held_out = samples.split(float(validation), seed)
        batches = (batch_size, _order(shuffle)) if in_steps else (ROWS, False)
        feed = (Whole if samples.in_memory else Parts)(samples, *batches, seed)
    if validation is not None and not isinstance(validation, Real):
        expected = "a fraction such as 0.2, (X, targets), or (X, targets, weights)"
        held_out = Samples.checked(net, *parts(validation, "validation", expected))
    scoring = Scoring(held_out, samples if train_metrics else None, metrics, threads)
    scoring.check(net)
    settings = _settings(net, made, rule, lr) | {"regularization": repr(regularization), "seed": seed} | feed.settings()
    run = Run(net, made, rule, lr, epochs, seed, scoring, regularization, calls, settings)
    run.solver = Stepping(run, feed, threads) if in_steps else Iterating(run, samples, feed, threads)
    if resume is not None:
        take_up(resume, run)
    _drive(run, samples)
    return run.history


def _drive(run: Run, samples: Samples | None) -> None:
    """Train; ValueError that says which number it is, where X has one that is not finite."""
    try:
        run.drive()
        return
    except Unfit as error:
        unfit = error
    if samples is not None:
        samples.look()
    raise unfit


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


def _batches(net: Network, source: Any, number: int | None, epochs: int, class_weight: Any) -> Batches:
    """A feed of batches that somebody else makes."""
    number = None if number is None else inputs.as_whole(number, "batches_per_epoch")
    return Batches(net, source, number, epochs, class_weight)


def _refuse_for_batches(validation: Any, sample_weight: Any, train_metrics: bool) -> None:
    """ValueError for what batches cannot be asked for."""
    if isinstance(validation, Real):
        raise ValueError("validation: expected (X, targets), for no fraction of batches can be held out")
    if sample_weight is not None:
        raise ValueError(
            "sample_weight: expected none with batches, which are (X, targets, weights) where they have some"
        )
    if train_metrics:
        raise ValueError("train_metrics: expected False with batches, which are gone through once an epoch")


def _order(shuffle: bool | str) -> bool | str:
    if not isinstance(shuffle, bool | np.bool) and shuffle != "blocks":
        raise ValueError(f"shuffle: expected True, False or 'blocks', got {shown(shuffle)}")
    return shuffle if shuffle == "blocks" else bool(shuffle)


def _told(progress: bool | Callable[[History], None]) -> list[Any]:
    """The callbacks that show how far it is; TypeError if it is not known how."""
    if not callable(progress) and progress not in (True, False):
        raise TypeError(f"progress: expected True, False, or a function to call each epoch; got {shown(progress)}")
    if not progress:
        return []
    from .progress import Progress, Tell

    return [Tell(progress) if callable(progress) else Progress()]
