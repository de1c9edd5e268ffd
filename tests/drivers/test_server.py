"""A managed server starts, answers, and leaves nothing behind; Appium and adb are stand-ins."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from drivers.adb import is_address, needs_usb
from drivers.errors import DriverError
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.tools import Toolchain
from tests.processes import are_gone, commands_mentioning, group_members

STAND_INS = Path(__file__).parent


@pytest.fixture
def toolchain(tmp_path: Path) -> Toolchain:
    """A toolchain of stand-ins: Python for Node, scripts for Appium and adb."""
    adb = tmp_path / "adb"
    script = STAND_INS / "stand_in_adb.py"
    adb.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n', encoding="utf-8")
    adb.chmod(0o755)
    return Toolchain(
        node=Path(sys.executable),
        appium=STAND_INS / "stand_in_appium.py",
        home=tmp_path,
        adb=adb,
    )


@pytest.fixture
def server(tmp_path: Path, toolchain: Toolchain) -> AppiumServer:
    """A server that is not started."""
    return AppiumServer(tmp_path / "run", toolchain=toolchain)


def test_starts_answers_and_is_gone(server: AppiumServer) -> None:
    """Between start and stop there are the watchdog, the adb server and Appium; then nothing."""
    with server:
        processes = group_members(server.pid)
        assert len(processes) == 3
        assert server.is_running
        assert server.url != f"http://127.0.0.1:{server.adb_port}"
    assert are_gone(processes)
    assert not server.is_running


def test_stop_ends_grandchildren_that_resist(
    server: AppiumServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Appium started is ended as well, even if it ignores SIGTERM."""
    monkeypatch.setenv("STAND_IN", "with-child")
    with server:
        processes = group_members(server.pid)
        assert len(processes) == 4
    assert are_gone(processes)


def test_death_at_start_is_told_at_once(
    server: AppiumServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that ends as it starts is an error right away, with the end of its log."""
    monkeypatch.setenv("STAND_IN", "die")
    with pytest.raises(DriverError, match="something is wrong with this installation") as caught:
        server.start()
    assert str(server.log_path) in str(caught.value)
    assert "exit code 3" in str(caught.value)
    assert not server.is_running


def test_silence_at_start_is_told_in_time(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not answer is given up at the deadline, and ended."""
    monkeypatch.setenv("STAND_IN", "hang")
    server = AppiumServer(tmp_path / "silent run", toolchain=toolchain, start_s=1.0)
    with pytest.raises(DriverError, match=r"did not start within 1 s: .*/status"):
        server.start()
    assert not commands_mentioning(str(tmp_path / "silent run"))


def test_program_that_does_not_exist_is_told(tmp_path: Path, toolchain: Toolchain) -> None:
    """A Node that has gone since it was looked up is named in the error."""
    broken = Toolchain(
        node=tmp_path / "no-node",
        appium=toolchain.appium,
        home=toolchain.home,
        adb=toolchain.adb,
    )
    with pytest.raises(DriverError, match="no-node"):
        AppiumServer(tmp_path, toolchain=broken).start()


def test_handsets_with_addresses_are_connected(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handsets named by an address are connected to, on the private port, and no others are."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("STAND_IN_ADB_CALLS", str(calls))
    udids = ["127.0.0.1:5555", "emulator-5554"]
    with AppiumServer(tmp_path, udids=udids, toolchain=toolchain) as server:
        port = server.adb_port
        assert calls.read_text(encoding="utf-8") == f"-P {port} connect 127.0.0.1:5555\n"
    assert calls.read_text(encoding="utf-8").endswith(f"-P {port} kill-server\n")


def test_handset_out_of_reach_is_told(tmp_path: Path, toolchain: Toolchain) -> None:
    """A handset that refuses is an error although adb's exit code is 0; nothing is left running."""
    server = AppiumServer(tmp_path, udids=["127.0.0.1:1"], toolchain=toolchain)
    with pytest.raises(DriverError, match=r"adb connect 127\.0\.0\.1:1: failed to connect"):
        server.start()
    assert not server.is_running


def test_adb_lists_handsets_with_their_state(server: AppiumServer) -> None:
    """Handsets are listed as adb knows them, offline ones too."""
    with server:
        assert server.adb.devices() == {"127.0.0.1:5555": "device", "emulator-5554": "offline"}


def test_lost_link_is_made_anew(
    server: AppiumServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To reconnect drops the link that adb still holds; to a new handset it connects at once."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("STAND_IN_ADB_CALLS", str(calls))
    with server:
        server.adb.reconnect("127.0.0.1:5555")
        server.adb.reconnect("127.0.0.1:5557")
        asked = [line.split(" ", 2)[2] for line in calls.read_text(encoding="utf-8").splitlines()]
    assert asked == [
        "devices",
        "disconnect 127.0.0.1:5555",
        "connect 127.0.0.1:5555",
        "devices",
        "connect 127.0.0.1:5557",
    ]


def test_failed_adb_command_is_told(server: AppiumServer) -> None:
    """A command that fails is an error with what adb said and its exit code."""
    with server, pytest.raises(DriverError, match="exit code 1: adb: unknown command dance"):
        server.adb.run("dance")


def test_adb_is_not_used_without_its_server(server: AppiumServer) -> None:
    """Without its server adb would start one that nobody ends: it is refused."""
    with pytest.raises(DriverError, match="not running"):
        server.adb.devices()
    with server:
        pass
    with pytest.raises(DriverError, match="not running"):
        server.adb.devices()


def test_dead_server_is_started_again_at_its_address(server: AppiumServer) -> None:
    """A server that died is started again where its clients look for it; a living one is not."""
    with server:
        url, adb_port = server.url, server.adb_port
        assert not server.ensure_running()
        processes = group_members(server.pid)
        (appium,) = (
            pid
            for pid, command in processes.items()
            if "stand_in_appium.py" in command and pid != server.pid
        )
        os.kill(appium, signal.SIGKILL)
        # The death of one ends all; a half-dead server would only hang its clients.
        assert are_gone(processes)
        assert server.ensure_running()
        assert (server.url, server.adb_port) == (url, adb_port)


def test_killed_watchdog_leaves_nothing_after_stop(server: AppiumServer) -> None:
    """Even if the watchdog is killed, stop ends what it watched."""
    with server:
        processes = group_members(server.pid)
        os.kill(server.pid, signal.SIGKILL)
    assert are_gone(processes)


def test_watchdog_told_to_end_ends_its_services(server: AppiumServer) -> None:
    """Whoever ends the watchdog by SIGTERM ends all that it watches."""
    with server:
        processes = group_members(server.pid)
        os.kill(server.pid, signal.SIGTERM)
        assert are_gone(processes)


PARENT = """
import sys
from pathlib import Path
from drivers.server import AppiumServer
from drivers.tools import Toolchain
folder, node, appium, adb = map(Path, sys.argv[1:])
server = AppiumServer(folder, toolchain=Toolchain(node=node, appium=appium, home=folder, adb=adb))
server.start()
print(server.pid, flush=True)
{then}
"""


@pytest.mark.parametrize(
    "then",
    [
        pytest.param("sys.stdin.read()", id="waits"),
        # A process that it forked inherits the pipe and keeps it open.
        pytest.param("import os; os.fork(); sys.stdin.read()", id="has forked"),
    ],
)
def test_nothing_survives_a_killed_parent(tmp_path: Path, toolchain: Toolchain, then: str) -> None:
    """After kill -9 of the parent, all its processes end by themselves."""
    paths = (tmp_path, toolchain.node, toolchain.appium, toolchain.adb)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then), *map(str, paths)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as parent:
        assert parent.stdout is not None
        processes = group_members(int(parent.stdout.readline()))
        assert len(processes) == 3
        parent.kill()
        parent.wait()
        assert are_gone(processes)


def test_environment_that_misleads_adb_is_left_out(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that point adb to another server or handset do not get through."""
    monkeypatch.setenv("ANDROID_SERIAL", "someone-elses")
    monkeypatch.setenv("ADB_SERVER_SOCKET", "tcp:5037")
    with AppiumServer(tmp_path, toolchain=toolchain) as server:
        environ = server.adb.environ
        assert not {"ANDROID_SERIAL", "ADB_SERVER_SOCKET"} & set(environ)
        assert environ["ANDROID_ADB_SERVER_PORT"] == str(server.adb_port)
        assert Path(environ["ANDROID_HOME"], "platform-tools", "adb").samefile(toolchain.adb)


@pytest.mark.parametrize(
    ("udids", "is_used"),
    [
        (["127.0.0.1:5555", "emulator-5554"], False),
        (["emulator-5554", "R58M123ABC"], True),
    ],
)
def test_usb_is_left_alone_where_nobody_needs_it(
    tmp_path: Path, toolchain: Toolchain, udids: list[str], is_used: bool
) -> None:
    """Phones on a cable are claimed only if the testbed names one."""
    with AppiumServer(tmp_path, udids=udids, toolchain=toolchain) as server:
        assert (server.adb.environ.get("ADB_USB") != "0") is is_used


@pytest.mark.parametrize(
    ("udid", "by_network", "by_usb"),
    [
        ("127.0.0.1:5555", True, False),
        ("[::1]:5555", True, False),
        ("lab-phone.example:5555", True, False),
        ("emulator-5554", False, False),
        ("R58M123ABC", False, True),
    ],
)
def test_kind_of_udid_is_told(udid: str, by_network: bool, by_usb: bool) -> None:
    """From a udid it is clear how a handset is reached."""
    assert (is_address(udid), needs_usb(udid)) == (by_network, by_usb)


def test_port_taken_in_between_is_tried_again(
    server: AppiumServer, tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If somebody takes the port between our look and the start, another one is tried."""
    with AppiumServer(tmp_path / "first", toolchain=toolchain) as first:
        taken = httpx.URL(first.url).port
        choices = iter([(taken, free_ports(1)[0]), free_ports(2)])
        monkeypatch.setattr("drivers.server.free_ports", lambda _: next(choices))
        with server:
            assert server.url != first.url
    assert "Address already in use" in server.log_path.read_text(encoding="utf-8")
