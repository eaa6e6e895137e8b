"""What a callback is: hooks that `fit` calls, and what it remembers of one training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["Callback"]


class Callback:
    """The base of callbacks: every hook does nothing.

    A hook that is not overridden costs nothing. Those of batches make every batch a call of the core of its own;
    without them an epoch is one call. The bits are the same. A hook may read everything of the run and of its
    network, and end the training with ``run.stop(reason)``.

    Examples
    --------
    >>> import cbp
    >>> class Largest(cbp.callbacks.Callback):
    ...     def on_epoch_end(self, run):
    ...         print(run.epoch, run.history.last()["cost"], abs(run.net.parameters).max())
    """

    def on_train_begin(self, run: Run) -> None:
        """Training begins: forget what an earlier one left."""

    def on_epoch_begin(self, run: Run) -> None:
        """An epoch begins, or is taken up again in its middle."""

    def on_batch_begin(self, run: Run) -> None:
        """The batch after ``run.batch`` begins."""

    def on_batch_end(self, run: Run) -> None:
        """Batch ``run.batch`` has cost ``run.batch_cost``, and its step is taken."""

    def on_epoch_end(self, run: Run) -> None:
        """An epoch has ended: ``run.history.last()`` is its row."""

    def on_train_end(self, run: Run) -> None:
        """Training has ended: as it was to, by ``run.stopped``, or by ``run.error``, which will be raised."""

    def on_error(self, run: Run, error: BaseException) -> bool | None:
        """Something was raised: True ends the training here, and lets `fit` return."""

    def watch(self, run: Run) -> bool | None:
        """Asked about every few milliseconds, within epochs too: True if `at_rest` should be called soon."""

    def at_rest(self, run: Run) -> None:
        """Training stands between two steps, with all of its state whole.

        At the beginning, after each epoch, where `watch` asked for it, and at the end, Ctrl-C among them.
        """

    def state(self) -> dict[str, Any]:
        """What it remembers of this training, for a checkpoint: numbers, words, arrays, lists and mappings of them."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned; called after `on_train_begin`."""
