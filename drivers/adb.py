"""The adb client, bound to the harness's private adb server."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import DriverError

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}")
_CONNECTED = re.compile(r"^(already )?connected to ", re.MULTILINE)
_DEVICE = re.compile(r"^(\S+)\t(.+)$", re.MULTILINE)


def is_address(udid: str) -> bool:
    """Whether a handset is named by a network address (``127.0.0.1:5555``), not by a serial."""
    return _ADDRESS.fullmatch(udid) is not None


def needs_usb(udid: str) -> bool:
    """Whether a handset hangs on a USB cable: neither a network address nor an emulator."""
    return not (is_address(udid) or udid.startswith("emulator-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adb:
    """An adb client.

    Attributes:
        path: The program.
        port: Port of the adb server that it talks to.
        environ: Environment it runs in.
    """

    path: Path
    port: int
    environ: Mapping[str, str]

    def run(self, *arguments: str, timeout_s: float = 30.0) -> str:
        """What a command prints, for example ``run("-s", udid, "logcat", "-d")``.

        Raises:
            DriverError: It fails or takes too long.
        """
        command = [str(self.path), "-P", str(self.port), *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - adb as looked up, arguments as a list
                command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DriverError(f"{' '.join(command)}: {error}") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise DriverError(f"{' '.join(command)}: exit code {done.returncode}: {said}")
        return done.stdout

    def devices(self) -> Mapping[str, str]:
        """Handsets the adb server knows, with their state: such as ``device`` or ``offline``.

        Raises:
            DriverError: The adb server does not answer.
        """
        return {serial: state.strip() for serial, state in _DEVICE.findall(self.run("devices"))}

    def connect(self, address: str) -> None:
        """Connect to a handset over the network; one that is connected already is no error.

        Raises:
            DriverError: It cannot be reached or does not trust this computer.
        """
        # Some versions of adb report a failed connection with exit code 0.
        said = self.run("connect", address).strip()
        if not _CONNECTED.search(said):
            raise DriverError(
                f"adb connect {address}: {said}. Check that the handset is on, that adb over the "
                "network is switched on there, and that it trusts this computer."
            )

    def reconnect(self, address: str) -> None:
        """Connect anew, as after a restart of the handset: adb may still hold the dead link.

        Raises:
            DriverError: It cannot be reached or does not trust this computer.
        """
        if address in self.devices():
            self.run("disconnect", address)
        self.connect(address)
