"""Servers of the tests: each in a group of its own that ends with the tests, however they end."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from drivers.watchdog import watch

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
        self._watchdog = watch([(self._command, self._log)], environ=self._environ)
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
