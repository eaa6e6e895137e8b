"""scikit-learn's callbacks (1.9 and newer), which are told of fit as a task and of each epoch as one within it."""

from __future__ import annotations

from typing import Any

__all__ = ["Tasks"]


class Tasks:
    """Tells the callbacks of one call of fit.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
    X, y, sample_weight : array-like
        As fit was given them.
    most : int
        No more epochs begin.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any, most: int) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit: Any = None
        self._epoch: Any = None
        self._listened = hasattr(estimator, "_skl_callbacks")
        if hasattr(estimator, "_init_callback_context"):
            self._fit = estimator._init_callback_context(max_subtasks=most)
            self._fit.call_on_fit_task_begin(**self._told)

    def begin(self) -> None:
        """An epoch begins."""
        if self._fit is not None and self._listened:
            self._epoch = self._fit.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._told)

    def end(self) -> bool:
        """It has ended; whether a callback wishes it to have been the last."""
        epoch, self._epoch = self._epoch, None
        return epoch is not None and bool(epoch.call_on_fit_task_end(**self._told, reconstruction_attributes={}))

    def close(self) -> None:
        """There will be no more."""
        if self._epoch is not None:
            self._epoch.call_on_fit_task_end(estimator=self._told["estimator"])
        if self._fit is not None:
            self._fit.call_on_fit_task_end(**self._told, reconstruction_attributes={})
