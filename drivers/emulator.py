"""An emulator that is a handset: booted where it does not run, and ended if we have booted it.

The emulator and its watchdog (`drivers.watchdog`) end with `Emulator.stop`, and at the latest with
this process, even by ``kill -9``. An emulator that ran already is used and left alone.
"""

import re
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from drivers import watchdog
from drivers.emulator_config import EmulatorConfig
from drivers.errors import DriverError
from drivers.ports import is_answered
from drivers.readiness import wait_until_ready
from drivers.server import AppiumServer
from drivers.tools import Places, require_emulator

_HOST: Final = "127.0.0.1"
_CONSOLE_S: Final = 20.0
_SNAPSHOT_S: Final = 180.0
_POWER_OFF_S: Final = 25.0  # it gives its guest 20 s to write down what it has to
_GRACE_S: Final = 10.0
_TAIL_LINES: Final = 20

# Each of these would lead the emulator to another adb server than ours.
_MISLEADING: Final = ("ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_SERIAL")

_MEANINGS: Final = (
    (
        "Unknown AVD name",
        "There is no such AVD; `emulator -list-avds` lists those there are. If yours is missing, "
        "set ANDROID_AVD_HOME to the folder it is in.",
    ),
    (
        "Running multiple emulators with the same AVD",
        "This AVD runs already, on another port: end that emulator. If none runs, remove the "
        "files *.lock in the AVD's folder.",
    ),
    (
        "requires hardware acceleration",
        "This computer does not let it use virtualisation; `emulator -accel-check` says why.",
    ),
    (
        "unknown option",
        'This emulator is too old: sdkmanager --update, or sdkmanager "emulator".',
    ),
    ("Not enough space", "Free some disk space: an AVD needs about 8 GB."),
)
"""What its own words mean, and what to do."""


class Emulator:
    """The emulator of one handset. Its lane may use it from another thread than its owner."""

    def __init__(
        self, config: EmulatorConfig, *, server: AppiumServer, places: Places, folder: Path
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            config: What to boot.
            server: The Appium server whose adb is to know it.
            places: Where the SDK's emulator is looked for.
            folder: Where its log is kept: the run's folder.
        """
        self.config = config
        self._server = server
        self._places = places
        self._folder = folder
        self._lock = threading.RLock()
        self._is_over = threading.Event()
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._log_start = 0  # where in the log the last boot begins

    @property
    def log_path(self) -> Path:
        """Its log, if we have booted it."""
        return self._folder / f"{self.config.udid}.log"

    @property
    def is_ours(self) -> bool:
        """Whether we have booted it."""
        return self._watchdog is not None

    def start(self, *, loads_snapshot: bool) -> None:
        """See that it runs and is ready, and that it has loaded its snapshot.

        A snapshot is loaded once in a folder, before a run's first session. Loaded again when the
        run is resumed, it would take away messages that had arrived, as if they had been removed.

        Args:
            loads_snapshot: Whether to load the snapshot, if one is named.

        Raises:
            ConfigError: It must be booted, and the SDK's emulator is not there.
            DriverError: It does not boot, or not in time; the message says what failed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        loaded = self._folder / f"{self.config.udid}.snapshot"
        snapshot = self.config.snapshot if loads_snapshot and not loaded.exists() else None
        with self._lock:
            deadline = time.monotonic() + self.config.boot_s
            if self._is_there():
                self._require_avd()
                if snapshot is not None:
                    self._load(snapshot)
            else:
                self._boot(snapshot)
            self._wait_until_ready(deadline)
            if snapshot is not None:
                self._require_loaded(snapshot)
                loaded.write_text(f"{snapshot} {datetime.now(UTC):%FT%TZ}\n", encoding="utf-8")

    def ensure_running(self) -> None:
        """Boot it again, without its snapshot, if it was ours and died; wait until it is ready.

        Raises:
            DriverError: It was not ours and is gone, does not boot, or not in time.
        """
        with self._lock:
            deadline = time.monotonic() + self.config.boot_s
            if self._is_there():
                try:
                    self._wait_until_ready(deadline)
                except DriverError:
                    if self._is_there():
                        raise
                else:
                    return
            if not self.is_ours:
                raise DriverError(
                    f"{self._name}: it ran before this run did and is gone now; the harness boots "
                    "again only what it has booted. Start it again by hand."
                )
            self._end()
            self._boot(None)
            self._wait_until_ready(deadline)

    def stop(self) -> None:
        """End it if we have booted it; whoever waits for it to become ready is told."""
        self._is_over.set()
        with self._lock:
            if not self.is_ours:
                return
            patience_s = 0.0
            with suppress(DriverError):
                # Its guest writes down what it has in memory: messages that have just arrived.
                if self._console("kill").startswith("OK"):
                    patience_s = _POWER_OFF_S
            self._end(patience_s=patience_s)

    @property
    def _name(self) -> str:
        return f"{self.config.udid} (AVD {self.config.avd!r})"

    def _is_there(self) -> bool:
        if self._watchdog is not None:
            return self._watchdog.poll() is None
        return is_answered(self.config.port)

    def _require_avd(self) -> None:
        """See that what runs on the port is the AVD that the testbed names."""
        if self.is_ours:
            return
        said = self._console("avd", "name").split()
        if said[:1] != [self.config.avd] or said[-1:] != ["OK"]:
            raise DriverError(
                f"{self._name}: port {self.config.port} is taken by something else: asked for its "
                f"AVD, it says {' '.join(said) or 'nothing'!r}. End it, or give this handset "
                "another udid."
            )

    def _load(self, snapshot: str) -> None:
        said = self._console("avd", "snapshot", "load", snapshot, timeout_s=_SNAPSHOT_S).strip()
        if said.splitlines()[-1:] != ["OK"]:
            raise DriverError(
                f"{self._name}: the snapshot {snapshot!r} was not loaded: "
                f"{said or 'its console says nothing'}. `adb emu avd snapshot list` lists those "
                "there are; an update of the emulator, the image or the AVD makes old ones useless."
            )

    def _require_loaded(self, snapshot: str) -> None:
        # Where it cannot load a snapshot, it boots without a word on its exit code or console.
        if self.is_ours and f"loaded snapshot '{snapshot}'" not in self._said():
            raise DriverError(
                f"{self._name}: it booted, but has not loaded the snapshot {snapshot!r}. Save it "
                "anew: an update of the emulator, the image or the AVD makes old ones useless. "
                + self._tail()
            )

    def _boot(self, snapshot: str | None) -> None:
        if self._is_over.is_set():
            raise DriverError(f"{self._name}: the run is over.")
        for port in (self.config.port, self.config.port + 1):
            if is_answered(port):
                raise DriverError(
                    f"{self._name}: port {port} is taken by something else, and the emulator needs "
                    "it. End that, or give this handset another udid."
                )
        program = require_emulator(self._places).path
        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            self._watchdog = watchdog.watch(
                [(self._command(program, snapshot), self.log_path)],
                grace_s=_GRACE_S,
                environ=self._environ(program),
                output=log,
            )

    def _command(self, program: Path, snapshot: str | None) -> list[str]:
        command = [str(program), "-avd", self.config.avd, "-port", str(self.config.port)]
        command += ["-no-audio", "-no-boot-anim", "-no-metrics"]
        command += ["-no-window"] if self.config.is_headless else []
        # What a run does must not get into the snapshot that the next one begins with.
        command += ["-no-snapshot-save"]
        return command + (["-snapshot", snapshot] if snapshot else ["-no-snapshot-load"])

    def _environ(self, program: Path) -> Mapping[str, str]:
        environ = {k: v for k, v in self._places.environ.items() if k not in _MISLEADING}
        # It tells this adb server that it is there.
        environ["ANDROID_ADB_SERVER_PORT"] = str(self._server.adb_port)
        folder = program.resolve().parent
        if folder.name == "emulator":
            environ |= dict.fromkeys(("ANDROID_HOME", "ANDROID_SDK_ROOT"), str(folder.parent))
        return environ

    def _wait_until_ready(self, deadline: float) -> None:
        def wait(seconds: float) -> None:
            if self._is_over.wait(seconds):
                raise DriverError(f"{self._name}: the run is over.")
            if self._watchdog is not None and self._watchdog.poll() is not None:
                raise DriverError(
                    f"{self._name}: it ended before it was ready. {self._meaning()}{self._tail()}"
                )

        try:
            wait_until_ready(
                lambda: self._server.adb, self.config.udid, deadline=deadline, wait=wait
            )
        except DriverError as error:
            if time.monotonic() < deadline:
                raise
            raise DriverError(
                f"{self._name}: not ready within boot_s = {self.config.boot_s:g} s. {error} "
                + self._tail()
            ) from error

    def _console(self, *command: str, timeout_s: float = _CONSOLE_S) -> str:
        # adb knows the console's password; it says nothing with its exit code.
        said = self._server.adb.run("-s", self.config.udid, "emu", *command, timeout_s=timeout_s)
        return said.replace("\r", "")

    def _end(self, *, patience_s: float = 0.0) -> None:
        """End the process, and whatever it has started."""
        running, self._watchdog = self._watchdog, None
        if running is None:
            return
        with suppress(subprocess.TimeoutExpired):
            running.wait(patience_s)
        watchdog.end(running, within_s=2 * _GRACE_S)

    def _said(self) -> str:
        """What it has written since its last boot."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode("utf-8", "replace")

    def _meaning(self) -> str:
        said = self._said()
        return next((f"{means} " for words, means in _MEANINGS if re.search(words, said)), "")

    def _tail(self) -> str:
        lines = self._said().splitlines()[-_TAIL_LINES:]
        if not lines:
            return "It has written no log."
        return "\n".join([f"The end of {self.log_path}:", *(f"  {line}" for line in lines)])
