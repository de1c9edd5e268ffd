"""The real Appium and the real adb, managed: they answer, and nothing is left of them."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from drivers.errors import DriverError
from drivers.pins import load_pins
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.tools import Toolchain
from tests.processes import are_gone, commands_mentioning, group_members

PARENT = """
import sys
from pathlib import Path
from drivers.server import AppiumServer
server = AppiumServer(Path(sys.argv[1]))
server.start()
print(server.pid, server.url, server.adb_port, flush=True)
sys.stdin.read()
"""


def is_answering(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_answers_and_is_gone_after_stop(tmp_path: Path, toolchain: Toolchain) -> None:
    """The pinned Appium says that it is ready; after stop neither it nor its adb is left."""
    with AppiumServer(tmp_path, toolchain=toolchain) as server:
        status = httpx.get(f"{server.url}/status", trust_env=False).json()["value"]
        assert (status["ready"], status["build"]["version"]) == (True, load_pins().appium)
        assert server.adb.devices() == {}
        processes = group_members(server.pid)
        assert len(processes) == 3
    assert are_gone(processes)
    assert not is_answering(server.adb_port)
    assert "uiautomator2@" in server.log_path.read_text(encoding="utf-8")


def test_nothing_survives_a_killed_parent(tmp_path: Path, toolchain: Toolchain) -> None:
    """After kill -9 of the parent, Appium and adb end by themselves."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as parent:
        assert parent.stdout is not None
        group, url, adb_port = parent.stdout.readline().split()
        processes = group_members(int(group))
        assert len(processes) == 3
        assert httpx.get(f"{url}/status", trust_env=False).is_success
        parent.kill()
        parent.wait()
        assert are_gone(processes)
    assert not is_answering(int(adb_port))
    assert not commands_mentioning(f"-P {adb_port}")


def test_adb_server_that_leaves_the_group_is_ended(tmp_path: Path, toolchain: Toolchain) -> None:
    """An adb server that a client has started anew, a daemon outside our group, is ended too."""
    with AppiumServer(tmp_path, toolchain=toolchain) as server:
        adb, port = server.adb, server.adb_port
        (ours,) = (
            pid
            for pid, command in group_members(server.pid).items()
            if command.startswith(str(toolchain.adb))
        )
        os.kill(ours, signal.SIGKILL)
        assert are_gone({ours: "adb"})
        adb.run("start-server")
    assert not is_answering(port)


def test_handset_out_of_reach_is_told(tmp_path: Path, toolchain: Toolchain) -> None:
    """An address at which no handset listens is an error that names it, and all is ended."""
    (port,) = free_ports(1)
    server = AppiumServer(tmp_path, udids=[f"127.0.0.1:{port}"], toolchain=toolchain)
    with pytest.raises(DriverError, match=f"127.0.0.1:{port}.*refused"):
        server.start()
    assert not server.is_running


@pytest.mark.parametrize("which", [0, 1], ids=["appium's port", "adb's port"])
def test_port_taken_in_between_is_tried_again(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """If somebody takes a port between our look and the start, others are tried."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        wanted = list(free_ports(2))
        wanted[which] = stranger.getsockname()[1]
        choices = iter([tuple(wanted), free_ports(2)])
        monkeypatch.setattr("drivers.server.free_ports", lambda _: next(choices))
        with AppiumServer(tmp_path, toolchain=toolchain) as server:
            assert httpx.get(f"{server.url}/status", trust_env=False).is_success
            assert server.adb.devices() == {}


def test_several_at_once_do_not_disturb_each_other(tmp_path: Path, toolchain: Toolchain) -> None:
    """Each server has its own Appium, its own adb and its own address."""
    with (
        AppiumServer(tmp_path / "one", toolchain=toolchain) as one,
        AppiumServer(tmp_path / "two", toolchain=toolchain) as two,
    ):
        assert len({one.url, two.url}) == len({one.adb_port, two.adb_port}) == 2
        one.stop()
        assert two.adb.devices() == {}
        assert httpx.get(f"{two.url}/status", trust_env=False).is_success
