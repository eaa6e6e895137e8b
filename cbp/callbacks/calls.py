"""The callbacks of one training, and how they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from .callback import Callback

if TYPE_CHECKING:
    from ..training.run import Run

__all__ = ["Calls"]

HOOKS = (
    "on_train_begin", "on_epoch_begin", "on_batch_begin", "on_batch_end", "on_epoch_end", "on_train_end",
    "on_error", "watch", "at_rest", "state", "restore",
)  # fmt: skip


class Calls:
    """Callbacks, whose hooks are called in their order; a hook that nobody has costs nothing.

    Parameters
    ----------
    callbacks : iterable of objects with some of the hooks, one such object, or None
    *more : objects with some of the hooks

    Raises
    ------
    TypeError
        Something in it is no callback.
    """

    def __init__(self, callbacks: Any, *more: Any) -> None:
        self.all: tuple[Any, ...] = (*map(_checked, _listed(callbacks)), *more)
        self._methods: dict[str, list[Callable[..., Any]]] = {
            hook: [method for each in self.all if (method := _own(each, hook))] for hook in HOOKS
        }

    def have(self, *hooks: str) -> bool:
        """Whether any callback has one of these hooks."""
        return any(self._methods[hook] for hook in hooks)

    def __call__(self, hook: str, run: Run, *about: Any) -> bool:
        """Call all that have this hook; whether one of them answered True."""
        answers = [method(run, *about) for method in self._methods[hook]]
        return any(answers)

    def states(self) -> list[list[Any]]:
        """What each remembers: its class's name and its `state`."""
        return [[type(each).__qualname__, state()] for each in self.all if (state := _own(each, "state"))]

    def restore(self, states: list[list[Any]]) -> None:
        """Give each the state of the next one of its class."""
        left = list(states)
        for each in self.all:
            mine = next((state for state in left if state[0] == type(each).__qualname__), None)
            if mine and (restore := _own(each, "restore")):
                left.remove(mine)
                restore(mine[1])

    @contextmanager
    def training(self, run: Run) -> Iterator[None]:
        """Tell each that training begins and, whatever happens, each that heard of it that it has ended."""
        with ExitStack() as ends:
            for callback in self.all:
                if begin := _own(callback, "on_train_begin"):
                    begin(run)
                if end := _own(callback, "on_train_end"):
                    ends.callback(end, run)
            yield


def _listed(callbacks: Any) -> Iterable[Any]:
    if callbacks is None:
        return ()
    return (callbacks,) if _hooks(callbacks) or not isinstance(callbacks, Iterable) else callbacks


def _checked(callback: Any) -> Any:
    if isinstance(callback, type) or not _hooks(callback):
        made = "; make one, with parentheses" if isinstance(callback, type) else ""
        raise TypeError(
            f"callbacks: expected objects with hooks such as on_epoch_end, got {callback!r:.80}{made} "
            "(see cbp.callbacks.Callback)"
        )
    return callback


def _hooks(callback: Any) -> bool:
    """Whether it has any hook."""
    return any(callable(getattr(callback, hook, None)) for hook in HOOKS)


def _own(callback: Any, hook: str) -> Callable[..., Any] | None:
    """The callback's method, unless it is the one of `Callback` that does nothing."""
    method = getattr(callback, hook, None)
    return None if getattr(method, "__func__", None) is getattr(Callback, hook) else method
