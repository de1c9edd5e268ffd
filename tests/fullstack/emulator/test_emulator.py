"""One emulator, through the real adb and the real Appium."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest

from drivers.errors import DriverError
from drivers.server import AppiumServer
from drivers.tools import Toolchain
from tests.fullstack.emulator.lab import SNAPSHOT, Building, Lab, by_hand, kill_machine, log
from tests.processes import are_gone, commands_mentioning, marked


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


def test_dead_emulator_is_booted_again(building: Building, server: AppiumServer, lab: Lab) -> None:
    """One of ours that died is booted again, without its snapshot."""
    lab.behave()
    emulator = building(lab.config(snapshot=SNAPSHOT))
    emulator.start(loads_snapshot=True)
    kill_machine(lab.first)
    emulator.ensure_running()
    assert server.adb.devices()[emulator.config.udid] == "device"
    assert log(emulator).count(f"loaded snapshot '{SNAPSHOT}'") == 1


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
