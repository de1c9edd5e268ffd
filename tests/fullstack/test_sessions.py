"""Sessions through the managed Appium and the real adb, on handsets of the embedded testbed."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from drivers.capabilities import Device, allocate, capabilities, require_unique
from drivers.embedded.process import EmbeddedProcess
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.testbed import Testbed, load_testbed
from drivers.tools import Toolchain
from tests.processes import are_gone, group_members

SESSION_S = 60.0


@pytest.fixture(scope="module")
def testbed() -> Testbed:
    """The testbed that ships with the project."""
    return load_testbed("embedded")


@pytest.fixture(scope="module")
def addresses(testbed: Testbed) -> Iterator[Mapping[str, str]]:
    """Where adb finds the handsets of the first lane."""
    process = EmbeddedProcess.start(testbed.path, seed=1)
    with ExitStack() as stack:
        stack.callback(process.stop)
        lane = testbed.lanes[0]
        names = (lane.sender.name, lane.receiver.name)
        yield {name: process.adb_address(name) for name in names}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, addresses: Mapping[str, str]
) -> Iterator[AppiumServer]:
    """A running server, connected to the handsets."""
    folder = tmp_path_factory.mktemp("server")
    with AppiumServer(folder, udids=addresses.values(), toolchain=toolchain) as running:
        yield running


@pytest.fixture(scope="module")
def devices(server: AppiumServer, addresses: Mapping[str, str]) -> Mapping[str, Device]:
    """The handsets, each with ports of its own."""
    allocated = allocate(addresses, free_ports(2 * len(addresses)))
    require_unique(allocated.values(), taken=[server.adb_port])
    return allocated


def open_session(
    server: AppiumServer, testbed: Testbed, device: Device, *, is_prepared: bool
) -> str:
    """Open a session with our capabilities; its address."""
    profile = testbed.lanes[0].sender.profile
    asked = capabilities(
        device,
        package=profile.package,
        activity=profile.activity,
        longest_pause_s=1.0,
        adb_port=server.adb_port,
        is_prepared=is_prepared,
    )
    answer = httpx.post(
        f"{server.url}/session",
        json={"capabilities": {"alwaysMatch": dict(asked), "firstMatch": [{}]}},
        timeout=SESSION_S,
        trust_env=False,
    )
    assert answer.is_success, answer.text
    return f"{server.url}/session/{answer.json()['value']['sessionId']}"


def source(session: str) -> str:
    """What is on the screen."""
    answer = httpx.get(f"{session}/source", timeout=SESSION_S, trust_env=False)
    assert answer.is_success, answer.text
    return str(answer.json()["value"])


def test_handsets_are_online(server: AppiumServer, addresses: Mapping[str, str]) -> None:
    """The private adb server knows exactly the handsets of the testbed, ready to be used."""
    assert server.adb.devices() == dict.fromkeys(addresses.values(), "device")


def test_driver_takes_our_capabilities(
    server: AppiumServer, testbed: Testbed, devices: Mapping[str, Device]
) -> None:
    """The real driver opens a session on a handset it has never seen, and on a prepared one."""
    device = next(iter(devices.values()))
    for is_prepared in (False, True):
        session = open_session(server, testbed, device, is_prepared=is_prepared)
        assert testbed.lanes[0].sender.profile.package in source(session)
        assert httpx.delete(session, timeout=SESSION_S, trust_env=False).is_success


def test_sessions_side_by_side_do_not_end_each_other(
    server: AppiumServer, testbed: Testbed, devices: Mapping[str, Device]
) -> None:
    """Every handset keeps its session while the others get theirs."""
    sessions = [
        open_session(server, testbed, device, is_prepared=False) for device in devices.values()
    ]
    assert all(map(source, sessions))
    for session in sessions:
        assert httpx.delete(session, timeout=SESSION_S, trust_env=False).is_success


def test_open_sessions_leave_nothing_behind(
    tmp_path: Path, toolchain: Toolchain, testbed: Testbed, addresses: Mapping[str, str]
) -> None:
    """What Appium starts for a session ends with the server, though nobody ended the session."""
    (device, *_) = allocate(addresses, free_ports(2 * len(addresses))).values()
    with AppiumServer(tmp_path, udids=[device.udid], toolchain=toolchain) as server:
        open_session(server, testbed, device, is_prepared=False)
        processes = group_members(server.pid)
        assert any("am instrument" in command for command in processes.values())
    assert are_gone(processes)
