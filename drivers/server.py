"""An Appium server of our own, with an adb server of its own, for as long as a run lasts."""

import json
import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from drivers import watchdog
from drivers.adb import Adb, is_address, needs_usb
from drivers.errors import DriverError
from drivers.ports import free_ports, is_answered
from drivers.tools import Places, Toolchain, android_home, require_toolchain

_HOST: Final = "127.0.0.1"
_ATTEMPTS: Final = 3
_GRACE_S: Final = 5.0
_STOP_S: Final = 4 * _GRACE_S
_LOOK_S: Final = 0.05
_TAIL_LINES: Final = 20
_PORT_IS_TAKEN = re.compile(r"EADDRINUSE|address already in use|cannot bind", re.IGNORECASE)

# Each of these would send adb, or Appium's adb, to another server or another handset.
_MISLEADING: Final = ("ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_SERIAL")


class AppiumServer:
    """A managed Appium server; a context manager.

    Its adb server is private too: others on this machine neither see nor disturb it. It is the
    adb server that claims a phone on a USB cable, and only one can: if yours has, end it first
    (``adb kill-server``). Where no handset hangs on a cable, USB is left alone.

    Both end with `stop`, and at the latest with this process, even by ``kill -9``
    (`drivers.watchdog`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        udids: Iterable[str] = (),
        toolchain: Toolchain | None = None,
        start_s: float = 60.0,
    ) -> None:
        """Prepare a server; nothing runs before `start`.

        Args:
            folder: Where its logs are kept: the run's folder.
            udids: The handsets it is to serve; those named by an address are connected to.
            toolchain: What to run it with; ``None`` looks for it.
            start_s: Longest time it may take to answer, seconds.
        """
        self._folder = folder
        self._udids = tuple(udids)
        self._toolchain = toolchain
        self._start_s = start_s
        self._lock = threading.RLock()
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._ports: tuple[int, ...] | None = None  # Appium's and adb's
        # Nobody but this server answers below it, whoever took its port.
        self._base_path = f"/{secrets.token_hex(8)}"
        self._adb: Adb | None = None

    @property
    def url(self) -> str:
        """Its address, the same for all its life.

        Raises:
            DriverError: It was never started.
        """
        return self._url(self._started_ports()[0])

    @property
    def adb_port(self) -> int:
        """Port of its adb server, for the capability ``appium:adbPort``.

        Raises:
            DriverError: It was never started.
        """
        return self._started_ports()[1]

    @property
    def adb(self) -> Adb:
        """A client of its adb server, for evidence and checks.

        Raises:
            DriverError: It does not run: adb would start another server that nobody ends.
        """
        if self._adb is None or not self.is_running:
            raise DriverError(f"The Appium server is not running. {self._tail()}")
        return self._adb

    @property
    def log_path(self) -> Path:
        """Appium's log; that of its adb server lies beside it."""
        return self._folder / "appium.log"

    @property
    def pid(self) -> int:
        """Process id of its watchdog, which is also the id of the group of all its processes.

        Raises:
            DriverError: It was never started.
        """
        if self._watchdog is None:
            raise DriverError("The Appium server was not started.")
        return self._watchdog.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended since."""
        return self._watchdog is not None and self._watchdog.poll() is None

    def start(self) -> None:
        """Start it, wait until it answers, and connect to the handsets.

        Raises:
            ConfigError: A tool is missing.
            DriverError: It ended at once, does not answer in time, or a handset cannot be reached;
                the message ends with the last lines of its log.
        """
        with self._lock:
            self.stop()
            if self._toolchain is None:
                self._toolchain = require_toolchain(Places.here())
            self._folder.mkdir(parents=True, exist_ok=True)
            # Only the first start may choose ports: sessions know the address from then on.
            attempts = _ATTEMPTS if self._ports is None else 1
            for attempt in range(1, attempts + 1):
                ports = self._ports or free_ports(2)
                said_before = self._log_size()
                try:
                    self._start(self._toolchain, ports)
                except DriverError:
                    self.stop()
                    # Between our look and its start, somebody else may have taken a free port.
                    if attempt == attempts or not _PORT_IS_TAKEN.search(self._said(said_before)):
                        raise
                except BaseException:
                    self.stop()
                    raise
                else:
                    self._ports = ports
                    return

    def ensure_running(self) -> bool:
        """Start it again, at the same address, if it has died; whether it had.

        Any lane may ask, at any time; its sessions are gone when the answer is yes.

        Raises:
            DriverError: It does not start again.
        """
        with self._lock:
            if self.is_running:
                return False
            self.start()
            return True

    def stop(self) -> None:
        """End it, its adb server and whatever they started; one that has ended is no error."""
        with self._lock:
            running, self._watchdog = self._watchdog, None
            if running is None:
                return
            watchdog.end(running, within_s=_STOP_S)
            # In case that a client of ours, finding no server, has started one just now. That
            # there is none to end, as there should be, is an error to adb and none to us.
            if self._adb is not None:
                with suppress(DriverError):
                    self._adb.run("kill-server")

    def __enter__(self) -> "AppiumServer":
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, toolchain: Toolchain, ports: tuple[int, ...]) -> None:
        port, adb_port = ports
        environ = self._environ(toolchain, adb_port)
        adb = [str(toolchain.adb), "-P", str(adb_port)]
        # `nodaemon` keeps it in our group of processes; a daemon would leave it.
        adb_server = [*adb, "nodaemon", "server"]
        appium = [str(toolchain.node), str(toolchain.appium), "server"]
        appium += ["--address", _HOST, "--port", str(port), "--base-path", self._base_path]
        appium += ["--allow-insecure", "uiautomator2:adb_shell"]
        # Whoever opens a session here, a Selenium Grid too, gets the handsets of our adb server;
        # the driver takes no notice of the environment variable.
        appium += ["--default-capabilities", json.dumps({"appium:adbPort": adb_port})]
        appium += ["--log-level", "info", "--log-timestamp", "--log-no-colors"]
        with self.log_path.open("ab") as log:
            self._watchdog = watchdog.watch(
                [(adb_server, self._folder / "adb.log"), (appium, self.log_path)],
                # Appium restarts adb when that misbehaves, and such an adb server leaves the group.
                last=[*adb, "kill-server"],
                grace_s=_GRACE_S,
                environ=environ,
                output=log,
            )
        deadline = time.monotonic() + self._start_s
        # adb clients start a server, one that leaves the group, where they find none: so first
        # this, then clients.
        while not is_answered(adb_port):
            self._wait_a_moment(deadline, f"its adb server does not answer on port {adb_port}")
        url = self._url(port)
        while not _is_ready(url):
            self._wait_a_moment(deadline, f"{url}/status does not say that it is ready")
        self._require_alive()
        self._adb = Adb(path=toolchain.adb, port=adb_port, environ=environ)
        for udid in self._udids:
            if is_address(udid):
                self._adb.connect(udid)

    def _environ(self, toolchain: Toolchain, adb_port: int) -> Mapping[str, str]:
        environ = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        sdk = str(android_home(toolchain.adb, self._folder))
        environ |= {
            "ANDROID_HOME": sdk,
            "ANDROID_SDK_ROOT": sdk,
            "ANDROID_ADB_SERVER_PORT": str(adb_port),
            "APPIUM_HOME": str(toolchain.home),
            # Handsets are named by the testbed: none is looked for on the network.
            "ADB_MDNS": "0",
        }
        if not any(map(needs_usb, self._udids)):
            # Claims no phone that others use, and saves seconds where there is no USB at all.
            environ["ADB_USB"] = "0"
        return environ

    def _wait_a_moment(self, deadline: float, problem: str) -> None:
        self._require_alive(wait_s=_LOOK_S)
        if time.monotonic() > deadline:
            raise DriverError(
                f"The Appium server did not start within {self._start_s:g} s: {problem}. "
                + self._tail()
            )

    def _require_alive(self, *, wait_s: float = 0.0) -> None:
        with suppress(subprocess.TimeoutExpired):
            if self._watchdog is not None:
                self._watchdog.wait(wait_s)
                raise DriverError(f"The Appium server ended as soon as it started. {self._tail()}")

    def _url(self, port: int) -> str:
        return f"http://{_HOST}:{port}{self._base_path}"

    def _started_ports(self) -> tuple[int, ...]:
        if self._ports is None:
            raise DriverError("The Appium server was not started.")
        return self._ports

    def _log_size(self) -> int:
        return sum(log.stat().st_size for log in self._logs())

    def _said(self, size_before: int) -> str:
        """What logs hold, if they have grown."""
        if self._log_size() == size_before:
            return ""
        return "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in self._logs())

    def _logs(self) -> tuple[Path, ...]:
        logs = (self.log_path, self._folder / "adb.log")
        return tuple(log for log in logs if log.exists())

    def _tail(self) -> str:
        parts = []
        for log in self._logs():
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
            parts.append("\n".join([f"The end of {log}:", *(f"  {line}" for line in lines)]))
        return "\n".join(parts) or "It has written no log."


class _Readiness(BaseModel):
    ready: bool = True


class _Status(BaseModel):
    value: _Readiness


def _is_ready(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/status", trust_env=False, timeout=2.0)
        return answer.is_success and _Status.model_validate_json(answer.content).value.ready
    except (httpx.HTTPError, ValidationError):
        return False
