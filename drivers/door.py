"""How a handset is reached: straight, or through an Appium server that may be ours to look after.

Three doors: a URL that answers for one handset (an embedded one, or a researcher's own server); a
server with several handsets, which a udid tells apart; and a server that we start, watch and stop.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from drivers.adb import is_address
from drivers.browser_capabilities import REMOTE_BROWSER_PORTS, Seat, seats
from drivers.browser_tools import require_browser_tools
from drivers.capabilities import (
    REMOTE_PORTS,
    Capabilities,
    Device,
    allocate,
    capabilities,
    require_unique,
)
from drivers.embedded.process import EmbeddedProcess
from drivers.errors import DriverError
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.testbed import HandsetConfig
from drivers.tools import Places

_BOOTED: Final = "sys.boot_completed"
_LOG_LINES: Final = 2000
_LOG_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The way to one handset.

    Attributes:
        url: The server to talk to.
        device: Which handset of that server; ``None`` where it has only one.
        server: The server, where it is ours.
        seat: What a browser has for itself there; ``None`` for handsets.
    """

    url: str
    device: Device | None = None
    server: AppiumServer | None = None
    seat: Seat | None = None

    def capabilities(
        self, config: HandsetConfig, *, longest_pause_s: float, is_prepared: bool
    ) -> Capabilities:
        """What to ask of a session.

        Args:
            config: The handset.
            longest_pause_s: Longest silence to be expected between two commands.
            is_prepared: Whether an earlier session on it has installed the driver's own apps.
        """
        return capabilities(
            self.device,
            package=config.profile.package,
            activity=config.profile.activity,
            longest_pause_s=longest_pause_s,
            adb_port=None if self.server is None else self.server.adb_port,
            is_prepared=is_prepared,
        )

    def mend(self) -> None:
        """Before a lost session is built anew: see that the way is open again.

        Raises:
            DriverError: Our server cannot be started again, or the handset is not ready.
        """
        if self.server is None:
            return
        self.server.ensure_running()
        if self.device is None:
            return
        udid = self.device.udid
        if is_address(udid):
            self.server.adb.reconnect(udid)
        # adb answers long before the rest of a handset that restarts.
        if self.server.adb.run("-s", udid, "shell", "getprop", _BOOTED).strip() != "1":
            raise DriverError(
                f"{udid}: the handset is still starting; adb says {_BOOTED} is not 1."
            )

    def log(self) -> str | None:
        """The newest lines of the handset's log; ``None`` where adb is not ours to ask.

        Raises:
            DriverError: adb or the handset does not answer.
        """
        if self.server is None or self.device is None:
            return None
        # `adb logcat` would wait for a handset that is gone; `adb shell` tells that at once.
        lines = str(_LOG_LINES)
        return self.server.adb.run(
            "-s", self.device.udid, "shell", "logcat", "-d", "-t", lines, timeout_s=_LOG_S
        )


def doors(
    configs: Iterable[HandsetConfig],
    *,
    embedded: EmbeddedProcess | None,
    server: AppiumServer | None,
) -> Mapping[str, Door]:
    """The ways to all handsets of a testbed, by their names.

    Args:
        configs: The handsets.
        embedded: The process of those that ship with the project, if there are any.
        server: The server that is ours, started, if a handset asks for one.

    Raises:
        ConfigError: Two handsets of one server share what they must not.
    """
    everyone = tuple(configs)
    # Looked for once, for browsers and handsets together: a port that is free stays so until its
    # session opens, and a second search might find it again.
    ports = iter(() if server is None else free_ports(sum(map(_ports_of, everyone))))
    found = dict(_browser_doors(everyone, server=server, ports=ports))
    by_server: dict[str, dict[str, str]] = defaultdict(dict)
    for config in everyone:
        if config.name in found:
            continue
        udid = _udid(config, embedded)
        if config.is_managed and server is not None:
            by_server[server.url][config.name] = udid
        elif config.is_embedded and embedded is not None:
            found[config.name] = Door(url=embedded.handset_url(config.name))
        elif udid:
            by_server[config.appium][config.name] = udid
        else:
            found[config.name] = Door(url=config.appium)
    for url, udids in by_server.items():
        is_ours = server is not None and url == server.url
        devices = allocate(udids, ports if is_ours else REMOTE_PORTS)
        if server is not None and is_ours:
            own = httpx.URL(server.url).port or 0
            require_unique(devices.values(), taken=[own, server.adb_port])
        for name, device in devices.items():
            found[name] = Door(url=url, device=device, server=server if is_ours else None)
    return found


def _ports_of(config: HandsetConfig) -> int:
    """How many ports its session needs on this machine, for itself alone."""
    if not config.is_managed:
        return 0
    return 1 if config.web is not None else 2


def _browser_doors(
    configs: Iterable[HandsetConfig], *, server: AppiumServer | None, ports: Iterator[int]
) -> Iterator[tuple[str, Door]]:
    """The ways to the browsers among the handsets; those of our server take from `ports`."""
    by_server: dict[str, list[str]] = defaultdict(list)
    for config in configs:
        if config.web is not None and config.is_managed and server is not None:
            by_server[server.url].append(config.name)
        elif config.web is not None:
            by_server[config.appium].append(config.name)
    for url, names in by_server.items():
        is_ours = server is not None and url == server.url
        if server is not None and is_ours:
            given = seats(
                names,
                islice(ports, len(names)),
                taken=[httpx.URL(url).port or 0, server.adb_port],
                tools=require_browser_tools(Places.here()),
                has_sandbox=os.geteuid() != 0,
            )
        else:
            given = seats(names, REMOTE_BROWSER_PORTS)
        for name, seat in given.items():
            yield name, Door(url=url, server=server if is_ours else None, seat=seat)


def start_server(
    configs: Iterable[HandsetConfig], *, embedded: EmbeddedProcess | None, folder: Path
) -> AppiumServer | None:
    """Start the server that handsets with ``appium = "managed"`` ask for; ``None`` if none does.

    Args:
        configs: The handsets.
        embedded: The process of those that ship with the project, if there are any.
        folder: Where its logs are kept.

    Raises:
        ConfigError: Appium, Node or adb are not installed; the message says what to do.
        DriverError: It does not start.
    """
    managed = [config for config in configs if config.is_managed]
    if not managed:
        return None
    udids = [_udid(config, embedded) for config in managed if config.web is None]
    server = AppiumServer(folder, udids=udids)
    server.start()
    return server


def _udid(config: HandsetConfig, embedded: EmbeddedProcess | None) -> str:
    if config.is_embedded and embedded is not None:
        return embedded.adb_address(config.name)
    return config.udid or ""
