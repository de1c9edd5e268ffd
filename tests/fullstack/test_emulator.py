"""Emulators that the harness boots, watches and ends: through the real adb and the real Appium.

The SDK's emulator is a stand-in (`tests.drivers.stand_in_emulator`): no real one was booted here.
Ports are above 5585, where no adb server of others on this machine looks for emulators.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from drivers.doctor.examination import examine
from drivers.doctor.finding import Finding, Status
from drivers.embedded.process import EmbeddedProcess
from drivers.emulator import Emulator
from drivers.emulator_config import CONSOLE_PORTS, EmulatorConfig
from drivers.errors import DriverError, SessionLost
from drivers.fleet import Fleet
from drivers.heads_up import SETTING
from drivers.open_testbed import OpenTestbed
from drivers.server import AppiumServer
from drivers.testbed import Testbed, load_testbed
from drivers.tools import Places, Toolchain
from tests.drivers.stand_in_emulator import Behaviour, write_avd, write_sdk
from tests.processes import are_gone, commands_mentioning, marked
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


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of our own: the emulator keeps the password of its console there, for adb to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A computer with the SDK and two AVDs; the tools are looked for there."""
    lab = Lab(tmp_path)
    monkeypatch.setenv("ANDROID_HOME", str(lab.sdk))
    monkeypatch.setenv("ANDROID_AVD_HOME", str(lab.avds))
    return lab


@pytest.fixture
def network(lab: Lab) -> Iterator[EmbeddedProcess]:
    """Screens behind the AVDs, on one network."""
    with EmbeddedProcess.start(lab.network_testbed, seed=1) as process:
        lab.handsets = process
        lab.behave("undelivered-a")
        lab.behave("undelivered-b")
        yield process


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, home: None
) -> Iterator[AppiumServer]:
    """A running server; its adb knows no handset yet."""
    folder = tmp_path_factory.mktemp("server")
    with AppiumServer(folder, udids=["emulator-5600"], toolchain=toolchain) as running:
        yield running


Building = Callable[..., Emulator]


@pytest.fixture
def building(lab: Lab, server: AppiumServer) -> Iterator[Building]:
    """Builds emulators, and ends them."""
    with ExitStack() as stack:

        def build(config: EmulatorConfig | None = None, folder: str = "run") -> Emulator:
            emulator = Emulator(
                config or lab.config(),
                server=server,
                places=Places.here(),
                folder=lab.folder / folder,
            )
            stack.callback(emulator.stop)
            return emulator

        yield build


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


def test_boots_and_is_ended(building: Building, server: AppiumServer, lab: Lab) -> None:
    """An emulator that is not there is booted from its own state, is ready, and ends in order."""
    emulator = building()
    emulator.start(loads_snapshot=True)
    assert emulator.is_ours
    assert server.adb.devices()[emulator.config.udid] == "device"
    processes = commands_mentioning(f"-port {lab.first} ")
    assert all(
        option in command
        for command in processes.values()
        for option in ("-no-window", "-no-audio", "-no-snapshot-load", "-no-snapshot-save")
    )
    emulator.stop()
    assert are_gone(processes)
    assert "shut down in good order" in log(emulator)


def test_slow_boot_is_waited_for(building: Building, server: AppiumServer, lab: Lab) -> None:
    """The console is there at once; ready is only what has booted and has its package manager."""
    lab.behave(boot_s=1.0, system_s=1.0)
    emulator = building()
    emulator.start(loads_snapshot=False)
    udid = emulator.config.udid
    assert server.adb.run("-s", udid, "shell", "getprop", "sys.boot_completed").strip() == "1"
    assert server.adb.run("-s", udid, "shell", "pm", "list", "packages").startswith("package:")
    assert "Boot completed in 1000 ms" in log(emulator)


def test_emulator_with_a_window(building: Building, lab: Lab) -> None:
    """Where the testbed asks for a window, it gets one."""
    building(lab.config(is_headless=False)).start(loads_snapshot=False)
    (command,) = (
        each
        for each in commands_mentioning(f"-port {lab.first} ").values()
        if "-avd" in each
        if "watchdog" not in each
    )
    assert "-no-window" not in command


def test_emulator_that_never_boots(building: Building, server: AppiumServer, lab: Lab) -> None:
    """What did not come is named, with the time it had and what to do."""
    lab.behave(never_boots=True)
    with by_hand(lab, until=b"Cold boot"):
        # Known to adb already, so that only what never comes is missing when time is over.
        server.adb.run("connect", f"emu:{lab.first},{lab.first + 1}")
        server.adb.run("-s", f"emulator-{lab.first}", "wait-for-device")
        with pytest.raises(DriverError, match=r"boot_s = 0\.5") as caught:
            building(lab.config(boot_s=0.5)).start(loads_snapshot=False)
    assert "boot: sys.boot_completed is ''" in str(caught.value)
    assert "headless = false" in str(caught.value)


@pytest.mark.parametrize(
    ("says", "means"),
    [
        ("ERROR | x86_64 emulation currently requires hardware acceleration!", "-accel-check"),
        ("FATAL | Not enough space to create userdata partition", "about 8 GB"),
        ("ERROR | unknown option: -no-metrics", "too old"),
        ("segmentation fault", "The end of"),
    ],
)
def test_emulator_that_dies(building: Building, lab: Lab, says: str, means: str) -> None:
    """An emulator that ends at once is told at once, with its own words and what they mean."""
    lab.behave(dies=says)
    with pytest.raises(DriverError, match="ended before it was ready") as caught:
        building().start(loads_snapshot=False)
    assert says in str(caught.value)
    assert means in str(caught.value)


def test_unknown_avd(building: Building, lab: Lab) -> None:
    """An AVD that nobody created is told, with how to see those there are."""
    with pytest.raises(DriverError, match=r"'nobodys'.*There is no such AVD.*-list-avds"):
        building(lab.config(avd="nobodys")).start(loads_snapshot=False)


def test_avd_that_runs_elsewhere(building: Building, lab: Lab) -> None:
    """An AVD that runs on another port is not booted twice."""
    building().start(loads_snapshot=False)
    with pytest.raises(DriverError, match="runs already, on another port"):
        building(lab.config(port=lab.second), "other").start(loads_snapshot=False)


def test_without_the_sdk(building: Building, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK's emulator it is said how to get it."""
    monkeypatch.setenv("ANDROID_HOME", str(lab.folder / "nowhere"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Exception, match=r'sdkmanager "emulator"'):
        building().start(loads_snapshot=False)


@pytest.mark.parametrize("offset", [0, 1], ids=["console's port", "adb's port"])
def test_port_that_is_taken(building: Building, lab: Lab, offset: int) -> None:
    """A port that something else listens on is named; nothing is started on it."""
    with (
        hanging_up(lab.first + offset),
        pytest.raises(DriverError, match="taken by something else"),
    ):
        building().start(loads_snapshot=False)
    assert not commands_mentioning(f"-port {lab.first} ")


@contextmanager
def hanging_up(port: int) -> Iterator[None]:
    """Something that is no emulator listens on a port, and hangs up on whoever calls."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def run() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        thread = Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


# Emulators that ran before.


@pytest.fixture
def running(lab: Lab, network: EmbeddedProcess) -> Iterator[int]:
    """The port of an emulator that a researcher has started."""
    lab.behave(lag_s=3600.0)
    with by_hand(lab, until=b"Boot completed"):
        yield lab.first


def test_running_emulator_is_left_alone(
    building: Building, server: AppiumServer, lab: Lab, running: int
) -> None:
    """One that ran already, unknown to our adb, is used; it is not ended."""
    emulator = building()
    emulator.start(loads_snapshot=False)
    assert not emulator.is_ours
    assert server.adb.devices()[emulator.config.udid] == "device"
    emulator.stop()
    assert server.adb.devices()[emulator.config.udid] == "device"


def test_running_emulator_loads_its_snapshot(
    building: Building, server: AppiumServer, lab: Lab, running: int
) -> None:
    """A snapshot is loaded through the console; the clock it brings back is set right."""
    emulator = building(lab.config(snapshot=SNAPSHOT))
    emulator.start(loads_snapshot=True)
    assert (lab.folder / "run" / f"{emulator.config.udid}.snapshot").is_file()
    shown = int(server.adb.run("-s", emulator.config.udid, "shell", "date", "+%s"))
    host = int(subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout)
    assert abs(host - shown) <= 5


def test_running_emulator_without_the_snapshot(building: Building, lab: Lab, running: int) -> None:
    """A snapshot that the console does not load is told in its words."""
    with pytest.raises(DriverError, match="'other' was not loaded: KO: Snapshot 'other'"):
        building(lab.config(snapshot="other")).start(loads_snapshot=True)


def test_running_emulator_of_another_avd(building: Building, lab: Lab, running: int) -> None:
    """What runs on the port must be the AVD that the testbed names."""
    with pytest.raises(DriverError, match="it says 'undelivered-a OK'"):
        building(lab.config(avd="undelivered-b")).start(loads_snapshot=False)


def test_running_emulator_that_goes(building: Building, lab: Lab, running: int) -> None:
    """One that is not ours is not booted again."""
    emulator = building()
    emulator.start(loads_snapshot=False)
    mine = commands_mentioning(f"-port {lab.first} ")
    for pid in mine:
        os.kill(pid, signal.SIGKILL)
    assert are_gone(mine)
    with pytest.raises(DriverError, match="ran before this run did and is gone"):
        emulator.ensure_running()


# Snapshots.


def test_boot_from_a_snapshot(building: Building, server: AppiumServer, lab: Lab) -> None:
    """A restored clock lags, and the system may still be coming up: both are waited for."""
    lab.behave(lag_s=7200.0, system_s=0.5)
    emulator = building(lab.config(snapshot=SNAPSHOT))
    emulator.start(loads_snapshot=True)
    assert f"Successfully loaded snapshot '{SNAPSHOT}'" in log(emulator)
    assert server.adb.run("-s", emulator.config.udid, "shell", "pm", "list", "packages")


def test_clock_that_cannot_be_set(building: Building, lab: Lab) -> None:
    """A clock that stays behind is named with how far it is off and what to do."""
    lab.behave(lag_s=7200.0, sets_clock=False)
    building().start(loads_snapshot=False)
    restored = building(lab.config(snapshot=SNAPSHOT, boot_s=0.5))
    with pytest.raises(DriverError, match=r"clock: it is off by (7199|7200) s.*save the snapshot"):
        restored.start(loads_snapshot=True)


def test_snapshot_that_is_not_loaded(building: Building, lab: Lab) -> None:
    """An emulator that boots without its snapshot, as it does without a word, is not used."""
    lab.behave(loses_snapshots=True)
    with pytest.raises(DriverError, match=f"has not loaded the snapshot '{SNAPSHOT}'"):
        building(lab.config(snapshot=SNAPSHOT)).start(loads_snapshot=True)


def test_snapshot_is_loaded_once_a_run(building: Building, lab: Lab) -> None:
    """A resumed run goes on from what the handset has: arrived messages are not taken away."""
    lab.behave()
    first = building(lab.config(snapshot=SNAPSHOT))
    first.start(loads_snapshot=True)
    first.stop()
    again = building(lab.config(snapshot=SNAPSHOT))
    again.start(loads_snapshot=True)
    assert log(again).count(f"loaded snapshot '{SNAPSHOT}'") == 1
    assert "Cold boot" in log(again)


# What happens in a run.


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


def test_dead_emulator_is_booted_again(building: Building, server: AppiumServer, lab: Lab) -> None:
    """One of ours that died is booted again, without its snapshot."""
    lab.behave()
    emulator = building(lab.config(snapshot=SNAPSHOT))
    emulator.start(loads_snapshot=True)
    kill_machine(lab.first)
    emulator.ensure_running()
    assert server.adb.devices()[emulator.config.udid] == "device"
    assert log(emulator).count(f"loaded snapshot '{SNAPSHOT}'") == 1


def test_one_that_fails_ends_the_others(lab: Lab, server: AppiumServer) -> None:
    """If one emulator of a testbed does not boot, it is told, and the others are ended."""
    lab.behave("undelivered-b", dies="no luck")
    testbed = load_testbed(str(lab.testbed()))
    fleet = Fleet.of(
        testbed.handsets, server=server, places=Places.here(), folder=lab.folder / "run"
    )
    with pytest.raises(DriverError, match=r"undelivered-b(.|\n)*no luck"):
        fleet.start(loads_snapshots=True)
    assert are_gone(commands_mentioning(f"-port {lab.first} "))


def start(testbed: Testbed, folder: Path) -> OpenTestbed:
    """Bring a testbed to life."""
    return OpenTestbed.start(testbed, chat="direct", seed=1, folder=folder, wait=lambda _: None)


def exchange(opened: OpenTestbed, text: str) -> list[str]:
    """Send a text; what came in."""
    (lane,) = opened.lanes
    lane.prepare(text)
    lane.send()
    return [each.text for each in lane.look(expected=1)]


def test_lane_of_two_emulators(lab: Lab, network: EmbeddedProcess, toolchain: Toolchain) -> None:
    """A lane sends from one booted emulator to another; after the death of one it goes on."""
    testbed = load_testbed(str(lab.testbed(f'snapshot = "{SNAPSHOT}"')))
    with start(testbed, lab.folder / "run") as opened:
        (lane,) = opened.lanes
        lane.open()
        assert exchange(opened, "before") == ["before"]
        kill_machine(lab.first)
        with pytest.raises(SessionLost):
            lane.prepare("lost")
        lane.recover()
        assert exchange(opened, "after") == ["after"]
        processes = commands_mentioning("undelivered-")
    assert are_gone(processes)
    assert [event.text for event in network.events()] == ["before", "after"]


def test_banners_are_off_during_a_run(
    lab: Lab, network: EmbeddedProcess, toolchain: Toolchain, running: int
) -> None:
    """Heads-up notifications are off while a testbed is open, and then as they were."""
    testbed = load_testbed(str(lab.testbed()))
    with start(testbed, lab.folder / "run") as opened:
        door = opened.lanes[0]._sender._door
        assert door.server is not None
        adb, shell = door.server.adb, ("-s", f"emulator-{running}", "shell", "settings")
        assert adb.run(*shell, "get", *SETTING).strip() == "0"
    # The adb of the run is gone; another one asks the emulator, which was not ours to end.
    with AppiumServer(lab.folder / "after", toolchain=toolchain) as server:
        server.adb.run("connect", f"emu:{running},{running + 1}")
        server.adb.run(*shell[:2], "wait-for-device")
        assert server.adb.run(*shell, "get", *SETTING).strip() == "null"


PARENT = """
import sys
from pathlib import Path
from drivers.emulator import Emulator
from drivers.server import AppiumServer
from drivers.emulator_config import EmulatorConfig
from drivers.tools import Places
folder = Path(sys.argv[1])
server = AppiumServer(folder, udids=["emulator-5600"])
server.start()
config = EmulatorConfig(
    avd="undelivered-a", port=int(sys.argv[2]), snapshot=None, is_headless=True, boot_s=60.0
)
Emulator(config, server=server, places=Places.here(), folder=folder).start(loads_snapshot=False)
print("ready", flush=True)
sys.stdin.read()
"""


def test_nothing_survives_a_killed_parent(
    lab: Lab, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After kill -9 of the harness, the emulator it booted ends by itself."""
    mark = f"UNDELIVERED_TEST_MARK={lab.folder}"
    monkeypatch.setenv(*mark.split("=", 1))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(lab.folder / "run"), str(lab.first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        started = marked(mark)
        assert any("-avd undelivered-a" in command for command in started.values())
        parent.kill()
        parent.wait()
        assert are_gone(started)


# The doctor.


def diagnose(lab: Lab, more: str = "") -> dict[tuple[str, str | None], Finding]:
    """What the doctor says of the two emulators."""
    findings = examine(
        str(lab.testbed(more)),
        chat="direct",
        sends=False,
        folder=lab.folder / "kept",
        places=Places.here(),
    )
    return {(each.check, each.handset): each for each in findings}


def test_doctor_boots_emulators(lab: Lab, network: EmbeddedProcess, toolchain: Toolchain) -> None:
    """The doctor boots what does not run, without its snapshot, and ends it afterwards."""
    findings = diagnose(lab, f'snapshot = "{SNAPSHOT}"')
    assert not [each for each in findings.values() if each.status is Status.FAIL]
    assert SNAPSHOT in findings["snapshots", None].detail
    found = findings["emulator", "phone-1"]
    assert "was booted" in found.detail
    assert "its snapshot not loaded" in found.detail
    assert "on again when it ends" in findings["heads-up", "phone-1"].detail
    assert are_gone(commands_mentioning("undelivered-"))


def test_doctor_tells_what_does_not_boot(
    lab: Lab, network: EmbeddedProcess, toolchain: Toolchain
) -> None:
    """An emulator that does not boot is told; the other one is examined."""
    lab.behave("undelivered-a", dies="no luck")
    findings = diagnose(lab)
    assert findings["emulator", "phone-1"].status is Status.FAIL
    assert "no luck" in findings["emulator", "phone-1"].detail
    assert findings["session", "phone-1"].status is Status.SKIPPED
    assert findings["typing", "phone-2"].status is Status.OK
