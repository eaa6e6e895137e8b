"""A plugin that is checked: an entry point, loaded in a process where nothing else is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..registry.discovery import Installed
from .patience import waits
from .report import Failure, Skip

__all__ = ["PluginSubject"]


@dataclass(frozen=True)
class PluginSubject:
    """A plugin that is being checked.

    Attributes
    ----------
    plugin : Installed
    seconds : float
        How long its loading may take.
    """

    plugin: Installed
    seconds: float

    @cached_property
    def _process(self) -> tuple[dict[str, Any] | None, int | None, str]:
        """The account of `load_one` (None if it wrote none), its exit status (None if it was stopped), its output."""
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder, "answer.json")
            command = [sys.executable, "-m", "cbp.testing.load_one", self.plugin.label, str(answer)]
            path = os.pathsep.join(str(Path(each).absolute()) for each in sys.path)
            environment = os.environ | {"PYTHONPATH": path, "CBP_PLUGINS": self.plugin.distribution}
            with Path(folder, "output").open("w+b") as output:
                process = subprocess.Popen(
                    command, cwd=folder, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
                )
                status = _ended(process, self.seconds)
                output.seek(0)
                said = output.read().decode(errors="replace")
            account = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None
        return account, status, said

    @property
    def said(self) -> str:
        """What it wrote to stdout and stderr while it was loaded."""
        return self._process[2].strip()

    @property
    def account(self) -> dict[str, Any]:
        """How its loading went.

        Raises
        ------
        Failure
            The process did not survive it.
        """
        account, status, said = self._process
        if account is not None:
            return account
        if status is None:
            how = f"no end within {self.seconds:g} s"
        elif status < 0:
            how = f"the process was ended by signal {signal.Signals(-status).name}"
        else:
            how = f"the process was ended with exit status {status}"
        raise Failure(
            "a module that can be imported",
            how + (f", saying: {said.strip()[-300:]}" if said.strip() else ""),
            f"importing {self.plugin.point.value} of {self.plugin.distribution} {self.plugin.version}",
            f"import {self.plugin.point.module} alone, in a new Python, and see where it ends; a compiled module must "
            "be built for this Python and this processor",
        )

    def beyond(self, stage: str) -> dict[str, Any]:
        """The account, if the loading came farther than a stage; the checks of that stage say why not.

        Raises
        ------
        Skip
        """
        try:
            account = self.account
        except Failure:
            raise Skip("not run, because 'import' failed") from None
        order = ["import", "hooks", "names", "ready"]
        if account["error"] and order.index(account["stage"]) <= order.index(stage):
            raise Skip(f"not run, because {account['stage']!r} failed")
        return account


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Its exit status, when it has one; None if it had to be stopped."""
    try:
        for part in waits(seconds):
            with suppress(subprocess.TimeoutExpired):
                return process.wait(part)
        return None
    finally:
        process.kill()
        process.wait()
