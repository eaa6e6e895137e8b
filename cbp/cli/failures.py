"""What a command's failure looks like: one line on stderr and an exit status, never a traceback.

``CBP_DEBUG=1`` shows the traceback too.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from ..settings import SettingError

__all__ = ["FAILED", "INTERRUPTED", "READER_GONE", "WRONG", "status_of"]

FAILED, WRONG = 1, 2
INTERRUPTED = 130  # as a shell reports SIGINT
READER_GONE = 141  # and SIGPIPE

# What the caller can put right: arguments, data and models (whose errors are ValueErrors), paths, the environment.
CALLERS = (
    ValueError, TypeError, FileExistsError, FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError,
    SettingError,
)  # fmt: skip
# What says enough by its message alone.
KNOWN = (*CALLERS, OSError, ImportError, FloatingPointError)
PARAMETER = r"\b(target|features|task|dtype)=(?:'(\w+)')?"
LISTING = r"\bcbp\.(activations|costs)\(\) lists"


def status_of(program: str, run: Callable[[], int | None]) -> int:
    """Run a command to its end and turn whatever happens into an exit status.

    Parameters
    ----------
    program : str
        What messages begin with: ``"cbp train"``.
    run : callable
        Does the work; returns a status, or None for 0.
    """
    try:
        status = run() or 0
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return READER_GONE
    except KeyboardInterrupt:
        _say(f"{program}: interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (a command's user gets a sentence, whatever went wrong)
        if os.environ.get("CBP_DEBUG", "0") not in ("", "0"):
            traceback.print_exc()
        _say(f"{program}: error: {_sentence(error)}")
        _abandon_stdout()
        return WRONG if isinstance(error, CALLERS) else FAILED
    return status


def _sentence(error: Exception) -> str:
    """The message in one line."""
    if isinstance(error, MemoryError):
        return f"not enough memory ({error})" if str(error) else "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        words = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    elif isinstance(error, KNOWN):
        words = str(error)
    else:
        words = f"{type(error).__name__}: {error} (CBP_DEBUG=1 shows where)"
    return _as_options(" ".join(words.split()))


def _as_options(words: str) -> str:
    """The library's ``target=`` is ``--target`` here, its ``dtype='float64'`` is ``--dtype float64``; and so on."""
    words = re.sub(PARAMETER, lambda found: " ".join(filter(None, (f"--{found[1]}", found[2]))), words)
    return re.sub(LISTING, "`cbp plugins` lists", words)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def _abandon_stdout() -> None:
    """Let nothing be left in stdout's buffer that Python would fail to write when it exits."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
