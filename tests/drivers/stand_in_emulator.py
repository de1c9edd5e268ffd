"""Stands in for the Android SDK's `emulator` in tests: a program with its options, console and adb.

It boots "AVDs" from ANDROID_AVD_HOME, each an ini file and a folder, as the real one does. Behind
adb is the adbd of the embedded handset; the app's screen is that of a handset of an
`EmbeddedProcess`, so that what is sent on one stand-in arrives on another. How an AVD misbehaves,
`behaviour.json` in its folder says; see `Behaviour`.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from drivers.embedded.adb_programs import PROGRAMS, WATCHERS
from drivers.embedded.adb_shell import Result, Shell, always, fail
from drivers.embedded.adbd import Adbd
from drivers.embedded.device import Device
from drivers.embedded.handset import Handset
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.testbed import load_testbed

HOST = "127.0.0.1"
TOKEN = "a token of the console"
BANNER = "INFO         | Android emulator version 36.1.9.0 (build_id 13823996) (CL:N/A)"
FLAGS = {"-no-window", "-no-audio", "-no-boot-anim", "-no-metrics"}
FLAGS |= {"-no-snapshot-save", "-no-snapshot-load"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How an AVD behaves.

    Attributes:
        testbed: Testbed of the embedded handset behind it.
        handset: Name of that handset.
        server_port: Where its screen is served.
        boot_s: Seconds until it says that it has booted.
        never_boots: Whether it never says so.
        system_s: Seconds until its package manager answers, after a boot or a snapshot.
        lag_s: How far a restored clock is behind.
        sets_clock: Whether its clock can be set.
        loses_snapshots: Whether snapshots cannot be loaded: it boots without a word of it.
        dies: What it says and ends at once.
    """

    testbed: str
    handset: str
    server_port: int = 0
    boot_s: float = 0.2
    never_boots: bool = False
    system_s: float = 0.0
    lag_s: float = 0.0
    sets_clock: bool = True
    loses_snapshots: bool = False
    dies: str = ""


def write_avd(
    home: Path, name: str, behaviour: Behaviour, *, snapshots: Sequence[str] = ()
) -> None:
    """Create an AVD."""
    folder = home / f"{name}.avd"
    folder.mkdir(parents=True, exist_ok=True)
    (home / f"{name}.ini").write_text(f"avd.ini.encoding=UTF-8\npath={folder}\n", encoding="utf-8")
    (folder / "behaviour.json").write_text(json.dumps(asdict(behaviour)), encoding="utf-8")
    for snapshot in snapshots:
        (folder / "snapshots" / snapshot).mkdir(parents=True, exist_ok=True)
        (folder / "snapshots" / snapshot / "snapshot.pb").touch()


def write_sdk(folder: Path) -> Path:
    """Write an SDK whose emulator is this module; the SDK's folder."""
    program = folder / "emulator" / "emulator"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.drivers.stand_in_emulator import main\nsys.exit(main(sys.argv[1:]))\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return folder


class Machine:
    """A booted AVD."""

    def __init__(self, avd: str, port: int, folder: Path, behaviour: Behaviour) -> None:
        self.avd = avd
        self.port = port
        self.folder = folder
        self.behaviour = behaviour
        self.lag = timedelta()
        self.over = asyncio.Event()
        testbed = load_testbed(behaviour.testbed)
        assert testbed.embedded is not None
        network = Network(testbed, load_policy(testbed.embedded.policy), 0, None)
        self.device = Device(Handset(behaviour.handset, network))
        self.device.handset.now = lambda: datetime.now(UTC) - self.lag
        self.adbd = Adbd(self.device, behaviour.server_port)
        self.adbd._port = port + 1
        programs = {
            **PROGRAMS,
            ("su", "0", "date"): self._set_clock,
            ("cmd", "network_time_update_service"): always("true\n"),
            ("pm", "list", "packages"): self._list_packages,
        }
        self.adbd._shell = Shell(self.device, programs, WATCHERS)
        self._system_from = 0.0

    def restore(self, snapshot: str) -> bool:
        """Load a snapshot; whether that went well."""
        is_there = (self.folder / "snapshots" / snapshot).is_dir()
        if not is_there or self.behaviour.loses_snapshots:
            return False
        say(f"INFO         | Successfully loaded snapshot '{snapshot}' using 956 ms")
        self.device.reboot()
        self.device.properties["sys.boot_completed"] = "1"
        self._restart_system()
        self.lag = timedelta(seconds=self.behaviour.lag_s)
        return True

    async def boot(self, snapshot: str | None) -> None:
        """Come up."""
        server = await asyncio.start_server(self._talk, HOST, self.port)
        self.device.properties |= {"sys.boot_completed": "", "init.svc.bootanim": "running"}
        await self.adbd.start()
        self._announce()
        if snapshot is None:
            say("WARNING      | Cold boot: requested by the user")
        if snapshot is None or not self.restore(snapshot):
            booting = asyncio.create_task(self._boot_slowly())
            booting.add_done_callback(lambda _: None)
        else:
            self.device.properties["init.svc.bootanim"] = "stopped"
        await self.over.wait()
        server.close()
        await self.adbd.stop()

    async def _boot_slowly(self) -> None:
        await asyncio.sleep(self.behaviour.boot_s)
        if not self.behaviour.never_boots:
            self._restart_system()
            stopped = {"sys.boot_completed": "1", "init.svc.bootanim": "stopped"}
            self.device.properties |= stopped
            say(f"INFO         | Boot completed in {self.behaviour.boot_s * 1000:.0f} ms")

    def _restart_system(self) -> None:
        self._system_from = asyncio.get_running_loop().time() + self.behaviour.system_s

    def _announce(self) -> None:
        """Tell the adb server that we are there, as the real one does; none is no error."""
        message = f"host:emulator:{self.port + 1}".encode()
        try:
            where = (HOST, int(os.environ.get("ANDROID_ADB_SERVER_PORT", "5037")))
            with socket.create_connection(where, timeout=1.0) as client:
                client.sendall(b"%04x%s" % (len(message), message))
        except OSError:
            say("INFO         | no adb server")

    def _list_packages(self, device: Device, arguments: Sequence[str]) -> Result:
        if asyncio.get_running_loop().time() < self._system_from:
            return fail("cmd: Can't find service: package", 20)
        return PROGRAMS["pm", "list", "packages"](device, arguments)

    def _set_clock(self, device: Device, arguments: Sequence[str]) -> Result:
        if not self.behaviour.sets_clock:
            return fail("su: inaccessible or not found", 127)
        shown = datetime.fromtimestamp(int("".join(arguments).removeprefix("@")), UTC)
        self.lag = datetime.now(UTC) - shown
        return Result()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The console: lines in, and lines that end in OK or KO out."""
        writer.write(b"Android Console: Authentication required\r\nOK\r\n")
        with suppress(ConnectionError):  # who only looks whether anybody listens hangs up at once
            await self._listen(reader, writer)
        writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_trusted = False
        while line := (await reader.readline()).decode().strip():
            if line == f"auth {TOKEN}":
                is_trusted = True
                writer.write(b"Android Console: type 'help' for a list of commands\r\nOK\r\n")
            elif line == "quit":
                break
            else:
                answer = self._obey(line) if is_trusted else "KO: unknown command"
                writer.write(f"{answer}\r\n".encode())

    def _obey(self, line: str) -> str:
        match line.split():
            case ["avd", "name"]:
                return f"{self.avd}\r\nOK"
            case ["avd", "snapshot", "load", name]:
                return "OK" if self.restore(name) else f"KO: Snapshot '{name}' cannot be loaded"
            case ["kill"]:
                say("INFO         | Wait for emulator to shutdown gracefully")
                self.over.set()
                return "OK: killing emulator, bye bye"
        return "KO: unknown command"


def say(line: str) -> None:
    """Write to the log."""
    print(line, flush=True)


def _avd_home() -> Path:
    return Path(os.environ["ANDROID_AVD_HOME"])


def _boot(argv: Sequence[str]) -> int:
    options = dict(pairwise(argv))
    known = {"-avd", "-port", "-snapshot"}
    values = {options[option] for option in known if option in options}
    unknown = [word for word in argv if word not in FLAGS | known | values]
    if unknown:
        say(f"ERROR        | unknown option: {unknown[0]}")
        return 1
    avd, port = options["-avd"], int(options["-port"])
    folder = _avd_home() / f"{avd}.avd"
    if not folder.is_dir():
        say(f"ERROR        | Unknown AVD name [{avd}], use -list-avds to see valid list.")
        return 1
    behaviour = Behaviour(**json.loads((folder / "behaviour.json").read_text(encoding="utf-8")))
    if behaviour.dies:
        say(behaviour.dies)
        return 1
    lock = folder / "hardware-qemu.ini.lock"
    if lock.exists() and Path(f"/proc/{lock.read_text(encoding='utf-8')}").exists():
        say(
            "FATAL        | Running multiple emulators with the same AVD is an experimental feature"
        )
        return 1
    lock.write_text(str(os.getpid()), encoding="utf-8")
    token = Path.home() / ".emulator_console_auth_token"
    token.write_text(TOKEN, encoding="utf-8")

    async def run() -> None:
        machine = Machine(avd, port, folder, behaviour)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, machine.over.set)
        await machine.boot(options.get("-snapshot"))

    asyncio.run(run())
    lock.unlink()
    say("INFO         | shut down in good order")
    return 0


def main(argv: list[str]) -> int:
    """Do what the command line asks for."""
    match argv:
        case ["-version"]:
            say(BANNER)
        case ["-list-avds"]:
            say("INFO         | Storing crashdata in: /tmp/crashdata, detection is enabled")
            for each in sorted(_avd_home().glob("*.ini")):
                say(each.stem)
        case ["-accel-check"]:
            is_usable = "STAND_IN_NO_KVM" not in os.environ
            sentence = "KVM (version 12) is installed and usable."
            if not is_usable:
                sentence = "This user doesn't have permissions to use KVM (/dev/kvm)."
            say(f"accel:\n{0 if is_usable else 11}\n{sentence}\naccel")
            return 0 if is_usable else 11
        case _:
            say(BANNER)
            return _boot(argv)
    return 0
