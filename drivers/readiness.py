"""Whether a handset is ready for a session: checked, not assumed.

An emulator's console says OK, and a restored snapshot says ``sys.boot_completed``, long before the
handset can be used. So one thing after the other is asked over adb, and only a handset that answers
all of it, twice in a row, is ready. What does not hold has a name, and says what to do.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from drivers.adb import Adb
from drivers.errors import DriverError

HIGHEST_SKEW: Final = timedelta(seconds=5)
"""How far the clock of a handset that is ready may be off."""

_ANSWER_S: Final = 10.0
_LOOK_S: Final = 0.5
_MEND_S: Final = 5.0  # so that a time server is not asked twice a second
_PASSES: Final = 2  # a system that has just been restored may answer once and fall over then


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessCheck:
    """Something that must hold before a session is asked for.

    Attributes:
        name: What it is called in messages.
        look: What is wrong with the handset of a udid; ``None`` if nothing is.
        remedy: What to do where waiting does not help.
        mend: What may help, tried every few seconds; ``None`` for waiting alone.
    """

    name: str
    look: Callable[[Adb, str], str | None]
    remedy: str
    mend: Callable[[Adb, str], None] | None = None


def wait_until_ready(
    adb: Callable[[], Adb], udid: str, *, deadline: float, wait: Callable[[float], object]
) -> None:
    """Wait until a handset is ready.

    Args:
        adb: The adb to ask with; it may be another one after a restart of its server.
        udid: The handset.
        deadline: When to give up, on the clock of `time.monotonic`.
        wait: Waits some seconds between two looks; what it raises ends the wait.

    Raises:
        DriverError: It is not ready in time; the check that does not hold is named.
    """
    passes = 0
    mended_at = -_MEND_S
    while passes < _PASSES:
        failure = _first_failure(adb, udid)
        if failure is None:
            passes += 1
            if passes < _PASSES:
                wait(_LOOK_S)
            continue
        passes = 0
        check, said = failure
        if time.monotonic() >= deadline:
            raise DriverError(f"{udid} is not ready: {check.name}: {said}. {check.remedy}")
        if check.mend is not None and time.monotonic() >= mended_at + _MEND_S:
            mended_at = time.monotonic()
            with suppress(DriverError):  # whether it helped, the next look tells
                check.mend(adb(), udid)
        wait(_LOOK_S)


def clock_skew(shown: datetime, before: datetime, after: datetime) -> timedelta:
    """How far a clock is off at least.

    Args:
        shown: What it showed, cut to whole seconds.
        before: Our time before it was asked.
        after: Our time after it answered.
    """
    if shown.tzinfo is None:
        shown = shown.replace(tzinfo=UTC)
    # It showed some time in this second, at some time in between.
    return max(before - (shown + timedelta(seconds=1)), shown - after, timedelta())


def _first_failure(adb: Callable[[], Adb], udid: str) -> tuple[ReadinessCheck, str] | None:
    for check in READINESS_CHECKS:
        try:
            said = check.look(adb(), udid)
        except DriverError as error:
            said = str(error)
        if said is not None:
            return check, said
    return None


def _shell(adb: Adb, udid: str, *command: str) -> str:
    return adb.run("-s", udid, "shell", *command, timeout_s=_ANSWER_S).strip()


def _adb_state(adb: Adb, udid: str) -> str | None:
    state = adb.devices().get(udid)
    return None if state == "device" else f"adb says {state or 'that it knows no such handset'}"


def _register(adb: Adb, udid: str) -> None:
    # An adb server looks for emulators on the ports up to 5585 only, and one that was started after
    # the emulator has not heard of it.
    port = udid.removeprefix("emulator-")
    if port.isdecimal() and udid not in adb.devices():
        adb.run("connect", f"emu:{port},{int(port) + 1}", timeout_s=_ANSWER_S)


def _echo(adb: Adb, udid: str) -> str | None:
    token = secrets.token_hex(8)
    said = _shell(adb, udid, "echo", token)
    return None if said == token else f"it was told to say {token!r} and said {said!r}"


def _boot_completed(adb: Adb, udid: str) -> str | None:
    said = _shell(adb, udid, "getprop", "sys.boot_completed")
    return None if said == "1" else f"sys.boot_completed is {said!r}, not '1'"


def _package_manager(adb: Adb, udid: str) -> str | None:
    said = _shell(adb, udid, "pm", "list", "packages")
    return None if said.startswith("package:") else f"`pm list packages` says {said!r}"


def _boot_animation(adb: Adb, udid: str) -> str | None:
    said = _shell(adb, udid, "getprop", "init.svc.bootanim")
    return "it is still on the screen" if said == "running" else None


def _clock(adb: Adb, udid: str) -> str | None:
    before = datetime.now(UTC)
    said = _shell(adb, udid, "date", "+%s")
    after = datetime.now(UTC)
    if not said.isdecimal():
        return f"`date +%s` says {said!r}"
    skew = clock_skew(datetime.fromtimestamp(int(said), UTC), before, after)
    if skew <= HIGHEST_SKEW:
        return None
    return f"it is off by {skew.total_seconds():.0f} s; {HIGHEST_SKEW.total_seconds():.0f} s may be"


def _set_clock(adb: Adb, udid: str) -> None:
    # Without root, Android can be told to ask its time server; with root, the time itself.
    with suppress(DriverError):
        _shell(adb, udid, "su", "0", "date", f"@{datetime.now(UTC).timestamp():.0f}")
    _shell(adb, udid, "cmd", "network_time_update_service", "force_refresh")


READINESS_CHECKS: Final = (
    ReadinessCheck(
        name="adb",
        look=_adb_state,
        mend=_register,
        remedy="If another adb server on this computer holds it (Android Studio's, say), end that: "
        "adb kill-server; or give the emulator a port from 5586 on, where no other adb looks. If "
        "it is unauthorized, allow this computer on its screen.",
    ),
    ReadinessCheck(
        name="echo",
        look=_echo,
        remedy="Restart the emulator: what was restored does not answer over adb.",
    ),
    ReadinessCheck(
        name="boot",
        look=_boot_completed,
        remedy="Look at its screen (headless = false). If it only needs longer, raise boot_s; if "
        "it hangs, wipe it (emulator -wipe-data) or save the snapshot anew.",
    ),
    ReadinessCheck(
        name="package manager",
        look=_package_manager,
        remedy="Android's system has crashed or still starts: raise boot_s, or save the snapshot "
        "anew.",
    ),
    ReadinessCheck(
        name="boot animation",
        look=_boot_animation,
        remedy="Raise boot_s.",
    ),
    ReadinessCheck(
        name="clock",
        look=_clock,
        mend=_set_clock,
        remedy="A restored snapshot keeps the time at which it was saved. On the handset, switch "
        "on Settings, Date & time, Set time automatically, see that it is online, and save the "
        "snapshot anew; or do without a snapshot.",
    ),
)
"""In this order."""
