"""What is not held against a plugin that is waited for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cbp.testing.patience import waits

STOPPED = """
import os, signal, sys, time

from cbp.registry.chosen import choose
from cbp.testing.apart import run_apart
from cbp.testing.checks import Check
from cbp.testing.subject import Subject

def check(subject):
    parent = os.getppid()
    os.kill(parent, signal.SIGSTOP)
    time.sleep(2.1)
    os.kill(parent, signal.SIGCONT)
    time.sleep(0.3)
    return "as if it had been stopped too"

(result,) = run_apart([Check("slow", "", check, apart=True)], Subject(choose("activation", "relu")), 2)
print(result)
"""


@pytest.mark.parametrize("seconds", [0.2, 0.5, 3, 30, 1.7])
def test_short_waits_make_up_the_whole(seconds: float) -> None:
    assert sum(waits(seconds)) == pytest.approx(seconds)
    assert max(waits(seconds)) <= 0.5


def test_the_time_in_which_all_was_stopped_does_not_count() -> None:
    done = subprocess.run([sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60, check=True)
    assert "passed    slow: as if it had been stopped too" in done.stdout
