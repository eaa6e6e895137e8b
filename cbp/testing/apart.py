"""Runs checks in a process of its own, so that a crash or a loop without end is a verdict and not the end.

The process is a fork: it has the plugin as it is, however it was made, and whatever it does to its memory, its
modes or its output concerns nobody. A check that kills it fails, and another process goes on behind it; after one
that hangs, or a gate that is closed, the rest is not run.
"""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import IO, Any, TypeAlias

from ..core import sentinel
from ..kernels import KernelSource
from .calls import Caller
from .checks import Check
from .patience import waits
from .report import Finding, Result
from .subject import Subject
from .verdict import verdict

__all__ = ["run_apart"]

LOG = 500  # bytes for the last call
Log: TypeAlias = Any  # an array in shared memory

context = multiprocessing.get_context("fork")


def run_apart(checks: Sequence[Check], subject: Subject, seconds: float) -> Iterator[Result]:
    """The result of each check, in their order.

    Parameters
    ----------
    checks : sequence of Check
    subject : Subject
    seconds : float
        How long each may take.
    """
    left = list(checks)
    if left:
        _compile_once(subject)
    while left:
        with tempfile.TemporaryFile() as said:
            yield from _one_process(left, subject, seconds, said)


def _compile_once(subject: Subject) -> None:
    """Compile here what is compiled when it is used: each process, and each test case has one, inherits it."""
    kernel = subject.spec.kernel
    if isinstance(kernel, KernelSource) and not kernel.ready:
        with suppress(ImportError):  # which is raised there again, where it is a verdict
            kernel.capsule(subject.spec)


def _one_process(left: list[Check], subject: Subject, seconds: float, said: IO[bytes]) -> Iterator[Result]:
    """Results until all checks are done or the process has ended; takes from `left` what it answers for."""
    log = context.RawArray(ctypes.c_char, LOG)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(list(left), subject, sender, log, said.fileno()), daemon=True)
    with warnings.catch_warnings():  # Python 3.12 warns of forks beside threads; ours runs only what it was given
        warnings.simplefilter("ignore")
        process.start()
    sender.close()
    try:
        while left:
            ready = next(filter(None, (wait([receiver, process.sentinel], part) for part in waits(seconds))), [])
            check = left.pop(0)
            result = _received(receiver) if receiver in ready else None
            if result is not None:
                yield result
            elif ready:
                process.join()
                yield Result(check.name, "failed", finding=_death(process.exitcode or 0, log, said))
            else:
                yield Result(check.name, "failed", finding=_no_end(seconds, log))
            if not ready or (check.gate and (result is None or result.outcome == "failed")):
                yield from _not_run(left, check.name)
            if result is None:
                return
    finally:
        process.kill()
        process.join()
        receiver.close()


def _received(receiver: Connection) -> Result | None:
    try:
        result: Result = receiver.recv()
    except EOFError:
        return None
    return result


def _not_run(left: list[Check], culprit: str) -> Iterator[Result]:
    while left:
        yield Result(left.pop(0).name, "skipped", f"not run, because {culprit!r} failed")


def _death(exitcode: int, log: Log, said: IO[bytes]) -> Finding:
    said.seek(0)
    words = said.read().decode(errors="replace").strip()
    how = f"signal {signal.Signals(-exitcode).name}" if exitcode < 0 else f"exit status {exitcode}"
    return Finding(
        "the check to end",
        f"the process was ended by {how}" + (f", saying: {words[-300:]}" if words else ""),
        log.value.decode(errors="replace") or "outside of the kernel",
        "the kernel reads or writes memory that is not the block's (a block may end where a page ends), calls "
        "Python without the GIL, or calls exit or abort; run it under AddressSanitizer to see which line",
    )


def _no_end(seconds: float, log: Log) -> Finding:
    return Finding(
        f"an answer within {seconds:g} s",
        "none; the process was stopped",
        log.value.decode(errors="replace") or "outside of the kernel",
        "look for a loop that does not end (for instance one whose index steps over its bound), or for a lock",
    )


def _work(checks: Sequence[Check], subject: Subject, sender: Connection, log: Log, said: int) -> None:
    """In the new process: run the checks and send their results."""
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (1, 2):
        os.dup2(said, stream)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)

    def note(words: str) -> None:
        log.value = words.encode()[: LOG - 1]

    subjects: dict[str, Any] = {"spec": subject}
    mode = sentinel.floating_point_mode()
    for check in checks:
        sentinel.set_floating_point_mode(mode)
        if check.takes == "kernel" and "kernel" not in subjects:
            subjects["kernel"] = Caller(subject, note)
        sender.send(verdict(check, subjects[check.takes]))
