"""Servers of the tests: each in a group of its own that ends with the tests, however they end."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

HOST: Final = "127.0.0.1"
_START_S: Final = 60.0
_LOOK_S: Final = 0.05


class Service:
    """A server process, led by `drivers.watchdog`."""

    def __init__(
        self, command: Sequence[str], log: Path, *, environ: Mapping[str, str] | None = None
    ) -> None:
        """Prepare it.

        Args:
            command: What to run.
            log: File for its output.
            environ: Its environment, if it is not ours.
        """
        self._command = command
        self._environ = environ
        self._log = log
        self._watchdog: subprocess.Popen[bytes] | None = None

    def start(self, is_ready: Callable[[], bool]) -> None:
        """Start it and wait until it is ready.

        Raises:
            AssertionError: It ends, or is not ready in time; the message holds its log.
        """
        command = [sys.executable, "-m", "drivers.watchdog", "--parent", str(os.getpid())]
        command += ["--service", json.dumps(list(self._command)), str(self._log)]
        self._watchdog = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=self._environ, start_new_session=True
        )
        deadline = monotonic() + _START_S
        while not is_ready():
            try:
                self._watchdog.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                if monotonic() < deadline:
                    continue
            self.stop()
            raise AssertionError(f"{self._command[0]}:\n{self._log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """End it; one that has ended is no error."""
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            with watchdog:  # closes the pipe, by which the watchdog is told
                pass


def accepts(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True
