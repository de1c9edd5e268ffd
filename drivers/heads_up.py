"""Heads-up notifications: banners that slide over the top of the screen and take taps.

A banner over the chat's title can take the tap that was meant for something below it, and opens
another chat. Where adb is ours they are switched off for the time of a run.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from drivers.adb import Adb
from drivers.door import Door
from drivers.errors import DriverError

SETTING: Final = ("global", "heads_up_notifications_enabled")
"""Namespace and name of Android's setting; ``1`` is on, and so is ``null``, never set."""

OFF: Final = "0"

_AT_ONCE: Final = 16
_ANSWER_S: Final = 10.0


def heads_up_setting(adb: Adb, udid: str) -> str:
    """The setting of a handset: ``0``, ``1`` or ``null``.

    Raises:
        DriverError: adb or the handset does not answer.
    """
    return _settings(adb, udid, "get", *SETTING).strip()


class HeadsUp:
    """Switches banners off, and back to what they were."""

    def __init__(self) -> None:
        """Begin with no handset."""
        self._before: list[tuple[Door, str]] = []

    def switch_off(self, doors: Iterable[Door]) -> None:
        """Switch banners off on all handsets that our adb reaches now.

        One that it does not reach is left to its session to tell: there the chat's title is looked
        at before each tap, banners or not.
        """
        ways = tuple(doors)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = zip(ways, pool.map(_switch_off, ways), strict=True)
            self._before += [(door, value) for door, value in found if value is not None]

    def restore(self) -> None:
        """Set handsets that are still reached to what they were before."""
        before, self._before = self._before, []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(_restore, before))


def _switch_off(door: Door) -> str | None:
    """What the setting was before; ``None`` where nothing was changed."""
    if door.server is None or door.device is None:
        return None
    try:
        adb, udid = door.server.adb, door.device.udid
        value = heads_up_setting(adb, udid)
        if value == OFF:
            return None
        _settings(adb, udid, "put", *SETTING, OFF)
    except DriverError:
        return None
    return value


def _restore(before: tuple[Door, str]) -> None:
    door, value = before
    if door.server is None or door.device is None:
        return
    with suppress(DriverError):
        adb, udid = door.server.adb, door.device.udid
        if value in {"null", ""}:
            _settings(adb, udid, "delete", *SETTING)
        else:
            _settings(adb, udid, "put", *SETTING, value)


def _settings(adb: Adb, udid: str, *words: str) -> str:
    return adb.run("-s", udid, "shell", "settings", *words, timeout_s=_ANSWER_S)
