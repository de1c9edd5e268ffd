"""What adb sees of an embedded handset: its settings, apps, processes, log and instrumentation."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from drivers.embedded.adb_sync import Files
from drivers.embedded.handset import Handset
from drivers.embedded.packages import SERVER, Package, preinstalled
from drivers.embedded.policy import FaultKind
from drivers.embedded.uiautomator2_driver import DENSITY, MODEL, RELEASE, SDK

KEYBOARD: Final = "org.undelivered.keyboard/.Keyboard"
"""The input method of a new handset."""

INPUT_METHOD: Final = ("secure", "default_input_method")
"""Where the setting of the input method is kept."""

SERVER_PORT: Final = 6790
"""Port on which the UiAutomator2 server listens on every handset."""

_LOG_LINES = 5000
_FINISH_S = 0.05


class End(StrEnum):
    """How an instrumentation ended."""

    FINISHED = "finished"  # its session was deleted
    CRASHED = "crashed"
    STOPPED = "stopped"  # killed, or the host that ran it hung up


class Instrumentation:
    """A run of `am instrument`: only while it lasts can the UiAutomator2 server be reached."""

    def __init__(self, pid: int) -> None:
        """Begin.

        Args:
            pid: Id of the server's process.
        """
        self.pid = pid
        self.is_ending = False
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    def finish(self, end: End) -> None:
        """End it, if it has not ended."""
        self.is_ending = True
        if not self._end.done():
            self._end.set_result(end)

    async def wait(self) -> End:
        """Wait until it has ended."""
        return await asyncio.shield(self._end)


class Logcat:
    """The log of a handset."""

    def __init__(self) -> None:
        """Begin with an empty one."""
        self.lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._written = 0
        self._more = asyncio.Event()

    def write(self, tag: str, message: str) -> None:
        """Add a line, in the format ``threadtime``."""
        now = datetime.now(UTC)
        stamp = f"{now:%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}"
        self.lines.append(f"{stamp}  1000  1000 I {tag}: {message}")
        self._written += 1
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self) -> AsyncIterator[str]:
        """All lines there are, and each new one as it comes; without an end."""
        seen = self._written - len(self.lines)
        while True:
            fresh = list(self.lines)[-(self._written - seen) :] if self._written > seen else []
            seen = self._written
            more = self._more
            for line in fresh:
                yield line
            if seen == self._written:
                await more.wait()


class Device:
    """A handset as its shell sees it. Everything is called from one asyncio loop."""

    def __init__(self, handset: Handset) -> None:
        """Switch it on.

        Args:
            handset: The handset whose app and UiAutomator2 server it has.
        """
        self.handset = handset
        skin = handset.app.skin
        self.app = Package(
            name=skin.package, version_code=skin.version_code, version_name=skin.version
        )
        self.properties = {
            "ro.build.version.sdk": str(SDK),
            "ro.build.version.release": RELEASE,
            "ro.product.model": MODEL,
            "ro.product.manufacturer": "Undelivered",
            "ro.product.cpu.abi": "x86_64",
            "ro.serialno": handset.name,
            "ro.sf.lcd_density": str(DENSITY),
            "persist.sys.locale": handset.app.language,
            "persist.sys.timezone": "Etc/UTC",
            "sys.boot_completed": "1",
            "init.svc.bootanim": "stopped",
        }
        self.settings = {INPUT_METHOD: KEYBOARD}
        self.packages = preinstalled(self.app)
        self.enabled_keyboards = [KEYBOARD]
        self.permissions: set[tuple[str, str]] = set()
        self.files = Files()
        self.logcat = Logcat()
        self.instrumentation: Instrumentation | None = None
        self._last_pid = 2000
        self._running: dict[str, int] = {}
        self._started = asyncio.Event()
        if handset.network.has_fault(handset.name, FaultKind.APP_MISSING):
            del self.packages[self.app.name]
        else:
            self.start(self.app.name)
        handset.on_session_end = self._finish_session

    def processes(self) -> dict[str, int]:
        """Processes of apps, by name, with their ids."""
        run = self.instrumentation
        server = {} if run is None or run.is_ending else {SERVER: run.pid}
        return self._running | server

    def start(self, package: str) -> bool:
        """Start an app, or bring it to the front; whether it was not running."""
        if package == self.app.name:
            self.handset.app.come_to_front()
        if package in self._running:
            return False
        self._running[package] = self._new_pid()
        self.logcat.write("ActivityManager", f"Start proc {self._running[package]}:{package}/u0a1")
        return True

    def stop(self, package: str) -> None:
        """Stop an app, if it runs; the app under test comes up afresh the next time."""
        if self._running.pop(package, None) is not None:
            self.logcat.write("ActivityManager", f"Force stopping {package}")
            if package == self.app.name:
                self.handset.restart_app()
        if package.startswith(SERVER):
            self.end_instrumentation(End.STOPPED)

    def crash(self, package: str) -> None:
        """End an app as an error of its own does."""
        # A client that talks to the server directly brings an app to the front without our shell.
        pid = self._running.pop(package, self._last_pid)
        self.logcat.write("AndroidRuntime", "FATAL EXCEPTION: main")
        self.logcat.write("AndroidRuntime", f"Process: {package}, PID: {pid}")
        self.logcat.write("ActivityManager", f"Process {package} (pid {pid}) has died")
        self._go_home()

    def reboot(self) -> None:
        """Go off and come up again: nothing runs, the log is empty, the launcher is in front."""
        self.end_instrumentation(End.STOPPED)
        self._running.clear()
        self.logcat = Logcat()
        self.logcat.write("boot", "Boot completed")
        self._go_home()

    def _go_home(self) -> None:
        self.handset.restart_app()
        self.handset.app.go_home()

    def start_instrumentation(self) -> Instrumentation:
        """Start the UiAutomator2 server; one that runs is killed, as on a phone."""
        self.end_instrumentation(End.STOPPED)
        run = self.instrumentation = Instrumentation(self._new_pid())
        self.logcat.write("ActivityManager", f"Start proc {run.pid}:{SERVER}/u0a2")
        self._started.set()
        return run

    def end_instrumentation(self, end: End) -> None:
        """End the UiAutomator2 server, if it runs: who talks to it is cut off."""
        run, self.instrumentation = self.instrumentation, None
        self._started.clear()
        if run is not None:
            self.logcat.write("ActivityManager", f"Process {SERVER} (pid {run.pid}) has died")
            if end is not End.FINISHED:
                self.handset.session = None
            run.finish(end)

    async def wait_for_server(self, timeout_s: float) -> Instrumentation | None:
        """The UiAutomator2 server, if it runs or is started within a time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._started.wait()
        except TimeoutError:
            return None
        return self.instrumentation

    def _finish_session(self) -> None:
        run = self.instrumentation
        if run is not None:
            # It exits when its session does; a moment later, so that the answer still gets out.
            run.is_ending = True
            asyncio.get_running_loop().call_later(_FINISH_S, self._finish, run)

    def _finish(self, run: Instrumentation) -> None:
        if run is self.instrumentation:
            self.end_instrumentation(End.FINISHED)

    def _new_pid(self) -> int:
        self._last_pid += 1
        return self._last_pid
