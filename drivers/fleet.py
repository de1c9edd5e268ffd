"""The emulators of a testbed, booted and ended together, and the ways to the handsets they are."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from drivers.door import Door
from drivers.emulator import Emulator
from drivers.errors import DriverError
from drivers.server import AppiumServer
from drivers.testbed import HandsetConfig
from drivers.tools import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorDoor(Door):
    """The way to a handset that is an emulator.

    Attributes:
        emulator: The emulator.
    """

    emulator: Emulator

    def mend(self) -> None:
        """Before a lost session is built anew: boot the emulator again if it has died.

        Raises:
            DriverError: Our server cannot be started again, or the emulator is not ready.
        """
        if self.server is not None:
            self.server.ensure_running()
        self.emulator.ensure_running()
        # Not super(): a dataclass with slots is another class than the one that is written here.
        Door.mend(self)


class Fleet:
    """The emulators of a testbed."""

    def __init__(self, emulators: Mapping[str, Emulator]) -> None:
        """Take emulators, by the names of their handsets; nothing is booted before `start`."""
        self._emulators = emulators

    @classmethod
    def of(
        cls,
        configs: Iterable[HandsetConfig],
        *,
        server: AppiumServer | None,
        places: Places,
        folder: Path,
    ) -> "Fleet":
        """The emulators that handsets ask for.

        Args:
            configs: The handsets.
            server: The server that is ours, started, if a handset asks for one.
            places: Where the SDK's emulator is looked for.
            folder: Where their logs are kept.
        """
        return cls(
            {
                config.name: Emulator(config.emulator, server=server, places=places, folder=folder)
                for config in configs
                if config.emulator is not None
                if server is not None
            }
        )

    def of_handset(self, name: str) -> Emulator | None:
        """The emulator that a handset is; ``None`` where it is none of ours to look after."""
        return self._emulators.get(name)

    def start(self, *, loads_snapshots: bool) -> None:
        """See that all run and are ready; they boot side by side.

        Args:
            loads_snapshots: Whether to load the snapshots that are named.

        Raises:
            ConfigError: One must be booted, and the SDK's emulator is not there.
            DriverError: Some do not boot, or not in time; all of them are told.
        """
        if not self._emulators:
            return
        emulators = self._emulators.values()
        with ThreadPoolExecutor(len(emulators)) as pool:
            boots = [pool.submit(each.start, loads_snapshot=loads_snapshots) for each in emulators]
            try:
                wait(boots)
            except BaseException:
                self.stop()  # Ctrl-C must not wait until the last one has booted
                raise
        errors = [error for boot in boots if (error := boot.exception()) is not None]
        if not errors:
            return
        self.stop()
        for error in errors:
            if not isinstance(error, DriverError):
                raise error
        raise DriverError("\n".join(map(str, errors)))

    def stop(self) -> None:
        """End those that were booted here, side by side."""
        if self._emulators:
            with ThreadPoolExecutor(len(self._emulators)) as pool:
                list(pool.map(Emulator.stop, self._emulators.values()))

    def lead(self, doors: Mapping[str, Door]) -> Mapping[str, Door]:
        """The ways to handsets, those to emulators with what boots them again."""
        return {name: self._lead(name, door) for name, door in doors.items()}

    def _lead(self, name: str, door: Door) -> Door:
        emulator = self._emulators.get(name)
        if emulator is None:
            return door
        return EmulatorDoor(url=door.url, device=door.device, server=door.server, emulator=emulator)
