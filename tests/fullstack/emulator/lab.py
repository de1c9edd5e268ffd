"""A computer with the SDK, AVDs, and handsets behind them.

The SDK's emulator is a stand-in (`tests.drivers.stand_in_emulator`): no real one was booted here.
Ports are above 5585, where no adb server of others on this machine looks for emulators.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from drivers.embedded.process import EmbeddedProcess
from drivers.emulator import Emulator
from drivers.emulator_config import CONSOLE_PORTS, EmulatorConfig
from tests.drivers.stand_in_emulator import Behaviour, write_avd, write_sdk
from tests.processes import are_gone, commands_mentioning
from tests.testbeds import write_testbed

UNSEEN_PORTS = CONSOLE_PORTS[CONSOLE_PORTS.index(5600) :]
SNAPSHOT = "logged-in"

LAB = """
name = "lab"
[pacing]
pause_s = [0, 0]
[timing]
look_s = 0.0
settle_s = 5.0
[[account]]
label = "cn-1"
region = "CN"
dedicated = true
[[account]]
label = "cn-2"
region = "CN"
dedicated = true
[[handset]]
name = "phone-1"
account = "cn-1"
app = "courier"
appium = "managed"
udid = "emulator-{first}"
[handset.emulator]
avd = "undelivered-a"
{more}
[[handset]]
name = "phone-2"
account = "cn-2"
app = "courier"
appium = "managed"
udid = "emulator-{second}"
[handset.emulator]
avd = "undelivered-b"
[[lane]]
name = "lane-1"
sender = "phone-1"
receiver = "phone-2"
chats = [{{ kind = "direct", sender_title = "Bo", receiver_title = "An" }}]
"""


def free_consoles(count: int) -> list[int]:
    """Console ports of which nobody uses the pair."""
    found = []
    for port in UNSEEN_PORTS:
        with ExitStack() as held:
            try:
                for each in (port, port + 1):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", each))
            except OSError:
                continue
        found.append(port)
    assert len(found) >= count
    # Others who run these tests at the same time begin elsewhere.
    start = os.getpid() % len(found)
    return (found[start:] + found[:start])[:count]


class Lab:
    """A computer with the SDK, AVDs, and handsets to be reached through them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.avds = folder / "avds"
        self.network_testbed = write_testbed(folder / "network")
        self.sdk = write_sdk(folder / "sdk")
        self.first, self.second = free_consoles(2)
        self.handsets: EmbeddedProcess | None = None
        for name, handset in (("undelivered-a", "phone-1"), ("undelivered-b", "phone-2")):
            self.write(name, Behaviour(testbed=str(self.network_testbed), handset=handset))

    def write(self, avd: str, behaviour: Behaviour, **more: tuple[str, ...]) -> None:
        """Create an AVD that behaves so."""
        port = 0
        if self.handsets is not None:
            port = urlsplit(self.handsets.handset_url(behaviour.handset)).port or 0
        write_avd(self.avds, avd, replace(behaviour, server_port=port), **more)

    def behave(self, avd: str = "undelivered-a", **how: object) -> None:
        """Let an AVD, which has a snapshot, misbehave."""
        handset = "phone-2" if avd == "undelivered-b" else "phone-1"
        asked = Behaviour(testbed=str(self.network_testbed), handset=handset)
        self.write(avd, replace(asked, **how), snapshots=(SNAPSHOT,))

    def testbed(self, more: str = "") -> Path:
        """A testbed with both emulators."""
        path = self.folder / "lab.toml"
        text = LAB.format(first=self.first, second=self.second, more=more)
        path.write_text(text, encoding="utf-8")
        return path

    def config(self, **how: object) -> EmulatorConfig:
        """The first emulator."""
        asked = EmulatorConfig(
            avd="undelivered-a", port=self.first, snapshot=None, is_headless=True, boot_s=30.0
        )
        return replace(asked, **how)


Building = Callable[..., Emulator]


def log(emulator: Emulator) -> str:
    """What an emulator has logged."""
    return emulator.log_path.read_text(encoding="utf-8")


@contextmanager
def by_hand(lab: Lab, *, until: bytes) -> Iterator[None]:
    """The first emulator, started as a researcher does, once it has logged something."""
    command = [str(lab.sdk / "emulator" / "emulator"), "-avd", "undelivered-a"]
    command += ["-port", str(lab.first), "-no-snapshot-load"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(until in line for line in process.stdout)
        try:
            yield
        finally:
            process.terminate()
            process.stdout.read()  # so that it can say its last words


# Booting.


def kill_machine(port: int) -> None:
    """Kill an emulator, not its watchdog."""
    mine = {
        pid: command
        for pid, command in commands_mentioning(f"-port {port} ").items()
        if "watchdog" not in command
    }
    for pid in mine:
        os.kill(pid, signal.SIGKILL)
    assert are_gone(mine)
