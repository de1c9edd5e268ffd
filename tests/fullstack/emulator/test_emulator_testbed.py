"""Testbeds whose handsets are emulators: a run on them, and the doctor."""

from pathlib import Path

import pytest

from drivers.doctor.examination import examine
from drivers.doctor.finding import Finding, Status
from drivers.embedded.process import EmbeddedProcess
from drivers.errors import DriverError, SessionLost
from drivers.fleet import Fleet
from drivers.heads_up import SETTING
from drivers.open_testbed import OpenTestbed
from drivers.server import AppiumServer
from drivers.testbed import Testbed, load_testbed
from drivers.tools import Places, Toolchain
from tests.fullstack.emulator.lab import SNAPSHOT, Lab, kill_machine
from tests.processes import are_gone, commands_mentioning


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
