"""Checks of one handset, apart from its screens: the way to it, the app, a session, its clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from drivers.adb import is_address
from drivers.doctor.finding import SESSION, Check, Result, fail, ok, skipped, warn
from drivers.door import Door
from drivers.emulator import Emulator
from drivers.end import End
from drivers.errors import DriverError
from drivers.heads_up import OFF, SETTING, heads_up_setting
from drivers.profile import Profile
from drivers.readiness import READINESS_CHECKS, clock_skew
from drivers.server import AppiumServer
from drivers.testbed import MANAGED, HandsetConfig

_VERSION_NAME = re.compile(r"versionName=(\S+)")
_SKEW = timedelta(seconds=2)
_BROKEN_CLOCK = timedelta(minutes=1)
_ANSWER_S: Final = 10.0

_IN_DEVELOPER_OPTIONS = (
    "On the handset, look at Settings, Developer options: USB debugging must be on"
)
_STATES: Final = {
    "unauthorized": f"{_IN_DEVELOPER_OPTIONS}. Unlock it and allow this computer in the dialog it "
    "shows; if none comes, revoke USB debugging authorisations there and connect again.",
    "offline": "Restart the handset or the emulator, and unplug and plug in its cable.",
    "no permissions": "This user may not open the USB device: install your system's udev rules for "
    "Android (package android-sdk-platform-tools-common), then plug it in again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A handset under examination.

    Attributes:
        config: The handset.
        title: Title of its lane's chat on it.
        udid: Serial or address, as adb names it; empty where none is stated.
        door: How it is reached; ``None`` where nothing leads to it.
        server: The Appium server of our own, where it is reached through that.
        handset: Its session, not yet opened; ``None`` where nothing leads to it.
        emulator: The emulator it is, where that is ours to boot.
        is_receiver: Whether it is the end of its lane that reads.
        settle_s: How long to wait for a screen, seconds.
        folder: Where its screens are kept.
    """

    config: HandsetConfig
    title: str
    udid: str
    door: Door | None
    server: AppiumServer | None
    handset: End | None
    emulator: Emulator | None
    is_receiver: bool
    settle_s: float
    folder: Path

    @property
    def profile(self) -> Profile:
        """The app's profile, as it fits the version that is installed once that was asked."""
        return (self.config if self.handset is None else self.handset.config).profile

    @property
    def reached(self) -> End:
        """The handset.

        Raises:
            DriverError: Nothing leads to it.
        """
        if self.handset is None:
            raise DriverError(f"{self.config.name}: nothing leads to it.")
        return self.handset

    @property
    def own_server(self) -> AppiumServer:
        """The server of our own.

        Raises:
            DriverError: It has none.
        """
        if self.server is None:
            raise DriverError(f"{self.config.name}: there is no Appium server of our own.")
        return self.server


class _Build(BaseModel):
    version: str = ""


class _Readiness(BaseModel):
    ready: bool = True
    message: str = ""
    build: _Build = _Build()


class _Status(BaseModel):
    value: _Readiness


def _server(patient: Patient) -> Result:
    url = patient.config.appium if patient.door is None else patient.door.url
    remedy = (
        "Start the Appium server there, and give its whole address in the testbed, with the path "
        'it was started with; or say appium = "managed".'
    )
    try:
        is_here = httpx.URL(url).host in {"localhost", "127.0.0.1", "::1"}
        answer = httpx.get(f"{url.rstrip('/')}/status", timeout=_ANSWER_S, trust_env=not is_here)
        answer.raise_for_status()
        status = _Status.model_validate_json(answer.content).value
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return fail(f"{url} does not answer: {error}", remedy)
    except ValidationError:
        return fail(f"{url}/status does not answer as an Appium server does", remedy)
    if not status.ready:
        return fail(f"{url} says that it is not ready: {status.message}", remedy)
    return ok(f"{url} {status.build.version}".rstrip())


def _emulator(patient: Patient) -> Result:
    emulator = patient.emulator
    if emulator is None:
        return skipped("not needed: it has no table [handset.emulator]")
    # A snapshot would take what has arrived since it was saved, and a run may wait to be resumed.
    emulator.start(loads_snapshot=False)
    how = "was booted, and is ended at the end" if emulator.is_ours else "ran already"
    left = ", its snapshot not loaded" if emulator.config.snapshot else ""
    checks = ", ".join(each.name for each in READINESS_CHECKS)
    return ok(f"{emulator.config.avd} {how}{left}; ready: {checks}")


def _device(patient: Patient) -> Result:
    adb, udid = patient.own_server.adb, patient.udid
    if is_address(udid) and udid not in adb.devices():
        try:
            adb.connect(udid)
        except DriverError as error:
            # A handset that does not trust us stays listed, with a state that says so.
            if udid not in adb.devices():
                return fail(str(error), f"{_IN_DEVELOPER_OPTIONS}, and Wireless debugging too.")
    states = adb.devices()
    state = states.get(udid)
    if state is None:
        listed = ", ".join(states) or "none"
        return fail(
            f"adb knows no {udid}; it lists: {listed}",
            "Start the emulator or plug the handset in, and state its udid as `adb devices` lists "
            f"it. {_IN_DEVELOPER_OPTIONS}. Another adb server that holds its cable is ended with: "
            "adb kill-server",
        )
    if state != "device":
        remedy = next((said for key, said in _STATES.items() if key in state), _STATES["offline"])
        return fail(f"adb says of {udid}: {state}", remedy)
    if adb.run("-s", udid, "shell", "getprop", "sys.boot_completed").strip() != "1":
        return fail(f"{udid} has not finished starting", "Wait until it shows its home screen.")
    return ok(f"{udid} is online and trusts this computer")


def _app(patient: Patient) -> Result:
    package = patient.config.profile.package
    said = patient.own_server.adb.run("-s", patient.udid, "shell", "dumpsys", "package", package)
    match = _VERSION_NAME.search(said)
    if match is None:
        return fail(
            f"{patient.config.profile.title} ({package}) is not installed",
            "Install it on the handset and log in by hand; or correct `app` in the testbed, or "
            "`package` in the profile.",
        )
    return ok(f"{patient.config.profile.title} {match.group(1)} is installed")


def session(patient: Patient) -> Result:
    """Whether a session opens."""
    patient.reached.start()
    return ok("opened; the app is in front")


def version(patient: Patient) -> Result:
    """Whether the profile was written for the app's version."""
    shown = patient.reached.app_version()
    fit = patient.reached.fit()
    profile = fit.profile
    if shown is None:
        return warn(
            fit.warning or "the handset does not tell the app's version",
            "State `version` in the testbed, or start the Appium server with: --allow-insecure "
            "uiautomator2:adb_shell",
        )
    if not fit.is_known:
        return warn(
            fit.warning,
            "If all selectors below are found, add this version to `versions` in the profile; "
            "otherwise correct the selectors or install a version that it knows.",
        )
    family = f", read as {profile.family}" if profile.family else ""
    return ok(f"{profile.title} {shown}{family}")


def _clock(patient: Patient) -> Result:
    before = datetime.now(UTC)
    said = str(patient.reached.mobile("getDeviceTime"))
    after = datetime.now(UTC)
    try:
        shown = datetime.fromisoformat(said)
    except ValueError:
        return warn(
            f"its time cannot be read: {said!r}", "Compare its clock with this one by hand."
        )
    skew = clock_skew(shown, before, after)
    remedy = (
        "Let the handset set its time by itself (Settings, Date & time). An emulator whose "
        "snapshot was loaded keeps the time of the snapshot: restart it without, or set its time."
    )
    if skew > _BROKEN_CLOCK:
        return fail(f"its clock is off by {skew.total_seconds():.0f} s", remedy)
    if skew > _SKEW:
        return warn(f"its clock is off by {skew.total_seconds():.0f} s", remedy)
    return ok(f"within {_SKEW.total_seconds():.0f} s of this computer's")


def _notifications(patient: Patient) -> Result:
    if patient.config.is_embedded and not patient.config.is_managed:
        return skipped('embedded handsets give them only through adb (appium = "managed")')
    try:
        answer = patient.reached.mobile("getNotifications")
    except DriverError as error:
        return warn(
            f"notifications cannot be read: {error}",
            "Needed only where arrivals cannot be read from the screen. Allow Appium Settings "
            "under Settings, Notifications, Device & app notifications.",
        )
    shown = answer.get("statusBarNotifications") if isinstance(answer, dict) else None
    if not isinstance(shown, list):
        return warn(
            "the answer holds no notifications",
            "Allow Appium Settings under Settings, Notifications, Device & app notifications.",
        )
    return ok(f"can be read; {len(shown)} now")


def _heads_up(patient: Patient) -> Result:
    if not patient.config.is_managed:
        return skipped(
            f"can be asked only through adb (appium = {MANAGED!r}); where banners are on, switch "
            f"them off: adb shell settings put {' '.join(SETTING)} {OFF}"
        )
    if patient.door is None or patient.door.device is None:
        return skipped("not needed: it is no Android handset")
    if heads_up_setting(patient.own_server.adb, patient.udid) == OFF:
        return ok("banners are off")
    return ok("banners are on; a run switches them off, and on again when it ends")


MANAGED_CHECKS: Final[tuple[Check[Patient], ...]] = (
    Check(
        name="emulator",
        look=_emulator,
        remedy="The log it names is the emulator's own.",
        needs=("Appium server", "ports", "acceleration", "AVDs"),
    ),
    Check(
        name="device",
        look=_device,
        remedy="See that adb on this computer works: adb devices",
        needs=("Appium server", "ports", "emulator"),
    ),
    Check(
        name="app",
        look=_app,
        remedy="See that adb reaches the handset: adb devices",
        needs=("device",),
    ),
)
"""Of a handset that is reached through our own Appium and adb."""

REMOTE_CHECKS: Final[tuple[Check[Patient], ...]] = (
    Check(name="server", look=_server, needs=("embedded handsets", "udids")),
)
"""Of a handset that is reached through a server that somebody else looks after, or directly."""

SESSION_CHECKS: Final[tuple[Check[Patient], ...]] = (
    Check(
        name=SESSION,
        look=session,
        remedy="The reason is in the Appium server's log. Often: the app or its activity is not on "
        "the handset, another session holds it, or it is locked.",
        needs=("device", "app", "server", "ports"),
    ),
    Check(
        name="version",
        look=version,
        remedy="State `version` in the testbed.",
        needs=(SESSION,),
    ),
    Check(
        name="clock",
        look=_clock,
        remedy="Compare its clock with this computer's by hand.",
        needs=(SESSION,),
    ),
    Check(name="notifications", look=_notifications, needs=(SESSION,)),
    Check(
        name="heads-up",
        look=_heads_up,
        remedy="See that adb reaches the handset: adb devices",
        needs=(SESSION,),
    ),
)
"""Of every handset, once it is reached."""
