"""Runs one check and says how it ended."""

from __future__ import annotations

import traceback
import warnings
from types import TracebackType
from typing import Any

import numpy as np

from .checks import Check
from .report import Failure, Finding, Result, Skip

__all__ = ["verdict"]


def verdict(check: Check, subject: Any) -> Result:
    """The result of a check; what a plugin raises is one too.

    Numbers may overflow in a check: it looks at the results. Only `silence` is about warnings.
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Result(check.name, "passed", check.run(subject))
    except Skip as reason:
        return Result(check.name, "skipped", str(reason))
    except Failure as failure:
        return Result(check.name, "failed", finding=failure.finding)
    except Exception as error:  # noqa: BLE001 (the verdict on a plugin that raises)
        return Result(check.name, "failed", finding=_raised(error))


def _raised(error: Exception) -> Finding:
    return Finding(
        "an answer",
        f"{type(error).__name__}: {error}",
        _place(error.__traceback__),
        "make it take any block of ordinary numbers, of shape (n, N), float32 or float64",
    )


def _place(trace: TracebackType | None) -> str:
    """The file and line that raised."""
    last = traceback.extract_tb(trace)[-1]
    return f"{last.filename}, line {last.lineno}, in {last.name}: {last.line or ''}".rstrip(": ")
