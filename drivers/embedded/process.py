"""The host's side of the embedded handsets: starts their process, and ends it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from types import TracebackType
from typing import IO, Self

import httpx

from drivers.embedded.control import ANSWER, EVENTS, Question
from drivers.embedded.network import Event
from drivers.errors import ConfigError, DriverError

_START_S = 30.0
_STOP_S = 5.0
_TOLD_CHARACTERS = 2000
_BROKEN_CONFIG = 2


class EmbeddedProcess:
    """A running process of embedded handsets; it ends when this one does, however that happens."""

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        control: str,
        handsets: Mapping[str, str],
        adb: Mapping[str, str],
    ) -> None:
        """Use `EmbeddedProcess.start`."""
        self._process = process
        self._control = control
        self._handsets = dict(handsets)
        self._adb = dict(adb)

    @classmethod
    def start(
        cls,
        testbed: Path,
        *,
        seed: int,
        state: Path | None = None,
        log: Path | None = None,
        timeout_s: float = _START_S,
    ) -> "EmbeddedProcess":
        """Start the handsets of a testbed and wait until they answer.

        Args:
            testbed: The testbed file.
            seed: Seed of the network's noise.
            state: Where handsets remember their chats over restarts; ``None`` for nowhere.
            log: Where commands they do not know are logged.
            timeout_s: How long they may take to answer, in seconds.

        Raises:
            ConfigError: The testbed or its policy cannot be used.
            DriverError: The process ended before it was ready, or was not ready in time.
        """
        command = [sys.executable, "-m", "drivers.embedded"]
        command += ["--testbed", str(testbed), "--seed", str(seed)]
        command += ["--state", str(state)] if state else []
        command += ["--log", str(log)] if log else []
        with TemporaryFile("w+", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
            )
            is_late = False

            def give_up() -> None:
                nonlocal is_late
                is_late = True
                process.kill()  # which ends the wait for its line

            timer = Timer(timeout_s, give_up)
            timer.daemon = True
            timer.start()
            try:
                line = _stream(process.stdout).readline()
            finally:
                timer.cancel()
            timer.join()
            if is_late or not line:
                with process:  # closes its pipes
                    code = process.wait()
                errors.seek(0)
                said = errors.read().strip()[-_TOLD_CHARACTERS:]
                if code == _BROKEN_CONFIG:
                    raise ConfigError(said)
                why = f"within {timeout_s:g} s" if is_late else f"(exit code {code})"
                raise DriverError(
                    f"The embedded handsets of {testbed} did not start {why}: {said or 'no output'}"
                )
        addresses = json.loads(line)
        return cls(process, addresses["control"], addresses["handsets"], addresses["adb"])

    def __enter__(self) -> Self:
        """Use it for a while; it is stopped afterwards."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int:
        """Process id, for tests that look whether it is gone."""
        return self._process.pid

    def handset_url(self, name: str) -> str:
        """Address of a handset."""
        return self._handsets[name]

    def adb_address(self, name: str) -> str:
        """What ``adb connect`` takes to reach a handset; also its udid then."""
        return self._adb[name]

    def censored(
        self, texts: Sequence[str], *, chat: str, sender_region: str, receiver_region: str
    ) -> tuple[bool, ...]:
        """The truth about texts, in the same order.

        Raises:
            DriverError: The network does not answer.
        """
        question = Question(
            texts=tuple(texts),
            chat=chat,
            sender_region=sender_region,
            receiver_region=receiver_region,
        )
        try:
            answer = httpx.post(
                f"{self._control}/truth", content=question.model_dump_json(), trust_env=False
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise DriverError(f"The embedded network does not answer: {error}") from error
        return ANSWER.validate_json(answer.content)

    def events(self) -> tuple[Event, ...]:
        """Everything the network did with messages, for tests."""
        answer = httpx.get(f"{self._control}/events", trust_env=False)
        answer.raise_for_status()
        return EVENTS.validate_json(answer.content)

    def stop(self) -> None:
        """End the process."""
        _stream(self._process.stdin).close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _stream(self._process.stdout).close()


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise DriverError("The embedded handsets were started without pipes.")
    return stream
