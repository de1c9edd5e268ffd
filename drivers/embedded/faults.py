"""Faults that come from outside a handset's app: its link, its server, its power."""

import asyncio
from collections.abc import Mapping
from typing import Final

from drivers.embedded.adbd import Adbd
from drivers.embedded.device import End
from drivers.embedded.handset import Handset
from drivers.embedded.http_server import HandsetServer
from drivers.embedded.policy import FaultKind

_BOOT_S: Final = 0.6
"""How long a handset that restarts is off."""


class Faults:
    """Makes handsets suffer. Everything is called from one asyncio loop."""

    def __init__(
        self,
        handsets: Mapping[str, Handset],
        servers: Mapping[str, HandsetServer],
        adbds: Mapping[str, Adbd],
    ) -> None:
        """Take charge of handsets, all by their names.

        Args:
            handsets: The handsets.
            servers: Their HTTP servers.
            adbds: Their adb daemons.
        """
        self._handsets = handsets
        self._servers = servers
        self._adbds = adbds
        self._booting: set[asyncio.Task[None]] = set()  # a loop alone keeps no task alive

    def kill(self, name: str) -> None:
        """Make a handset answer no more."""
        self._servers[name].kill()
        self._adbds[name].kill()

    def suffer(self, name: str, kind: FaultKind) -> None:
        """Let a handset suffer a fault that happens once."""
        if kind is FaultKind.APP_CRASHES:
            self._adbds[name].device.crash(self._handsets[name].app.skin.package)
            return
        if kind is FaultKind.RESTARTS:
            self._restart(name)
            return
        if kind is FaultKind.INSTRUMENTATION_DIES:
            self._handsets[name].session = None
            self._adbds[name].device.end_instrumentation(End.CRASHED)
        elif kind is FaultKind.LINK_DROPS:
            self._adbds[name].drop_link()
        self._servers[name].cut_off()

    def _restart(self, name: str) -> None:
        self._handsets[name].session = None
        self._adbds[name].device.reboot()
        self._servers[name].go_off()
        self._adbds[name].kill()
        booting = asyncio.create_task(self._boot(name))
        self._booting.add(booting)
        booting.add_done_callback(self._booting.discard)

    async def _boot(self, name: str) -> None:
        await asyncio.sleep(_BOOT_S)
        if not self._servers[name].should_exit:  # it was not ended for good in between
            await self._servers[name].come_up()
            await self._adbds[name].start()
