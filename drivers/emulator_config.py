"""The emulator that a handset of a testbed is, as its table ``[handset.emulator]`` describes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from drivers.border import Border

CONSOLE_PORTS: Final = range(5554, 5684, 2)
"""Ports that the Android emulator takes for its console; adb gets the next, odd one."""

_MANAGED: Final = "managed"
_UDID = re.compile(r"emulator-(\d+)")

# Names go onto a command line, where a leading dash would make an option of them.
_NAME: Final = r"^[A-Za-z0-9._][A-Za-z0-9._-]*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorConfig:
    """The emulator that a handset is, to be booted where it does not run.

    Attributes:
        avd: The Android Virtual Device it runs.
        port: Port of its console on this machine; adb calls it ``emulator-PORT``.
        snapshot: Snapshot to load before a run; ``None`` leaves the device as it was left.
        is_headless: Whether it runs without a window.
        boot_s: Longest time from its start until it is ready, seconds.
    """

    avd: str
    port: int
    snapshot: str | None
    is_headless: bool
    boot_s: float

    @property
    def udid(self) -> str:
        """How adb names it."""
        return f"emulator-{self.port}"


class EmulatorTable(Border):
    """The table."""

    avd: str = Field(pattern=_NAME)
    snapshot: str | None = Field(default=None, pattern=_NAME)
    headless: bool = True
    boot_s: float = Field(default=240.0, gt=0)

    def problems(self, handset: str, *, appium: str, udid: str | None) -> Iterator[str]:
        """What does not go together with the rest of its handset.

        Args:
            handset: Name of the handset.
            appium: Its key of that name.
            udid: Its key of that name.
        """
        if appium != _MANAGED:
            yield (
                f"handset {handset!r}: [handset.emulator] needs appium = {_MANAGED!r}, not "
                f"{appium!r}: only the harness's own adb waits until it has booted"
            )
        if _port(udid) is None:
            yield (
                f'handset {handset!r}: [handset.emulator] needs udid = "emulator-PORT", PORT even '
                f"and {CONSOLE_PORTS[0]} to {CONSOLE_PORTS[-1]}, not {udid!r}: {self.avd!r} is "
                "booted on that port"
            )

    def to_emulator(self, udid: str | None) -> EmulatorConfig:
        """The emulator, once its handset has no problems."""
        return EmulatorConfig(
            avd=self.avd,
            port=_port(udid) or CONSOLE_PORTS[0],
            snapshot=self.snapshot,
            is_headless=self.headless,
            boot_s=self.boot_s,
        )


def _port(udid: str | None) -> int | None:
    match = _UDID.fullmatch(udid or "")
    port = int(match[1]) if match else 0
    return port if port in CONSOLE_PORTS else None
